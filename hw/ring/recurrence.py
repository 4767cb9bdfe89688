"""The circulating-state datapath: the state lives in the delay lines of its own transform."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data

from ...quant.integer import IntegerNetwork
from ..parameters import CoreParameters
from ..recurrence import Recurrence
from ..row_counter import RowCounter
from ..row_layouts import state_layout
from ..saturation import saturated
from .delay_line import DelayLine
from .ring_widths import ring_widths
from .root_division import RootDivision
from .schedule import Schedule
from .transform import Transform


class RingRecurrence(Recurrence):
    """H_t = sat( round(s · (I_q ⊗ H_n) H_{t−1} / √n) + drive ), a row of P units per clock.

    A state row leaves the state register, passes a FIFO (where several blocks leave room for one), the transform, the
    division and the adder, and so becomes the row of the next step: a ring of ``schedule.cycles_per_step`` rows, of
    which R = d/P hold the state of each channel and the others are idle. The rows that come back during the first step
    of a sequence are masked to zero, so nothing is ever cleared.

    Throughput: one step in ``schedule.cycles_per_step`` clocks while ``drive`` is valid and the outputs are ready.
    The ring stands still while a row of ``drive`` is missing or a row of the state has not been taken. A ``void`` row
    of ``drive`` is taken at once, and lets R rows pass before the next one, one a clock.
    Parameters and members: see :class:`~hadamrnn.hw.recurrence.Recurrence`; the network is an IntegerNetwork.

    Attributes
    ----------
    schedule : Schedule
    """

    def __init__(self, network: IntegerNetwork, parameters: CoreParameters) -> None:
        super().__init__(network, parameters)
        self.schedule = Schedule.of(network, parameters)
        self.widths = ring_widths(network)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        schedule, lanes = self.schedule, self.parameters.lanes
        enable = Signal()

        # Position of the ring at the state register: rows 0 to C·R − 1 are added, the rest pass by.
        m.submodules.position = position = RowCounter(schedule.cycles_per_step)
        idle = Signal()
        m.d.comb += position.enable.eq(enable)
        if schedule.cycles_per_step > schedule.ring_rows:
            # Both comparisons are registers, a clock ahead: only one look-up table is in the path to `idle`.
            cycles = schedule.cycles_per_step
            last_row = Signal(init=schedule.ring_rows == 1)
            last_idle = Signal()
            with m.If(enable):
                m.d.sync += [
                    last_row.eq(position.count == (schedule.ring_rows - 2) % cycles),
                    last_idle.eq(position.count == cycles - 2),
                    idle.eq(last_row | (idle & ~last_idle)),
                ]

        returned = Signal(data.ArrayLayout(signed(self.widths.quotient), lanes))
        round_up = Signal(lanes)
        totals = self._totals(m, returned, round_up)
        state = self._state(m, enable, totals)
        added, taken, passing = ~idle, enable & ~idle, idle
        if schedule.channels > 1:
            pending = self._void(m, enable, idle)
            passing = idle | pending
            added = ~passing & ~self.drive.payload.void
            taken = self.drive.payload.void | (enable & ~passing)
        ready = self.hand_out(m, enable, state, self.drive.payload.last, added)
        m.d.comb += [
            enable.eq((self.drive.valid | passing) & ready),
            self.drive.ready.eq(taken),
        ]

        # The way back.
        m.submodules.transform = transform = Transform(
            lanes, self.network.state_bits, schedule, self.parameters.memory_depth
        )
        m.submodules.root_division = division = RootDivision(
            lanes,
            self.widths.transform,
            self.network.block_bits,
            self.network.sqrt_half,
            self.network.sqrt_half_bits,
            schedule.multiplier_registers,
            schedule.division_register,
            self.widths.quotient,
        )
        m.d.comb += [
            transform.enable.eq(enable),
            transform.position.eq(position.count),
            transform.input.eq(self._fifo(m, enable, self._ring_state(m, enable, state))),
            division.enable.eq(enable),
            division.input.eq(transform.output),
            returned.eq(division.quotient),
            round_up.eq(division.round_up),
        ]
        return m

    def _void(self, m: Module, enable: Signal, idle: Signal) -> Signal:
        """Whether the row is one of a void slot that was taken before, and count these slots.

        They are taken at once, whatever the ring does: rows that follow them shall not wait in the pipeline before it.
        """
        m.submodules.slot_row = row = RowCounter(self.schedule.rows)
        waiting = Signal(range(self.schedule.channels), name="void_slots")
        pending = Signal(name="void_pending")
        passes = Signal(name="void_slot_passes")
        last = Signal(init=self.schedule.rows == 1, name="slot_last_row")
        taken = self.drive.valid & self.drive.payload.void
        m.d.comb += [row.enable.eq(enable & ~idle), passes.eq(row.enable & last & (pending | taken))]
        with m.If(row.enable):
            m.d.sync += last.eq(row.next_count == self.schedule.rows - 1)
        following = Signal.like(waiting, name="void_slots_next")
        m.d.comb += following.eq(waiting + taken - passes)
        m.d.sync += [waiting.eq(following), pending.eq(following.any())]
        return pending

    def _totals(self, m: Module, returned: Signal, round_up: Signal) -> list[Signal]:
        """s · R + drive, one addition per lane: −(q + r) = ~q + (1 − r): the sign is an XOR, rounding a carry-in."""
        drive = self.drive.payload
        totals = []
        for lane in range(self.parameters.lanes):
            negative = drive.negative[lane]
            signed_quotient = Signal(signed(self.widths.quotient), name=f"signed_quotient_{lane}")
            carry = Signal(name=f"carry_{lane}")
            total = Signal(signed(self.widths.total), name=f"total_{lane}")
            quotient = returned[lane]
            inverted = quotient ^ Cat(negative.replicate(self.widths.quotient)).as_signed()
            m.d.comb += [
                signed_quotient.eq(Mux(drive.first, 0, inverted)),
                carry.eq(~drive.first & (round_up[lane] ^ negative)),
                total.eq(signed_quotient + drive["values"][lane] + carry),
            ]
            totals.append(total)
        return totals

    def _state(self, m: Module, enable: Signal, totals: list[Signal]) -> Signal:
        """The row added last, saturated: in a register, or behind the register of the sums."""
        bits, lanes = self.network.state_bits, self.parameters.lanes
        late = self.schedule.saturation_register
        state = Signal(state_layout(self.network, lanes), reset_less=True)
        for lane, total in enumerate(totals):
            if late:
                register = Signal.like(total, name=f"total_{lane}_register", reset_less=True)
                with m.If(enable):
                    m.d.sync += register.eq(total)
                m.d.comb += state[lane].eq(saturated(register, bits))
            else:
                with m.If(enable):
                    m.d.sync += state[lane].eq(saturated(total, bits))
        return state

    def _ring_state(self, m: Module, enable: Signal, state: Signal) -> Signal:
        """The row that enters the ring; the outputs see it where it is first known, without waiting for the ring."""
        if not self.schedule.saturation_register:
            return state
        register = Signal.like(state, name="state_register", reset_less=True)
        with m.If(enable):
            m.d.sync += register.eq(state)
        return register

    def _fifo(self, m: Module, enable: Signal, state: Signal) -> object:
        """The rows that the transform has no room for: a plain delay."""
        depth = self.schedule.fifo_depth
        if not depth:
            return state
        m.submodules.fifo = fifo = DelayLine(
            self.parameters.lanes, self.network.state_bits, depth, self.parameters.memory_depth
        )
        m.submodules.fifo_counter = counter = RowCounter(depth)
        m.d.comb += [
            counter.enable.eq(enable),
            fifo.enable.eq(enable),
            fifo.address.eq(counter.count),
            fifo.next_address.eq(counter.next_count),
            fifo.input.eq(state),
        ]
        return fifo.output
