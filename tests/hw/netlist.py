"""The netlist of a generated core before it is mapped to any target, as Yosys reads it: adders, memories, registers."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import IntegerNetwork

# `memory -nomap` puts each memory with its read registers into one cell.
_SCRIPT = "read_verilog core.v; hierarchy -top core; proc; opt; memory -nomap; opt_clean; write_json netlist.json"
_YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"


@dataclass(frozen=True)
class Cell:
    """One cell: the module it is in, by the names of instances from below the top joined by dots, its type,
    and its bits (of a memory all of them, of a register its width)."""

    module: str
    type: str
    bits: int


class Netlist:
    """The cells of a core, each in the module that holds it."""

    def __init__(self, network: IntegerNetwork, parameters: CoreParameters, folder: Path) -> None:
        generate(network, parameters, folder, "core")
        (folder / "netlist.ys").write_text(_SCRIPT.replace("; ", "\n") + "\n")
        command = [sys.executable, "-P", "-c", _YOSYS, "script netlist.ys"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
        modules = json.loads((folder / "netlist.json").read_text())["modules"]
        self.cells = [
            Cell(path, cell["type"], _bits(cell))
            for path, module in _paths(modules, "core", ())
            for cell in module["cells"].values()
            if cell["type"].startswith("$")
        ]

    def count(self, types: set[str], where: Callable[[str], bool] = lambda module: True) -> int:
        """How many cells of some types are in the modules chosen by ``where``."""
        return sum(cell.type in types and where(cell.module) for cell in self.cells)

    def bits(self, types: set[str], where: Callable[[str], bool] = lambda module: True) -> int:
        """The sum of their bits."""
        return sum(cell.bits for cell in self.cells if cell.type in types and where(cell.module))


def _paths(modules: dict, name: str, path: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    yield ".".join(path), modules[name]
    for instance, cell in modules[name]["cells"].items():
        if cell["type"] in modules:
            yield from _paths(modules, cell["type"], (*path, instance))


def _bits(cell: dict) -> int:
    parameters = cell["parameters"]
    if cell["type"] == "$mem_v2":
        return int(parameters["SIZE"], 2) * int(parameters["WIDTH"], 2)
    return len(cell["connections"].get("Q", ()))
