"""From the parts of a core to the cells of a device."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ..targets.target import Target
from .features import absorbing, carry_cells, carry_chains, features, memory_family, uses_dsp
from .memories import map_memory
from .parts import Part


@cache
def coefficients() -> dict[str, Any]:
    """What was fitted, by family: ``tables`` per bit of each kind, ``cells`` of the rest, and the errors."""
    return json.loads(files(__package__).joinpath("coefficients.json").read_text(encoding="utf-8"))


def family_of(target: Target) -> str | None:
    """The rules by which a target is estimated, or None where there are none."""
    if target.family == "ice40":
        return "ice40-dsp" if target.resource("dsps") is not None else "ice40"
    return target.family if target.family in ("ecp5", "gowin") else None


@dataclass(frozen=True)
class Resources:
    """The cells of a core in a family of devices, as :mod:`~hadamrnn.hw.synthesis.report` counts them.

    None is what the family has not.
    """

    logic_cells: int
    luts: int
    flip_flops: int
    carries: int
    distributed_rams: int | None
    block_rams: int
    dsps: int | None


def resources(family: str, parts: list[Part]) -> Resources:
    """Estimate the cells of a core."""
    fitted = coefficients()[family]
    tables, luts = fitted["tables"], 0.0
    flip_flops = plain = 0
    memories: Counter[str] = Counter()
    for part in parts:
        for kind, bits in features(family, part).items():
            luts += tables.get(kind, 0.0) * bits
        flip_flops += part.flip_flops
        plain += part.plain
        for multiplier in absorbing(family, part):
            flip_flops -= multiplier.registers
            plain -= multiplier.operands
        for memory in part.memories:
            mapped = map_memory(memory_family(family), memory)
            if mapped.kind is not None:
                memories[mapped.kind] += mapped.cells
            if mapped.kind != "block_rams":
                flip_flops += memory.bits
            if mapped.kind is None and not memory.initialised:
                flip_flops += memory.words * memory.bits
                plain += memory.words * memory.bits
            if mapped.read_first:
                flip_flops += 2 * memory.bits
    dsps = sum(m.count for part in parts for m in part.multipliers if uses_dsp(family, m))
    carries = carry_cells(family, parts)
    counted = {
        "luts": luts,
        "plain": plain,
        "carries": carries,
        "chains": carry_chains(family, parts),
        "distributed_rams": memories["distributed_rams"],
        "one": 1,
    }
    cells = sum(fitted["cells"].get(name, 0.0) * value for name, value in counted.items())
    return Resources(
        logic_cells=round(cells),
        luts=round(luts),
        flip_flops=flip_flops,
        carries=carries,
        distributed_rams=None if family.startswith("ice40") else memories["distributed_rams"],
        block_rams=memories["block_rams"],
        dsps=None if family == "ice40" else dsps,
    )
