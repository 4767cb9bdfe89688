"""The streaming Walsh–Hadamard transform (I_q ⊗ H_n) of rows of lanes, aligned to the position of the loop."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..row_counter import RowCounter
from .butterfly import LaneButterfly, TimeButterfly
from .lane_exchange import LaneExchange
from .row_layout import RowLayout
from .schedule import Schedule


class Transform(wiring.Component):
    """Butterfly stages in a row: in time while a block spans several rows, then between lanes.

    With commutators all of them are between lanes, which exchange words with rows in front of them.

    Rows come and go in natural order. Exact: each stage grows one bit.

    Latency: ``schedule.transform_latency`` rows and one clock for each registered stage. Throughput: one row per
    enabled clock; the rows of a state must be contiguous, what lies between states is ignored.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    schedule : Schedule
    memory_depth : int
        See :class:`~hadamrnn.hw.ring.delay_line.DelayLine`.

    Members
    -------
    enable : ``In(1)``
    position : ``In(range(cycles_per_step))``
        Counts enabled clocks modulo ``schedule.cycles_per_step``; each stage finds its row 0 by its ``offset``.
    input, output : ``In``, ``Out`` of rows, the output log2(n) bits wider
    """

    def __init__(self, lanes: int, width: int, schedule: Schedule, memory_depth: int) -> None:
        self.lanes = lanes
        self.width = width
        self.schedule = schedule
        self.memory_depth = memory_depth
        super().__init__(
            {
                "enable": In(1),
                "position": In(range(schedule.cycles_per_step)),
                "input": In(RowLayout(width, lanes)),
                "output": Out(RowLayout(width + len(schedule.stages), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        stages, exchanges = self.schedule.stages, self.schedule.exchanges
        delays = [max(stage.delay, stage.exchange) for stage in stages] + [exchange.delay for exchange in exchanges]
        m.submodules.row_counter = row_counter = RowCounter(max(delays, default=1) or 1)
        m.d.comb += row_counter.enable.eq(self.enable)
        row = self.input
        for number, exchange in enumerate(exchanges):
            commutator = LaneExchange(self.lanes, self.width, 1, exchange.delay, self.memory_depth)
            m.submodules[f"exchange_{number}"] = commutator
            row = self._delayed(m, commutator, row, exchange.delay, exchange.offset, f"exchange_{number}")
        for stage in stages:
            if stage.exchange:
                commutator = LaneExchange(self.lanes, stage.width, 1, stage.exchange, self.memory_depth)
                m.submodules[f"stage_{stage.index}_exchange"] = commutator
                name = f"stage_{stage.index}"
                row = self._delayed(m, commutator, row, stage.exchange, stage.offset, name)
            if stage.delay:
                butterfly = TimeButterfly(
                    self.lanes, stage.width, stage.delay, self.memory_depth, inverted_output=stage.inverted_output
                )
                self._delayed(m, butterfly, row, stage.delay, stage.offset, f"stage_{stage.index}")
            else:
                butterfly = LaneButterfly(
                    self.lanes,
                    stage.width,
                    stage.distance,
                    inverted_input=stage.inverted_input,
                    inverted_output=stage.inverted_output,
                )
                m.d.comb += butterfly.input.eq(row)
            m.submodules[f"stage_{stage.index}_butterfly"] = butterfly
            row = butterfly.output
            if stage.registered:
                register = Signal(butterfly.output.shape(), name=f"stage_{stage.index}_register", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(row)
                row = register
        m.d.comb += self.output.eq(row)
        return m

    def _delayed(
        self, m: Module, part: TimeButterfly | LaneExchange, row: data.View, delay: int, offset: int, name: str
    ) -> data.View:
        """Connect a part that pairs rows ``delay`` apart and has row 0 at its input at position ``offset``."""
        counter: RowCounter = m.submodules.row_counter
        m.d.comb += [
            part.enable.eq(self.enable),
            part.select.eq(self._select(m, delay, offset, name)),
            part.address.eq(counter.count),
            part.next_address.eq(counter.next_count),
            part.input.eq(row),
        ]
        return part.output

    def _select(self, m: Module, delay: int, offset: int, name: str) -> Signal:
        """High while the second half of a window is at the input of a part: a counter modulo the window, its top bit.

        Where a step is a whole number of windows the counter runs free from a constant; otherwise it starts anew with
        row 0. The rows after the last one of a state then find it low just as long as differences are due.
        """
        window, cycles = 2 * delay, self.schedule.cycles_per_step
        free_running = cycles % window == 0
        phase = Signal(range(window), name=f"{name}_phase", init=-offset % window * free_running)
        with m.If(self.enable):
            m.d.sync += phase.eq(phase + 1)
            if not free_running:
                with m.If(self.position == (offset - 1) % cycles):
                    m.d.sync += phase.eq(0)
        return phase[-1]
