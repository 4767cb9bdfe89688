import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.build import SimulationError, build_core
from hadamrnn.sim.simulators import SIMULATORS, Simulator, find_simulator
from hadamrnn.sim.stimulus import random_network

from .cores import core

COUNTER = """
module counter(input clk, input rst, output reg [7:0] count, output error);
  assign error = 1'b0;
  always @(posedge clk) count <= rst ? 8'd0 : count + 8'd1;
endmodule
"""


@pytest.fixture(params=SIMULATORS)
def simulator(request: pytest.FixtureRequest) -> Simulator:
    if request.param == "icarus":
        request.getfixturevalue("icarus")
    return find_simulator(request.param)


@pytest.fixture
def verilog(tmp_path: Path) -> Path:
    file = tmp_path / "counter.v"
    file.write_text(COUNTER)
    return file


def test_equal_text_is_compiled_once(simulator: Simulator, verilog: Path, tmp_path: Path) -> None:
    first = build_core(simulator, verilog, "counter", tmp_path / "builds")
    program = first / ("counter" if simulator.name == "verilator" else "sim.vvp")
    assert program.is_file()
    date = program.stat().st_mtime_ns
    copy = tmp_path / "copy.v"
    copy.write_text(COUNTER)
    assert build_core(simulator, copy, "counter", tmp_path / "builds") == first
    assert program.stat().st_mtime_ns == date
    verilog.write_text(COUNTER.replace("8'd1", "8'd2"))
    assert build_core(simulator, verilog, "counter", tmp_path / "builds") != first
    assert not list((tmp_path / "builds").glob(".*"))


def test_another_version_compiles_anew(verilog: Path, tmp_path: Path, icarus: None) -> None:
    simulator = find_simulator("icarus")
    builds = {
        build_core(replace(simulator, version=version), verilog, "counter", tmp_path) for version in ("1", "2", "2")
    }
    assert len(builds) == 2


def test_verilog_that_does_not_compile(simulator: Simulator, verilog: Path, tmp_path: Path) -> None:
    """The message is one line with the simulator's own; nothing that could be taken for a build is left."""
    verilog.write_text(COUNTER.replace("8'd0 :", ""))
    builds = tmp_path / "a folder"
    with pytest.raises(SimulationError, match=f"^{simulator.name} cannot compile counter: .*rror") as error:
        build_core(simulator, verilog, "counter", builds)
    assert "\n" not in str(error.value)
    (log,) = builds.iterdir()
    message = str(error.value).split(": ", 1)[1]
    assert message.rsplit(": ", 1)[1] in log.read_text()
    assert message.removeprefix("%Error: ").startswith("counter.v:")  # and no folder: it was a copy in one that is gone
    with pytest.raises(SimulationError):
        build_core(simulator, verilog, "counter", builds)


def test_verilog_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.v: cannot be read \(No such file or directory\)"):
        build_core(find_simulator("verilator"), tmp_path / "no.v", "counter", tmp_path / "builds")


@pytest.mark.long
def test_the_runtime_is_compiled_once_and_its_want_is_no_error(
    verilog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = find_simulator("verilator")
    # Quick here: without optimisation, and only this once.
    make = simulator.environment["MAKEFLAGS"].replace("OPT_GLOBAL=-O2", "OPT_GLOBAL=-O0")
    simulator = replace(simulator, environment=simulator.environment | {"MAKEFLAGS": make})
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    first = build_core(simulator, verilog, "counter", tmp_path / "first")
    assert "verilated.cpp" in first.with_suffix(".log").read_text()
    (kept,) = (cache / "hadamrnn" / "verilator-runtime").iterdir()
    assert {file.name for file in kept.iterdir()} >= {"verilated.o", "verilated_vpi.o"}
    precompiled = (kept / "headers.h.gch").is_file()
    assert precompiled == ("clang" not in simulator.compiler)
    second = build_core(simulator, verilog, "counter", tmp_path / "second")
    log = second.with_suffix(".log").read_text()
    assert "verilated.cpp" not in log
    assert (re.search(r" -include \S+/headers\.h ", log) is not None) == precompiled
    assert not list(second.glob("headers.h*"))  # 75 MB
    # A cache that cannot be made.
    cache.joinpath("file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "file"))
    third = build_core(simulator, verilog, "counter", tmp_path / "third")
    assert os.access(third / "counter", os.X_OK)


@pytest.mark.long
def test_a_core_that_is_compiled_file_by_file(tmp_path: Path) -> None:
    """Large ones are, behind Verilator's own precompiled header: the one that is kept does not come between."""
    network = random_network(1, hidden_size=32, block_size=32, input_size=1, output_size=10)
    core(tmp_path / "core", network, lanes=1)
    simulator = find_simulator("verilator")
    small = tmp_path / "small.v"
    small.write_text(COUNTER)
    build_core(simulator, small, "counter", tmp_path / "builds")  # now the header is kept
    build = build_core(simulator, tmp_path / "core" / "hadamard_core.v", "hadamard_core", tmp_path, probed=True)
    log = build.with_suffix(".log").read_text()
    assert "-include Vtop__pch.h.fast" in log
    assert "headers.h" not in log
