"""The netlist that Yosys maps a design to, as Verilog that a simulator runs, with the models of its cells."""

import importlib.metadata
import importlib.util
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..targets.target import Target
from .synthesise import check_yosys, map_design


@dataclass(frozen=True)
class MappedNetlist:
    """A design mapped to the cells of a target.

    Attributes
    ----------
    target : its name
    yosys : version that mapped it
    cells : number of each type of cell
    verilog : the netlist, its top module named as that of the design, with a model of every cell
    """

    target: str
    yosys: str
    cells: dict[str, int]
    verilog: str

    def to_json(self) -> dict[str, Any]:
        """What a report says of it."""
        return {"target": self.target, "yosys": self.yosys, "cells": self.cells}


@dataclass(frozen=True)
class _Models:
    """The models of a family: a file in the share folder of Yosys, macros that they ask for, and models of our own."""

    file: str
    macros: tuple[str, ...]
    own: str = ""


# The multiplier as synth_ecp5 uses it, all its registers bypassed: Yosys has no model of it.
_BITS_18, _BITS_36 = range(17, -1, -1), range(35, -1, -1)
_MULT18X18D = f"""
module MULT18X18D(input {", ".join(f"{port}{bit}" for port in "ABC" for bit in _BITS_18)},
  input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, output {", ".join(f"P{bit}" for bit in _BITS_36)});
  wire [17:0] a = {{{", ".join(f"A{bit}" for bit in _BITS_18)}}};
  wire [17:0] b = {{{", ".join(f"B{bit}" for bit in _BITS_18)}}};
  wire signed [35:0] wide_a = {{{{18{{SIGNEDA & a[17]}}}}, a}};
  wire signed [35:0] wide_b = {{{{18{{SIGNEDB & b[17]}}}}, b}};
  assign {{{", ".join(f"P{bit}" for bit in _BITS_36)}}} = wide_a * wide_b;
endmodule
"""
# No values for inputs that nothing is connected to, which Verilog-2005 has not: they would be unknown, and be found.
_NO_DEFAULTS = tuple(f"ICE40_DEFAULT_ASSIGNMENT_{value}" for value in ("V(v)", "0", "1"))
_FAMILIES = {
    "ice40": _Models("ice40/cells_sim.v", _NO_DEFAULTS),
    "ecp5": _Models("ecp5/cells_sim.v", (), _MULT18X18D),
}
_TIMINGS = {"u": "ICE40_U", "hx": "ICE40_HX", "lp": "ICE40_LP"}  # of synth_ice40 -device: what the models have
_NAMES = "$scopeinfo"  # what Yosys keeps of modules that it has dissolved
_MODULE = re.compile(
    r"^(?P<attributes>(?:\(\*[^\n]*\*\)\s*)*)module\s+(?P<name>\w+).*?^endmodule\n", re.MULTILINE | re.DOTALL
)


def check_models(target: Target) -> None:
    """Raise :class:`InputError` where there are no models of the target's cells, or no Yosys."""
    if target.family not in _FAMILIES:
        names = ", ".join(_FAMILIES)
        raise InputError(f"Yosys has no models of all cells of {target.name}: expected a target of family {names}")
    check_yosys()


def mapped_netlist(verilog: Path, top: str, target: Target) -> MappedNetlist:
    """Map a design for a target, all its ports kept, as :func:`~hadamrnn.hw.synthesis.synthesise.synthesise` maps it.

    Parameters
    ----------
    verilog : everything in one file
    top : name of the top module
    target : of family ice40 or ecp5

    Raises
    ------
    InputError
        Another family, no Yosys, a file that cannot be read or that Yosys refuses, or a netlist with a cell that there
        is no model of: a block RAM of an ECP5 (DP16KD), or a multiplier of it with registers.
    """
    check_models(target)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-netlist-") as scratch:
        folder = Path(scratch)
        try:
            shutil.copyfile(verilog, folder / "design.v")
        except OSError as error:
            raise InputError(f"{verilog}: cannot be read ({error.strerror})") from error
        cells, _ = map_design(folder, verilog, top, target, cut=["write_verilog -noattr netlist.v"])
        text = (folder / "netlist.v").read_text(encoding="utf-8")
        plain = json.loads((folder / "netlist.json").read_text(encoding="utf-8"))
    mapped = plain["modules"][top]["cells"].values()
    models = _models_of({cell["type"] for cell in mapped} - {_NAMES}, target)
    if any(cell["type"] == "MULT18X18D" and cell["parameters"] for cell in mapped):
        raise InputError(f"the netlist for {target.name} has a MULT18X18D with registers, of which there is no model")
    counts = {name: count for name, count in sorted(cells.items()) if name != _NAMES}
    return MappedNetlist(target.name, importlib.metadata.version("pyosys"), counts, models + text)


def _models_of(types: set[str], target: Target) -> str:
    """The Verilog of the models of these cells, and of what they are made of."""
    models = _models(target)
    found: dict[str, str] = {}
    missing = sorted(types)
    while missing:
        name = missing.pop()
        if name not in models:
            raise InputError(f"the netlist for {target.name} has a {name}, of which Yosys has no model to simulate")
        found[name] = models[name]
        inside = set(re.findall(r"\w+", models[name])) & models.keys()
        missing += sorted(inside - found.keys() - set(missing))
    macros = [macro for device, macro in _TIMINGS.items() if f"-device {device}" in target.synthesis]
    return "".join(f"`define {macro}\n" for macro in (*_FAMILIES[target.family].macros, *macros)) + "".join(
        found[name] for name in sorted(found)
    )


def _models(target: Target) -> dict[str, str]:
    """All models of the family by the names of the cells; none of those that are but names and ports."""
    family = _FAMILIES[target.family]
    spec = importlib.util.find_spec("pyosys")
    assert spec is not None
    assert spec.origin is not None
    text = _with_included(Path(spec.origin).parent / "share" / family.file) + family.own
    modules = [match for match in _MODULE.finditer(text) if "blackbox" not in match["attributes"]]
    return {match["name"]: match[0] for match in modules}


def _with_included(file: Path) -> str:
    def included(match: re.Match[str]) -> str:
        there = file.with_name(match[1])
        return _with_included(there) if there.name.endswith("_sim.vh") else ""

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}), expected the models of Yosys") from error
    return re.sub(r'^`include "([^"]+)"\n', included, text, flags=re.MULTILINE)
