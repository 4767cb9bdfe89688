"""Verilog to a simulation that can run, once per Verilog text, simulator and compiler."""

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from ..errors import InputError
from .simulators import Simulator
from .verilator_runtime import VerilatorRuntime, compiler_settings, digest

# cocotb's runner makes every signal public, which doubles the code to compile and keeps Verilator from optimising; the
# bench needs the ports only. Functions stay short because the compiler's time grows faster than their length: 12 s
# instead of 107 s for d = P = 128. Yosys writes Verilog that Verilator has style warnings for.
_VERILATOR_ARGUMENTS = ("--no-public-flat-rw", "--output-split-cfuncs", "1000", "-Wno-fatal", "-Wno-lint")
# Yosys writes Verilog of 2001, where "reg x = 0" is an event at time 0 that starts every "always @*". By the rules of
# SystemVerilog, cocotb's choice, it is none, and blocks whose inputs do not change during reset stay unknown
# (amaranth-lang/amaranth issue 1629).
_ICARUS_ARGUMENTS = ("-g2005",)
_PORTS = ("clk", "rst", "error", "*_axis_t*", "m_trace_t*")


class SimulationError(RuntimeError):
    """A simulation that could not be built, or that ended without a verdict: one line, what the simulator said last."""


def build_core(simulator: Simulator, verilog: Path, top: str, folder: Path, *, probed: bool = False) -> Path:
    """Compile ``verilog`` for ``simulator``, or find it compiled in ``folder``.

    Parameters
    ----------
    verilog : file with the module ``top``
    folder : where builds are kept, one sub-folder for each text, simulator and compiler with its log beside it; made
        where it is missing

    Returns
    -------
    Path
        The build, complete: it was written aside and renamed.

    Raises
    ------
    InputError
        ``verilog`` cannot be read.
    SimulationError
        The simulator or the compiler refused it.
    """
    try:
        text = verilog.read_bytes()
    except OSError as error:
        raise InputError(f"{verilog}: cannot be read ({error.strerror})") from error

    def compile_core(aside: Path, log: Path) -> None:
        (aside / f"{top}.v").write_bytes(text)
        _compile(simulator, top, aside, log, probed)

    return kept_build(folder / _key(text, top, simulator, probed), compile_core)


def kept_build(build: Path, make: Callable[[Path, Path], None]) -> Path:
    """The folder ``build``, made by ``make`` unless it is there.

    Parameters
    ----------
    make : called with an empty folder to build in, which is renamed when it returns, and the file for its log
    """
    if build.is_dir():
        return build
    build.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".build-", dir=build.parent))
    try:
        make(aside, build.with_suffix(".log"))
        aside.rename(build)
    except OSError:
        if not build.is_dir():  # another process may have been first
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return build


def _compile(simulator: Simulator, top: str, folder: Path, log: Path, probed: bool) -> None:
    from cocotb_tools.runner import get_runner

    verilator = simulator.name == "verilator"
    runtime = VerilatorRuntime(simulator) if verilator else None
    sources = [folder / f"{top}.v"]
    arguments: Sequence[str] = _ICARUS_ARGUMENTS
    if runtime:
        arguments = (*_VERILATOR_ARGUMENTS, *runtime.prepare(folder))
        sources.insert(0, folder / "ports.vlt")
        rules = "".join(f'public_flat_rw -module "{top}" -var "{port}"\n' for port in _PORTS)
        if probed:
            rules += 'public_flat_rd -module "*" -var "*"\n'
        sources[0].write_text(f"`verilator_config\n{rules}")
    try:
        with simulator.active():
            get_runner(simulator.name).build(
                sources=sources,
                hdl_toplevel=top,
                build_dir=folder,
                build_args=arguments,
                timescale=("1ns", "1ps"),
                log_file=log,
                always=True,
            )
    except (RuntimeError, SystemExit) as error:
        raise SimulationError(f"{simulator.name} cannot compile {top}: {error_line(log, folder)}") from error
    if runtime:
        runtime.keep(folder, log)


def _key(text: bytes, top: str, simulator: Simulator, probed: bool) -> str:
    cocotb = importlib.util.find_spec("cocotb")
    place = "" if cocotb is None else str(cocotb.origin)  # the folder of its library is written into the program
    arguments = *_VERILATOR_ARGUMENTS, *_ICARUS_ARGUMENTS, *_PORTS
    key = digest(
        hashlib.sha256(text).hexdigest(), top, version("cocotb"), place, *arguments, *compiler_settings(simulator)
    )
    return f"{simulator.name}-{key}{'-probed' * probed}"


def error_line(log: Path, folder: Path) -> str:
    """The line of a build's log that says what is wrong, without ``folder``: what was built there is a copy."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line]
    return (errors or lines or ["no message"])[0].replace(f"{folder}/", "")
