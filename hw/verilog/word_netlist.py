"""A component as a netlist of words: Amaranth's RTLIL with its processes resolved, read from Yosys.

Yosys turns processes into multiplexers and registers with enable and reset, folds constants and drops what nothing
reads. What is left is a small set of cells over vectors of bits, from which :mod:`~hadamrnn.hw.verilog.writer` writes
Verilog.
"""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from amaranth.back import rtlil
from amaranth.lib import wiring

from .yosys import netlist_as_json

Bit = int | str
"""A net by its number in its module, or a constant: ``"0"``, ``"1"`` or ``"x"``."""

_PASSES = (
    "proc -norom",
    "memory_collect",
    "opt_expr -keepdc",
    "opt_merge",
    "opt_clean",
    "opt_dff -simple-dffe",
    "opt_expr -keepdc",
    "opt_merge",
    "opt_clean",
)
_INTERNAL = {"src", "generator", "module_not_derived", "keep_hierarchy"}
_REGISTERS = {"$dff", "$dffe", "$sdff", "$sdffe", "$sdffce"}
# Operands of these have the width of the result.
SAME_WIDTH = {"$not", "$neg", "$and", "$or", "$xor", "$xnor", "$add", "$sub", "$pos"}
COMPARISONS = {"$eq", "$ne", "$lt", "$le", "$gt", "$ge"}
REDUCTIONS = {"$reduce_and", "$reduce_or", "$reduce_xor", "$reduce_bool", "$logic_not"}
_KNOWN = {*SAME_WIDTH, *COMPARISONS, *REDUCTIONS, *_REGISTERS, "$mul", "$mux", "$pmux", "$mem_v2"}


@dataclass
class Cell:
    """One operation, register, memory or, where ``type`` is the name of a module, instance.

    Operands are as wide as the operation needs them: sign- or zero-extended here, so that a reader need not know the
    rules of Verilog for that.

    Attributes
    ----------
    name, type : as Yosys has them; ``"register"`` for every kind of register
    parameters : as Yosys has them
    inputs, outputs : vectors of bits, lowest first, by port
    enabled_reset : whether a register is reset only while it is enabled
    attributes : that the description gives it, for synthesis; as Yosys has them
    """

    name: str
    type: str
    parameters: dict[str, Any]
    inputs: dict[str, list[Bit]]
    outputs: dict[str, list[Bit]]
    attributes: dict[str, str] = field(default_factory=dict)
    enabled_reset: bool = False

    @property
    def signed(self) -> bool:
        """Whether the operands are signed numbers."""
        return bool(int(self.parameters.get("A_SIGNED", "0"), 2))


@dataclass
class Module:
    """One component.

    Attributes
    ----------
    name : path in the hierarchy, joined by dots
    inputs, outputs : vectors of bits by port
    order : of the ports of the top module; empty for others
    cells : in a fixed order
    names : vectors of bits that the description gives a name
    initial : value of registers before the first clock, by bit
    """

    name: str
    inputs: dict[str, list[Bit]]
    outputs: dict[str, list[Bit]]
    cells: list[Cell]
    names: dict[str, list[Bit]]
    initial: dict[Bit, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without garbage collection: a wide core is millions of small objects of which none is garbage before the end."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@uncollected()
def word_netlist(component: wiring.Component, name: str) -> dict[str, Module]:
    """The modules of ``component`` by name, the top module ``name`` first; each is instantiated once."""
    plain = netlist_as_json(rtlil.convert(component, name=name, emit_src=False), _PASSES)
    modules = {path: _module(path, contents) for path, contents in json.loads(plain)["modules"].items()}
    top = modules.pop(name)
    ports = top.inputs.keys() | top.outputs.keys()  # without clock and reset where everything is combinational
    top.order = tuple(port for port in ("clk", "rst", *component.signature.members) if port in ports)
    return {name: top} | modules


def instances(module: Module, modules: dict[str, Module]) -> Iterator[tuple[Cell, Module]]:
    """The cells of ``module`` that are modules, with these."""
    return ((cell, modules[cell.type]) for cell in module.cells if cell.type in modules)


def _module(path: str, contents: dict[str, Any]) -> Module:
    ports = contents["ports"]
    nets = contents["netnames"]
    initial: dict[Bit, str] = {}
    for net in nets.values():
        if "init" in net["attributes"]:
            initial |= zip(net["bits"], reversed(net["attributes"]["init"]), strict=True)
    return Module(
        name=path,
        inputs={name: port["bits"] for name, port in ports.items() if port["direction"] == "input"},
        outputs={name: port["bits"] for name, port in ports.items() if port["direction"] == "output"},
        cells=[_cell(name, cell) for name, cell in contents["cells"].items()],
        names={name: net["bits"] for name, net in nets.items() if not net["hide_name"]},
        initial=initial,
    )


def _cell(name: str, contents: dict[str, Any]) -> Cell:
    kind, directions = contents["type"], contents["port_directions"]
    connections: dict[str, list[Bit]] = contents["connections"]
    cell = Cell(
        name,
        kind,
        contents["parameters"],
        inputs={port: bits for port, bits in connections.items() if directions[port] == "input"},
        outputs={port: bits for port, bits in connections.items() if directions[port] == "output"},
        attributes={key: value for key, value in contents["attributes"].items() if key not in _INTERNAL},
    )
    if not kind.startswith("$"):
        return cell
    if kind not in _KNOWN:
        raise NotImplementedError(f"no Verilog is known for cells of type {kind}")
    if kind in _REGISTERS:
        assert all(int(cell.parameters[p], 2) for p in cell.parameters if p.endswith("_POLARITY"))
        cell.type, cell.enabled_reset = "register", kind == "$sdffce"
    elif kind in SAME_WIDTH:
        _extend(cell, len(cell.outputs["Y"]))
    elif kind in COMPARISONS:
        _extend(cell, max(map(len, cell.inputs.values())))
    else:  # a product with a constant that needs no bits
        cell.inputs = {port: bits or ["0"] * (kind == "$mul") for port, bits in cell.inputs.items()}
    return cell


def _extend(cell: Cell, width: int) -> None:
    for port, bits in cell.inputs.items():
        top = bits[-1] if cell.signed else "0"
        cell.inputs[port] = (bits + [top] * (width - len(bits)))[:width]
