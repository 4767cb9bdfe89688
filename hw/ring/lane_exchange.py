"""Exchange of a lane bit with a row bit of the position of a word: the commutator between butterflies of lanes."""

from amaranth.hdl import Module, Mux, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .delay_line import DelayLine


class LaneExchange(wiring.Component):
    """Rows that are ``delay`` apart exchange words between lanes that are ``distance`` apart.

    In each window of 2·``delay`` rows the word of row bit b and lane bit c takes the place of row bit c and lane bit b:
    what was ``delay`` rows apart is then in the two lanes of one row, for a butterfly between lanes.

    Latency: ``delay`` enabled clocks. Throughput: one row per enabled clock. Holds ``delay`` rows.

    Parameters
    ----------
    lanes, width : int
        A row is ``lanes`` signed words of ``width`` bits.
    distance : int
        A power of two, twice of which divides ``lanes``.
    delay : int
        Rows, a power of two.
    memory_depth : int
        See :class:`~hadamrnn.hw.ring.delay_line.DelayLine`.

    Members
    -------
    enable : ``In(1)``
    select : ``In(1)``
        High while the second half of a window is at the input.
    address, next_address : ``In(range(delay))``
        See :class:`~hadamrnn.hw.ring.delay_line.DelayLine`.
    input, output : ``In``, ``Out`` of rows
    """

    def __init__(self, lanes: int, width: int, distance: int, delay: int, memory_depth: int) -> None:
        if delay < 1 or delay & (delay - 1):
            raise ValueError(f"delay must be a power of two, not {delay!r}")
        if distance < 1 or distance & (distance - 1) or lanes % (2 * distance):
            raise ValueError(f"distance must be a power of two that pairs {lanes} lanes, not {distance!r}")
        self.distance = distance
        self.low = [lane for lane in range(lanes) if not lane & distance]
        self._before = DelayLine(lanes // 2, width, delay, memory_depth)
        self._behind = DelayLine(lanes // 2, width, delay, memory_depth)
        row = data.ArrayLayout(signed(width), lanes)
        super().__init__(
            {
                "enable": In(1),
                "select": In(1),
                "address": In(range(delay)),
                "next_address": In(range(delay)),
                "input": In(row),
                "output": Out(row),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.before_delay_line = before = self._before  # of the high lanes
        m.submodules.behind_delay_line = behind = self._behind  # of the low lanes
        for line in (before, behind):
            m.d.comb += [
                line.enable.eq(self.enable),
                line.address.eq(self.address),
                line.next_address.eq(self.next_address),
            ]
        for pair, low in enumerate(self.low):
            high = low + self.distance
            m.d.comb += [
                before.input[pair].eq(self.input[high]),
                behind.input[pair].eq(Mux(self.select, before.output[pair], self.input[low])),
                self.output[low].eq(behind.output[pair]),
                self.output[high].eq(Mux(self.select, self.input[low], before.output[pair])),
            ]
        return m
