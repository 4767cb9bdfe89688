"""The state of a dense network: the old one is read part by part, once for every row of the new one."""

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import DenseNetwork
from ..row_counter import RowCounter
from ..row_layouts import state_layout
from .schedule import DenseSchedule


def part_layout(network: DenseNetwork, multipliers: int) -> data.ArrayLayout:
    """M words of the state, that of the lowest unit first."""
    return data.ArrayLayout(signed(network.state_bits), multipliers)


class StateMemory(wiring.Component):
    """Two pages of a state: rows of the new one fill one while parts of the old one are read from the other.

    A part is M words of the state, those of the units p·M to (p + 1)·M − 1; beyond the last unit it is undefined. The
    pages change places with the last part of the last row, and with the last row that is written.

    Latency: 2 enabled clocks from a part being issued to it being held out.

    Parameters
    ----------
    network : DenseNetwork
    schedule : DenseSchedule
    lanes, multipliers : int
        P and M.

    Members
    -------
    enable : ``In(1)``
        Nothing is read while this is low.
    issue : ``In(1)``
        Ask for the next part; only while ``enable``.
    begins, ends, final : ``Out(1)``
        Whether the next part is the first and the last of a row, and whether it is the last of a step.
    part : ``Out(part_layout(network, multipliers))``
    row : ``In(state_layout(network, lanes))``
        The next row of the new state.
    write : ``In(1)``
        Whether there is one; whatever ``enable`` is.
    """

    def __init__(self, network: DenseNetwork, schedule: DenseSchedule, lanes: int, multipliers: int) -> None:
        self.network = network
        self.schedule = schedule
        self.lanes = lanes
        self.multipliers = multipliers
        super().__init__(
            {
                "enable": In(1),
                "issue": In(1),
                "begins": Out(1),
                "ends": Out(1),
                "final": Out(1),
                "part": Out(part_layout(network, multipliers)),
                "row": In(state_layout(network, lanes)),
                "write": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        schedule, bits = self.schedule, self.lanes * self.network.state_bits
        m.submodules.slot = slot = RowCounter(schedule.slots)
        read_address = self._read_address(m, slot)
        write_address, write_bank = self._write_address(m)
        word = []
        for number in range(schedule.banks):
            # A row is written long before it is read, and read long before the page is written again: no address is
            # written while it is read.
            depth = 2 << (schedule.words - 1).bit_length()
            bank = memory.Memory(shape=bits, depth=depth, init=[], attrs={"no_rw_check": 1})
            m.submodules[f"bank_{number}"] = bank
            read, write = bank.read_port(), bank.write_port()
            m.d.comb += [
                read.addr.eq(read_address),
                read.en.eq(self.issue),
                write.addr.eq(write_address),
                write.en.eq(self.write & (write_bank == number)),
                write.data.eq(self.row.as_value()),
            ]
            word.append(read.data)
        chosen = Signal(range(schedule.slots), reset_less=True)
        part = Signal(self.part.shape(), name="part_register", reset_less=True)
        m.d.comb += self.part.eq(part)
        with m.If(self.issue):
            m.d.sync += chosen.eq(slot.count)
        width = self.multipliers * self.network.state_bits
        with m.If(self.enable), m.Switch(chosen):
            for number in range(schedule.slots):
                with m.Case(number):
                    m.d.sync += part.as_value().eq(Cat(word)[number * width : (number + 1) * width])
        return m

    def _read_address(self, m: Module, slot: RowCounter) -> Value:
        """Slots within a word, words within a row of the new state, rows within a step."""
        schedule = self.schedule
        m.submodules.word = word = RowCounter(schedule.words)
        m.submodules.row_counter = row = RowCounter(schedule.rows)
        page = Signal(name="read_page")
        last_slot = slot.count == schedule.slots - 1
        m.d.comb += [
            self.begins.eq((slot.count == 0) & (word.count == 0)),
            self.ends.eq(last_slot & (word.count == schedule.words - 1)),
            self.final.eq(self.ends & (row.count == schedule.rows - 1)),
            slot.enable.eq(self.issue),
            word.enable.eq(self.issue & last_slot),
            row.enable.eq(self.issue & self.ends),
        ]
        with m.If(self.issue & self.final):
            m.d.sync += page.eq(~page)
        return Cat(word.count, page)

    def _write_address(self, m: Module) -> tuple[Value, Signal]:
        """Banks within a word, words within a state; the address and the bank."""
        banks, words = self.schedule.banks, self.schedule.words
        bank = Signal(range(banks))
        word = Signal(range(words))
        page = Signal(name="write_page", init=1)
        with m.If(self.write):
            with m.If((word == words - 1) & (bank == (self.schedule.rows - 1) % banks)):
                m.d.sync += [bank.eq(0), word.eq(0), page.eq(~page)]
            with m.Elif(bank == banks - 1):
                m.d.sync += [bank.eq(0), word.eq(word + 1)]
            with m.Else():
                m.d.sync += bank.eq(bank + 1)
        return Cat(word, page), bank
