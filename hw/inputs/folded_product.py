"""The input side where products are folded: the elements of a step in F parts, one per clock, for each row."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..channel import copied, slot_fields
from ..coefficient_memory import CoefficientMemory, part_words
from ..registered_sum import registered_sum
from ..row_counter import RowCounter
from ..row_layouts import drive_layout
from ..widths import Widths
from .input_format import InputFormat
from .input_product import bias_layout, bias_words, copied_signs, shifted
from .step_memory import part_layout


class FoldedProduct(wiring.Component):
    """Turns the R · F parts of each step into R = d/P rows of ``values = bias + shift(U x, f)``, half to even, exact.

    M products per clock and lane are added to an accumulator, which begins anew with each row.

    Latency: ``latency`` clocks from the last part of a row to the row. Throughput: one part per clock. A pipeline that
    moves whenever its output is empty or taken: while a row waits, the parts of the next fill it. A ``void`` part is a
    row by itself and uses no coefficients.

    Parameters
    ----------
    network : FrozenNetwork
    form : InputFormat
    lanes, channels : int
        P and C.

    Members
    -------
    part : ``In(stream.Signature(part_layout(network, form, channels)))``
    drive : ``Out(stream.Signature(drive_layout(network, lanes, channels)))``

    Attributes
    ----------
    latency : int
        4 + ceil(log2 M): the coefficients, the products, one clock per level of their sum, the accumulator, the shift
        with the bias.
    """

    def __init__(self, network: FrozenNetwork, form: InputFormat, lanes: int, channels: int = 1) -> None:
        self.network = network
        self.form = form
        self.lanes = lanes
        self.slot = slot_fields(channels)
        self.latency = 4 + (form.multipliers - 1).bit_length()
        super().__init__(
            {
                "part": In(stream.Signature(part_layout(network, form, channels))),
                "drive": Out(stream.Signature(drive_layout(network, lanes, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, lanes = self.network, self.lanes
        enable = Signal()
        m.d.comb += [enable.eq(~self.drive.valid | self.drive.ready), self.part.ready.eq(enable)]

        # A part and its coefficients, and where in the row it is.
        m.submodules.coefficients = coefficients = self._coefficients()
        m.submodules.place = place = RowCounter(self.form.fold)
        taken = enable & self.part.valid
        if self.slot:
            taken &= ~self.part.payload.void
        m.d.comb += [coefficients.advance.eq(taken), place.enable.eq(taken)]
        valid = Signal(name="issued_valid")
        issued = Signal(self.part.payload.shape(), name="issued", reset_less=True)
        marks = ("first", "last", *self.slot)
        fields = dict.fromkeys(("begins", "ends", "first", "last"), 1) | self.slot
        flags = Signal(data.StructLayout(fields), name="flags", reset_less=True)
        ends = place.count == self.form.fold - 1
        if self.slot:
            ends |= self.part.payload.void
        word = coefficients.registered(m, enable, self._word_layout())
        with m.If(enable):
            m.d.sync += [
                valid.eq(self.part.valid),
                issued.eq(self.part.payload),
                flags.begins.eq(place.count == 0),
                flags.ends.eq(ends),
                *copied(flags, self.part.payload, marks),
            ]
        terms = [[word[lane][j] * issued.elements[j] for j in range(self.form.multipliers)] for lane in range(lanes)]
        sums, flags, valid = registered_sum(m, enable, terms, flags, valid)

        # The sum of a row, and then its bias, which is in a memory of its own: one word for F of the coefficients.
        m.submodules.biases = biases = CoefficientMemory(*bias_words(network, lanes))
        advance = enable & valid & flags.ends
        m.d.comb += biases.advance.eq(advance & ~flags.void if self.slot else advance)
        bias = biases.registered(m, enable, bias_layout(network, lanes))
        width = signed(Widths.of(network).product_sum)
        totals = [Signal(width, name=f"accumulator_{lane}", reset_less=True) for lane in range(lanes)]
        whole = Signal()
        of_row = {mark: Signal(fields[mark], name=mark, reset_less=True) for mark in marks}
        with m.If(enable):
            m.d.sync += [whole.eq(valid & flags.ends), *(signal.eq(flags[mark]) for mark, signal in of_row.items())]
            with m.If(valid):
                m.d.sync += [total.eq(Mux(flags.begins, 0, total) + sums[i]) for i, total in enumerate(totals)]

        payload = Signal(self.drive.payload.shape(), name="drive_register", reset_less=True)
        m.d.comb += self.drive.payload.eq(payload)
        with m.If(enable):
            m.d.sync += [self.drive.valid.eq(whole), *(payload[mark].eq(signal) for mark, signal in of_row.items())]
            m.d.sync += copied_signs(network, payload, bias)
            for lane in range(lanes):
                m.d.sync += payload["values"][lane].eq(bias[lane].bias + shifted(network, totals[lane]))
        return m

    def _word_layout(self) -> data.ArrayLayout:
        return data.ArrayLayout(data.ArrayLayout(signed(self.network.weight_bits), self.form.multipliers), self.lanes)

    def _coefficients(self) -> CoefficientMemory:
        bits, multipliers = self.network.weight_bits, self.form.multipliers
        words = part_words(self.network.input_weight, self.lanes, multipliers, bits)
        return CoefficientMemory(words, self.lanes * multipliers * bits)
