"""The input port where products are folded: beats go into a memory of two steps, which is read once for each row."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..channel import slot_fields
from .input_format import InputFormat
from .step_collector import beat_layout

FLAGS = data.StructLayout({"first": 1})
"""What is said of a step ahead of its parts: whether it is the ``first`` of its sequence."""


def part_layout(network: FrozenNetwork, form: InputFormat, channels: int = 1) -> data.StructLayout:
    """The elements that are multiplied in one clock, the flags of their step, and of several channels its slot."""
    element = signed(network.input_bits) if network.input_signed else unsigned(network.input_bits)
    fields = {"elements": data.ArrayLayout(element, form.multipliers), "first": 1, "last": 1}
    return data.StructLayout(fields | slot_fields(channels))


class StepMemory(wiring.Component):
    """Keeps the elements of two steps: one is read, row after row, while the beats of the next arrive.

    Each step is given out R times in F parts of M elements: part p holds the elements p·M to (p + 1)·M − 1, those
    beyond the last one 0. Malformed sequences are dropped as by
    :class:`~hadamrnn.hw.inputs.step_collector.StepCollector`.

    Latency: the first part of a step is offered one clock after its last beat, and a page takes beats again in the
    clock after its last part has been read: with one part a clock, a step takes max(B, R · F) clocks. ``beat.ready``
    is a register.

    Parameters
    ----------
    network : FrozenNetwork
    form : InputFormat
        E must divide M, or M divide E.
    rows : int
        R.

    Members
    -------
    beat : ``In(stream.Signature(beat_layout(form)))``
    part : ``Out(stream.Signature(part_layout(network, form)))``
    step : ``Out(stream.Signature(FLAGS))``
        Each step once, from one clock after its last beat on, for a choice between channels: none of its parts but the
        first may be taken before it. Where there is nothing to choose it may be left alone.
    error : ``Out(1)``
    in_sequence : ``Out(1)``
        Whether further steps of the sequence of the last step at ``step`` are to come.
    """

    def __init__(self, network: FrozenNetwork, form: InputFormat, rows: int) -> None:
        self.network = network
        self.form = form
        self.rows = rows
        # A word holds the elements of one beat. Where that is fewer than M, as many banks are read at once.
        self.banks = max(form.multipliers // form.beat_elements, 1)
        self.slots = max(form.beat_elements // form.multipliers, 1)
        self.words = -(-form.beats_per_step // self.banks)
        super().__init__(
            {
                "beat": In(stream.Signature(beat_layout(form))),
                "part": Out(stream.Signature(part_layout(network, form))),
                "step": Out(stream.Signature(FLAGS)),
                "error": Out(1),
                "in_sequence": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        full = Signal(range(3))  # pages that hold a step
        filled = Signal()
        emptied = Signal()
        m.d.sync += full.eq(full + filled - emptied)
        m.d.comb += self.beat.ready.eq(~full[1])
        first = Signal(2, reset_less=True)
        last = Signal(2, reset_less=True)
        ports = []
        for bank in range(self.banks):
            buffer = memory.Memory(
                shape=self.form.beat_elements * self.network.input_bits,
                depth=2 << (self.words - 1).bit_length(),
                init=[],
            )
            m.submodules[f"bank_{bank}"] = buffer
            ports.append((buffer.read_port(), buffer.write_port()))
        self._write(m, [write for _, write in ports], filled, first, last)
        self._read(m, [read for read, _ in ports], full != 0, emptied, first, last)
        self._offer(m, filled, first)
        return m

    def _write(self, m: Module, ports: list, filled: Signal, first: Signal, last: Signal) -> None:
        beat, bits, per_beat = self.beat, self.network.input_bits, self.form.beat_elements
        page = Signal()
        begins = Signal(init=1)
        bank = Signal(range(self.banks))
        word = Signal(range(self.words))
        taken = beat.valid & beat.ready
        complete = Signal()
        beats = self.form.beats_per_step
        m.d.comb += complete.eq((word == self.words - 1) & (bank == (beats - 1) % self.banks))
        used = self.network.input_size - (beats - 1) * per_beat  # elements of a step's last beat
        elements = [beat.payload.elements[j][:bits] for j in range(per_beat)]
        elements[used:] = [Mux(complete, 0, element) for element in elements[used:]]
        for number, port in enumerate(ports):
            m.d.comb += [
                port.addr.eq(Cat(word[: (self.words - 1).bit_length()], page)),
                port.data.eq(Cat(elements)),
                port.en.eq(taken & (bank == number)),
            ]
        m.d.comb += [filled.eq(taken & complete), self.in_sequence.eq(~begins)]
        m.d.sync += self.error.eq(taken & beat.payload.last & ~complete)
        with m.If(taken):
            with m.If(bank == self.banks - 1):
                m.d.sync += [bank.eq(0), word.eq(word + 1)]
            with m.Else():
                m.d.sync += bank.eq(bank + 1)
            with m.If(complete | beat.payload.last):
                m.d.sync += [bank.eq(0), word.eq(0), begins.eq(beat.payload.last)]
        with m.If(filled):
            m.d.sync += page.eq(~page)
            for number in range(2):
                with m.If(page == number):
                    m.d.sync += [first[number].eq(begins), last[number].eq(beat.payload.last)]

    def _read(self, m: Module, ports: list, waiting: Signal, emptied: Signal, first: Signal, last: Signal) -> None:
        part, bits = self.part, self.network.input_bits
        page = Signal()
        slot = Signal(range(self.slots))
        word = Signal(range(self.words))
        row = Signal(range(self.rows))
        enable = Signal()
        issue = Signal()
        final = Signal()
        m.d.comb += [
            enable.eq(~part.valid | part.ready),
            issue.eq(enable & waiting),
            final.eq((word == self.words - 1) & (slot == (self.form.fold - 1) % self.slots)),
            emptied.eq(issue & final & (row == self.rows - 1)),
        ]
        with m.If(issue):
            with m.If(slot == self.slots - 1):
                m.d.sync += [slot.eq(0), word.eq(word + 1)]
            with m.Else():
                m.d.sync += slot.eq(slot + 1)
            with m.If(final):
                m.d.sync += [slot.eq(0), word.eq(0), row.eq(Mux(row == self.rows - 1, 0, row + 1))]
        with m.If(emptied):
            m.d.sync += page.eq(~page)
        for port in ports:
            m.d.comb += [port.addr.eq(Cat(word[: (self.words - 1).bit_length()], page)), port.en.eq(enable)]
        chosen = Signal(range(self.slots), reset_less=True)
        flags = Signal(2, reset_less=True)
        with m.If(enable):
            m.d.sync += [part.valid.eq(issue), chosen.eq(slot)]
            m.d.sync += flags.eq(Mux(page, Cat(first[1], last[1]), Cat(first[0], last[0])))
        read, width = Cat(port.data for port in ports), self.form.multipliers * bits
        with m.Switch(chosen):
            for number in range(self.slots):
                with m.Case(number):
                    m.d.comb += part.payload.elements.as_value().eq(read[number * width : (number + 1) * width])
        m.d.comb += [
            part.payload.first.eq(flags[0]),
            part.payload.last.eq(flags[1]),
        ]

    def _offer(self, m: Module, filled: Signal, first: Signal) -> None:
        step = self.step
        page = Signal(name="offered_page")
        offered = Signal(range(3), name="steps_offered")
        taken = step.valid & step.ready
        m.d.comb += [step.valid.eq(offered != 0), step.payload.first.eq(Mux(page, first[1], first[0]))]
        m.d.sync += [offered.eq(offered + filled - taken), page.eq(page ^ taken)]
