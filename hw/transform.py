"""The streaming Walsh–Hadamard transform (I_q ⊗ H_n) of rows of lanes, aligned to the position of the loop."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .butterfly import LaneButterfly, TimeButterfly
from .delay_line import RowCounter
from .schedule import Schedule, Stage


class Transform(wiring.Component):
    """Butterfly stages in a row: in time while a block spans several rows, then between lanes.

    Rows come and go in natural order. Exact: each stage grows one bit.

    Latency: ``schedule.transform_latency`` rows and one clock for each registered stage. Throughput: one row per
    enabled clock; the rows of a state must be contiguous, what lies between states is ignored.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    schedule : Schedule
    memory_depth : int
        See :class:`~hadamrnn.hw.delay_line.DelayLine`.

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
                "input": In(data.ArrayLayout(signed(width), lanes)),
                "output": Out(data.ArrayLayout(signed(width + len(schedule.stages)), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        longest = max((stage.delay for stage in self.schedule.stages), default=0)
        m.submodules.row_counter = row_counter = RowCounter(max(longest, 1))
        m.d.comb += row_counter.enable.eq(self.enable)
        row = self.input
        for stage in self.schedule.stages:
            if stage.delay:
                butterfly = TimeButterfly(self.lanes, stage.width, stage.delay, self.memory_depth)
                m.d.comb += [
                    butterfly.enable.eq(self.enable),
                    butterfly.select.eq(self._select(m, stage)),
                    butterfly.address.eq(row_counter.count),
                    butterfly.next_address.eq(row_counter.next_count),
                ]
            else:
                butterfly = LaneButterfly(self.lanes, stage.width, stage.distance)
            m.submodules[f"stage_{stage.index}_butterfly"] = butterfly
            m.d.comb += butterfly.input.eq(row)
            row = butterfly.output
            if stage.registered:
                register = Signal(butterfly.output.shape(), name=f"stage_{stage.index}_register", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(row)
                row = register
        m.d.comb += self.output.eq(row)
        return m

    def _select(self, m: Module, stage: Stage) -> Signal:
        """High while the second half of a window is at the input of a stage: a counter modulo the window, its top bit.

        Where a step is a whole number of windows the counter runs free from a constant; otherwise it starts anew with
        row 0. The rows after the last one of a state then find it low just as long as differences are due.
        """
        window, cycles = 2 * stage.delay, self.schedule.cycles_per_step
        free_running = cycles % window == 0
        phase = Signal(range(window), name=f"stage_{stage.index}_phase", init=-stage.offset % window * free_running)
        with m.If(self.enable):
            m.d.sync += phase.eq(phase + 1)
            if not free_running:
                with m.If(self.position == (stage.offset - 1) % cycles):
                    m.d.sync += phase.eq(0)
        return phase[-1]
