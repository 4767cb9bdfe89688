"""Radix-2 butterflies of the Walsh–Hadamard transform: (a, b) → (a + b, a − b), in time and between lanes."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .delay_line import DelayLine
from .row_layout import RowLayout


class TimeButterfly(wiring.Component):
    """A single-path delay feedback (SDF) stage: pairs rows that are ``delay`` rows apart.

    While ``select`` is low, the first half of a window of 2·``delay`` rows goes into the delay line and the differences
    of the window before come out of it. While ``select`` is high, the second half arrives: the sums come out, the
    differences go into the delay line, which holds every word inverted. Both adders are exact: one bit of growth.

    Latency: ``delay`` enabled clocks. Throughput: one row per enabled clock.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    delay : int
        Rows, a power of two.
    memory_depth : int
        See :class:`~hadamrnn.hw.ring.delay_line.DelayLine`.
    inverted_output : bool
        Whether the output is inverted words, ~(a + b) and ~(a − b): on request of the next stage, and at no cost.

    Members
    -------
    enable : ``In(1)``
    select : ``In(1)``
    address, next_address : ``In(range(delay))``
        See :class:`~hadamrnn.hw.ring.delay_line.DelayLine`.
    input, output : ``In``, ``Out`` of rows, the output one bit wider
    """

    def __init__(self, lanes: int, width: int, delay: int, memory_depth: int, *, inverted_output: bool = False) -> None:
        if delay < 1 or delay & (delay - 1):
            raise ValueError(f"delay must be a power of two, not {delay!r}")
        self.lanes = lanes
        self.inverted_output = inverted_output
        self._delay_line = DelayLine(lanes, width + 1, delay, memory_depth)
        super().__init__(
            {
                "enable": In(1),
                "select": In(1),
                "address": In(range(delay)),
                "next_address": In(range(delay)),
                "input": In(RowLayout(width, lanes)),
                "output": Out(RowLayout(width + 1, lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.delay_line = line = self._delay_line
        m.d.comb += [
            line.enable.eq(self.enable),
            line.address.eq(self.address),
            line.next_address.eq(self.next_address),
        ]
        for lane in range(self.lanes):
            # The delay line holds inverted words: inverted = ~first, so second − first − 1 = inverted + second is the
            # inverted difference, and inverted − second the inverted sum. Each chain then needs the multiplexer's other
            # input just as the chain itself takes it, and adder and multiplexer fit into one 4-input look-up table. The
            # one inverter left, where a carry chain has none, is on the input and not on the output of a slow memory.
            inverted, second = line.output[lane], self.input[lane]
            inverted_sum = (inverted - second)[: len(inverted)]
            inverted_difference = (inverted + second)[: len(inverted)]
            result = Mux(self.select, inverted_sum, inverted)
            m.d.comb += [
                self.output[lane].eq(result if self.inverted_output else ~result),
                line.input[lane].eq(Mux(self.select, inverted_difference.as_signed(), ~second)),
            ]
        return m


class LaneButterfly(wiring.Component):
    """A stage of butterflies between lanes that are ``distance`` apart; combinational, exact, one bit of growth.

    Where the words of either side are inverted (~x in place of x), the difference is made of the sum, 2a − (a + b), and
    every operand comes just as the carry chain of an iCE40 takes it, which has no inverter: one cell a bit and result.
    The difference then follows the sum, a look-up table later.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    distance : int
        A power of two, twice of which divides ``lanes``: lane i is paired with lane i + distance where bit
        log2(distance) of i is 0.
    inverted_input, inverted_output : bool
        Whether the words there are inverted; not both.

    Members
    -------
    input, output : ``In``, ``Out`` of rows, the output one bit wider
    """

    def __init__(
        self,
        lanes: int,
        width: int,
        distance: int,
        *,
        inverted_input: bool = False,
        inverted_output: bool = False,
    ) -> None:
        if distance < 1 or distance & (distance - 1) or lanes % (2 * distance):
            raise ValueError(f"distance must be a power of two that pairs {lanes} lanes, not {distance!r}")
        if inverted_input and inverted_output:
            raise ValueError("the words must be inverted on one side at most, not on both")
        self.lanes = lanes
        self.width = width
        self.distance = distance
        self.inverted_input = inverted_input
        self.inverted_output = inverted_output
        super().__init__(
            {
                "input": In(RowLayout(width, lanes)),
                "output": Out(RowLayout(width + 1, lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = list(self.input)
        results = list(words)
        for lane in range(self.lanes):
            partner = lane ^ self.distance
            if lane < partner:
                results[lane], results[partner] = self._pair(m, lane, words[lane], words[partner])
        # Two assignments: one for each lane takes Amaranth a time that grows with their square, and a single one
        # would leave the results without the name of the port in the Verilog.
        row, half = self.output.as_value(), self.lanes // 2
        bits = half * (self.width + 1)
        m.d.comb += [row[:bits].eq(Cat(results[:half])), row[bits:].eq(Cat(results[half:]))]
        return m

    def _pair(self, m: Module, lane: int, a: Value, b: Value) -> tuple[Value, Value]:
        """Sum and difference of two words, as they leave."""
        if not (self.inverted_input or self.inverted_output):
            return a + b, a - b
        total = Signal(signed(self.width + 1), name=f"sum_{lane}")
        difference = Signal(signed(self.width + 1), name=f"difference_{lane}")
        if self.inverted_output:
            m.d.comb += [total.eq(a + b), difference.eq((a << 1) - total)]
            return ~total, ~difference
        # a = ~A and b = ~B: A + B = ~(a + b + 1), and ~(A − B) = 2a + 1 + (A + B).
        m.d.comb += [total.eq(~(a - ~b)), difference.eq(Cat(1, a).as_signed() + total)]
        return total, ~difference
