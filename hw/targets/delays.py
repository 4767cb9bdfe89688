"""How long paths through the recurrence take on a target: a model of a few constants, fitted to nextpnr's paths.

    path = register + levels · adder + bits · carry + tables · table  (+ memory, where it begins in one)

in nanoseconds: ``levels`` adders in a row ripple together, so the bits of the widest chain count once. Routing is in
the constants, as nextpnr found it on average; it depends on the placement, so that the model is right within some ten
per cent (docs/synthesis.md compares it with place-and-route).
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Delays:
    """The constants of a target, in nanoseconds.

    Attributes
    ----------
    register : clock to output of a flip-flop, and setup with the routing to the next
    memory : what a path takes longer that begins in block RAM, and ends there
    distributed_bits : delay lines of up to so many bits in a lane are not in block RAM
    adder : one adder or butterfly in a row of them: routing, and the way into and out of the carry chain
    carry : one bit of carry
    table : one look-up table with its routing
    rest : the slowest path of the parts around the recurrence, between two flip-flops
    """

    register: float
    memory: float
    adder: float
    carry: float
    table: float
    rest: float
    distributed_bits: int = 0

    def path(self, *, adders: int = 0, bits: int = 0, tables: int = 0, from_memory: bool = False) -> float:
        """Nanoseconds of a path through ``adders`` in a row, the widest of ``bits`` bits, and ``tables`` LUTs."""
        return (
            self.register
            + adders * self.adder
            + (bits * self.carry if adders else 0.0)
            + tables * self.table
            + (self.memory if from_memory else 0.0)
        )
