"""Radix-2 butterflies of the Walsh–Hadamard transform: (a, b) → (a + b, a − b), in time and between lanes."""

from amaranth.hdl import Module, Mux, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .delay_line import DelayLine


class TimeButterfly(wiring.Component):
    """A single-path delay feedback (SDF) stage: pairs rows that are ``delay`` rows apart.

    While ``select`` is low, the first half of a window of 2·``delay`` rows goes into the delay line and the differences
    of the window before come out of it. While ``select`` is high, the second half arrives: the sums come out, the
    differences go into the delay line. Adder and subtractor are exact: one bit of growth.

    Latency: ``delay`` enabled clocks. Throughput: one row per enabled clock.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    delay : int
        Rows, a power of two.
    memory_depth : int
        See :class:`~hadamrnn.hw.delay_line.DelayLine`.

    Members
    -------
    enable : ``In(1)``
    select : ``In(1)``
    address, next_address : ``In(range(delay))``
        See :class:`~hadamrnn.hw.delay_line.DelayLine`.
    input, output : ``In``, ``Out`` of rows, the output one bit wider
    """

    def __init__(self, lanes: int, width: int, delay: int, memory_depth: int) -> None:
        if delay < 1 or delay & (delay - 1):
            raise ValueError(f"delay must be a power of two, not {delay!r}")
        self.lanes = lanes
        self._delay_line = DelayLine(lanes, width + 1, delay, memory_depth)
        super().__init__(
            {
                "enable": In(1),
                "select": In(1),
                "address": In(range(delay)),
                "next_address": In(range(delay)),
                "input": In(data.ArrayLayout(signed(width), lanes)),
                "output": Out(data.ArrayLayout(signed(width + 1), lanes)),
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
            first, second = line.output[lane], self.input[lane]
            m.d.comb += [
                self.output[lane].eq(Mux(self.select, first + second, first)),
                line.input[lane].eq(Mux(self.select, first - second, second)),
            ]
        return m


class LaneButterfly(wiring.Component):
    """A stage of butterflies between lanes that are ``distance`` apart; combinational, exact, one bit of growth.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    distance : int
        A power of two, twice of which divides ``lanes``: lane i is paired with lane i + distance where bit
        log2(distance) of i is 0.

    Members
    -------
    input, output : ``In``, ``Out`` of rows, the output one bit wider
    """

    def __init__(self, lanes: int, width: int, distance: int) -> None:
        if distance < 1 or distance & (distance - 1) or lanes % (2 * distance):
            raise ValueError(f"distance must be a power of two that pairs {lanes} lanes, not {distance!r}")
        self.lanes = lanes
        self.distance = distance
        super().__init__(
            {
                "input": In(data.ArrayLayout(signed(width), lanes)),
                "output": Out(data.ArrayLayout(signed(width + 1), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self.lanes):
            partner = lane ^ self.distance
            if lane < partner:
                m.d.comb += self.output[lane].eq(self.input[lane] + self.input[partner])
            else:
                m.d.comb += self.output[lane].eq(self.input[partner] - self.input[lane])
        return m
