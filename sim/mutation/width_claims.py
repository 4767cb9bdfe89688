"""What a mutant with a word one bit too narrow comes to: a claim about a sum of the network, to be proved.

A total or a partial logit that never needs the bit is the same word without it. Only words whose meaning is known are
claimed: their place in the netlist and their names are those of :mod:`hadamrnn.hw.ring.recurrence` and of the two
read-outs in :mod:`hadamrnn.hw.read_out`. Of a dense network those of the read-outs only: its recurrence has
other words.
"""

import re
from dataclasses import dataclass

from ...hw.verilog.word_netlist import Bit, Cell, Module
from ...quant.integer import FrozenNetwork, IntegerNetwork
from .ranges import Sums, stay_within


@dataclass(frozen=True, kw_only=True)
class WidthClaim:
    """That ``sums`` are within ``low`` and ``high`` in every step of every sequence; then ``bits`` bits hold them."""

    sums: Sums
    low: int
    high: int
    bits: int

    def proved(self, network: FrozenNetwork, seconds: float) -> str | None:
        """In words, if it is so; None where that is not proved."""
        how = stay_within(network, self.sums, self.low, self.high, seconds)
        what = "total" if self.sums.totals else "logit"
        return how and f"equivalent: {self.bits} bits hold every {what} of every sequence, proved by {how}"


def width_claim(network: FrozenNetwork, lanes: int, module: Module, original: Cell, change: str) -> WidthClaim | None:
    """The claim that makes the mutant of ``original`` in ``module`` the same core; None where there is none.

    Parameters
    ----------
    change : the fault in words, as :func:`~hadamrnn.sim.mutation.edits.widths` has it
    """
    match = re.fullmatch(r"(operand A|stored) in (\d+) bits, not \d+", change)
    if match is None:
        return None
    bits, rows = int(match[2]), network.hidden_size // lanes
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    part = module.name.rsplit(".", 1)[-1]
    ring = part == "recurrence" and isinstance(network, IntegerNetwork)

    def named(stem: str, vector: list[Bit]) -> re.Match[str] | None:
        names = (name.split("$")[0] for name, bits in module.names.items() if bits == vector)
        return next(filter(None, (re.fullmatch(rf"{stem}_(\d+)(?:_register)?", name) for name in names)), None)

    signed_sum = original.type == "$add" and original.signed  # what loses a bit is sign-extended again
    if ring and match[1] == "operand A" and signed_sum:
        lane = named("total", original.outputs["Y"])
        if lane and set(original.inputs["B"][1:]) <= {"0"}:  # the carry is added to what is meant: one less at most
            units = tuple(range(int(lane[1]), network.hidden_size, lanes))
            return WidthClaim(sums=Sums(totals=units), low=low + 1, high=high, bits=bits)
    if ring and match[1] == "stored":
        lane = named("total", original.outputs["Q"])
        if lane:
            units = tuple(range(int(lane[1]), network.hidden_size, lanes))
            return WidthClaim(sums=Sums(totals=units), low=low, high=high, bits=bits)
    if part == "read_out":
        added = signed_sum and named("accumulator", original.inputs["A"])
        stored = match[1] == "stored" and named("accumulator", original.outputs.get("Q", []))
        if added or stored:  # before the last row is added; where they shift out of the accumulators, after it too
            complete = bool(stored) and network.readout == "last"
            partial = tuple(tuple(range(row * lanes)) for row in range(rows + complete))
            return WidthClaim(sums=Sums(logits=partial), low=low, high=high, bits=bits)
    return None
