"""The recurrence of a dense network: rows of units, each a sum of parts, and a memory of two states."""

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data

from ...quant.integer import DenseNetwork
from ..parameters import CoreParameters
from ..recurrence import Recurrence
from ..requantiser import Requantiser
from ..row_counter import RowCounter
from .activation import Activation
from .dense_widths import dense_widths
from .product import RecurrentProduct
from .schedule import DenseSchedule
from .state_memory import StateMemory


class DenseRecurrence(Recurrence):
    """H_t = sat( f( round(W_int H_{t−1} · M / 2^S) + drive ) ), a row of P units every C clocks.

    Up to the addition of the drive everything is one pipeline, which is filled whether or not there is input: it stands
    still while a row that is due misses its drive or its place behind the addition. In the first step of a sequence
    the recurrent term is masked to zero, so nothing is ever cleared.

    Throughput: one step in ``schedule.cycles_per_step`` clocks while ``drive`` is valid and the outputs are ready.
    Parameters and members: see :class:`~hadamrnn.hw.recurrence.Recurrence`; the network is a DenseNetwork.

    Attributes
    ----------
    schedule : DenseSchedule
    """

    def __init__(self, network: DenseNetwork, parameters: CoreParameters) -> None:
        super().__init__(network, parameters)
        self.schedule = DenseSchedule.of(network, parameters)
        self.widths = dense_widths(network)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes, multipliers = self.parameters.lanes, self.parameters.recurrent_multipliers
        enable = Signal()
        m.submodules.memory = memory = StateMemory(self.network, self.schedule, lanes, multipliers)
        m.submodules.product = product = RecurrentProduct(self.network, lanes, multipliers)
        m.d.comb += [
            memory.enable.eq(enable),
            memory.issue.eq(enable & self._due(m, enable, memory)),
            product.enable.eq(enable),
            product.issue.eq(memory.issue),
            product.begins.eq(memory.begins),
            product.ends.eq(memory.ends),
            product.part.eq(memory.part),
        ]
        added = Signal()  # a row enters `totals` with this clock
        totals, valid = self._totals(m, enable, product, added)

        # Behind the addition: the row in `totals`, for modReLU one more register, the row that is handed out.
        m.submodules.activation = activation = Activation(self.network, lanes)
        m.d.comb += [activation.totals.eq(totals), activation.advance.eq(added)]
        if self.schedule.output_latency:
            waiting = Signal()  # a row is in `totals`, and not yet handed out
            last = Signal(name="totals_last", reset_less=True)
            handed = Signal()
            ready = self.hand_out(m, handed, activation.states, last)
            m.d.comb += [
                handed.eq(waiting & ready),
                activation.enable.eq(handed),
                # Not while the row in `totals` has to wait: the parts that are asked for count on it being written.
                enable.eq((~valid | self.drive.valid) & (~waiting | ready)),
                added.eq(enable & valid),
            ]
            with m.If(added):
                m.d.sync += [waiting.eq(1), last.eq(self.drive.payload.last)]
            with m.Elif(handed):
                m.d.sync += waiting.eq(0)
        else:
            handed = added
            ready = self.hand_out(m, added, activation.states, self.drive.payload.last)
            m.d.comb += [added.eq(valid & self.drive.valid & ready), enable.eq(~valid | added)]
        m.d.comb += [self.drive.ready.eq(added), memory.row.eq(activation.states)]
        m.d.sync += memory.write.eq(handed)
        return m

    def _due(self, m: Module, enable: Signal, memory: StateMemory) -> Value:
        """Whether a part may be asked for: between two steps not for ``idle_cycles`` enabled clocks."""
        cycles = self.schedule.idle_cycles
        if not cycles:
            return Const(1)
        idle = Signal()
        m.submodules.idle_counter = counter = RowCounter(cycles)
        m.d.comb += counter.enable.eq(enable & idle)
        with m.If(memory.issue & memory.final):
            m.d.sync += idle.eq(1)
        with m.Elif(counter.enable & (counter.count == cycles - 1)):
            m.d.sync += idle.eq(0)
        return ~idle

    def _totals(self, m: Module, enable: Signal, product: RecurrentProduct, added: Signal) -> tuple[data.View, Signal]:
        """R + drive in registers, one addition per lane with rounding as its carry; and whether a row is due there."""
        lanes, levels = self.parameters.lanes, self.schedule.multiplier_levels
        m.submodules.requantiser = requantiser = Requantiser(
            lanes,
            self.widths.recurrent_sum,
            self.network.recurrent_multiplier,
            self.network.recurrent_shift,
            tuple(range(levels)),
            True,
            self.widths.quotient,
        )
        m.d.comb += [requantiser.enable.eq(enable), requantiser.input.eq(product.sums)]
        valid = product.valid
        for place in range(levels + 1):
            following = Signal(name=f"requantised_valid_{place}")
            with m.If(enable):
                m.d.sync += following.eq(valid)
            valid = following
        drive = self.drive.payload
        totals = Signal(data.ArrayLayout(signed(self.widths.total), lanes), reset_less=True)
        with m.If(added):
            for lane in range(lanes):
                quotient = Mux(drive.first, 0, requantiser.quotient[lane])
                carry = ~drive.first & requantiser.round_up[lane]
                m.d.sync += totals[lane].eq(quotient + drive["values"][lane] + carry)
        return totals, valid
