"""Verilog and driver to one program, once per text of both, Verilator, compiler and flags."""

import hashlib
import os
import subprocess
from pathlib import Path

from ...errors import InputError
from ..build import SimulationError, error_line, kept_build
from ..description import CoreDescription
from ..simulators import Simulator, find_verilator
from ..verilator_runtime import VerilatorRuntime, compiler_settings, digest

_DRIVER = Path(__file__).with_name("driver.cpp")
_HEADERS = ("files.h", "job.h", "pauses.h", "sink.h", "source.h")  # that it includes, beside it
_INPUT_NAMES = "inputs.h"  # that it includes, beside what Verilator makes of the core
_PROGRAM = "core"

# For the code that runs at every clock, by measurement on pmnist-d64 with 16 lanes.
_OPTIMISATION = "-O2"
# What is unknown in Verilog may be anything: Icarus and cocotb look for such faults, this engine for speed.
_VERILATOR_ARGUMENTS = (
    *("--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"),
    *("--output-split-cfuncs", "1000", "-Wno-fatal", "-Wno-lint", "--timescale", "1ns/1ps", "--prefix", "VCore"),
)


def find_compiler() -> Simulator:
    """Verilator as the native engine uses it; :class:`~hadamrnn.errors.InputError` where a part is missing."""
    return find_verilator(_OPTIMISATION)


def default_folder() -> Path:
    """Where programs are kept unless told otherwise: in the user's cache folder, some 300 KiB each."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "hadamrnn" / "native"


def driver_version() -> str:
    """The beginning of the SHA-256 of the driver and its headers."""
    return _driver_hash()[:12]


def _driver_hash() -> str:
    texts = [_DRIVER.with_name(name).read_bytes() for name in (_DRIVER.name, *_HEADERS)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def build_program(simulator: Simulator, description: CoreDescription, folder: Path) -> Path:
    """Compile the core with the driver, or find it compiled in ``folder``.

    Parameters
    ----------
    simulator : of :func:`find_compiler`
    folder : where programs are kept, one sub-folder each; made where it is missing

    Returns
    -------
    Path
        The program.

    Raises
    ------
    InputError
        A core with a port that the driver does not know, or Verilog that cannot be read.
    SimulationError
        Verilator or the compiler refused it.
    """
    inputs = ["s_axis"] if description.channels == 1 else [f"s{n}_axis" for n in range(description.channels)]
    unknown = [port for port in description.streams if port not in {*inputs, "m_axis", "m_trace"}]
    if unknown:
        raise InputError(
            f"{description.name} has a port {unknown[0]}, which the native engine does not drive: verify it with cocotb"
        )
    try:
        text = description.verilog.read_bytes()
    except OSError as error:
        raise InputError(f"{description.verilog}: cannot be read ({error.strerror})") from error
    flags = (
        f"-DHADAMRNN_INPUT_BYTES={description.input_bytes}",
        f"-DHADAMRNN_RESULT_BYTES={description.result_bytes}",
        f"-DHADAMRNN_ROW_BYTES={description.row_bytes}",
        f"-DHADAMRNN_CHANNELS={description.channels}",
    )
    header = _input_names(inputs)
    texts = hashlib.sha256(text).hexdigest(), _driver_hash(), header
    key = digest(*texts, description.name, *_VERILATOR_ARGUMENTS, *flags, *compiler_settings(simulator))

    def compile_core(aside: Path, log: Path) -> None:
        (aside / _INPUT_NAMES).write_text(header)
        _compile(simulator, text, description.name, flags, aside, log)

    return kept_build(folder / key, compile_core) / _PROGRAM


def _input_names(inputs: list[str]) -> str:
    """A header that names the input ports, one for each channel."""
    ports = " ".join(f"F({channel}, {port})" for channel, port in enumerate(inputs))
    return f"#define HADAMRNN_FOR_EACH_INPUT(F) {ports}\n#define HADAMRNN_FIRST_INPUT {inputs[0]}_tdata\n"


def _compile(simulator: Simulator, text: bytes, top: str, flags: tuple[str, ...], aside: Path, log: Path) -> None:
    verilog = aside / f"{top}.v"
    verilog.write_bytes(text)
    runtime = VerilatorRuntime(simulator, "native")
    shared = runtime.prepare(aside)
    cxx = ("-std=c++17", *flags)
    with simulator.active(), log.open("w") as output:
        command = [simulator.program, *_VERILATOR_ARGUMENTS, *shared]
        command += ["--top-module", top, "-Mdir", str(aside), "-o", _PROGRAM]
        command += [part for flag in cxx for part in ("-CFLAGS", flag)]
        run = subprocess.run(
            [*command, str(verilog), str(_DRIVER)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if run.returncode != 0:
        raise SimulationError(f"{simulator.name} cannot compile {top}: {error_line(log, aside)}")
    runtime.keep(aside, log)
    for file in aside.iterdir():
        if file.name != _PROGRAM:
            file.unlink()
