"""The input side for indices: row by row, bias plus a column of U, ahead of the recurrence."""

import numpy as np
from amaranth.hdl import Const, Module, Signal, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork, shift_round
from ..channel import copied, slot_fields
from ..coefficient_memory import CoefficientMemory, pack
from ..row_counter import RowCounter
from ..row_layouts import drive_layout
from ..widths import Widths
from .index_collector import column_layout
from .input_product import bias_layout, bias_words, copied_signs
from .interleaver import slot_layout


def column_words(network: FrozenNetwork, lanes: int) -> tuple[list[int], int]:
    """The memory of columns: m · R words of P entries each, and the bits of an entry.

    A right shift (negative f), with its rounding, is done here once and for all; a left shift is only wires.
    """
    entries = shift_round(network.input_weight.astype(np.int64), min(network.input_shift, 0))
    bits = column_bits(network)
    rows = entries.T.reshape(-1, lanes).tolist()
    return [pack([(entry, bits) for entry in row]) for row in rows], bits


def column_bits(network: FrozenNetwork) -> int:
    """Bits of one entry of the memory of columns: the narrowest that hold all of them."""
    return Widths.of(network).product_sum


class ColumnMemory(wiring.Component):
    """Turns each index into R = d/P rows of ``values = bias + shift(U[:, index], f)``, rounded half to even, exact.

    The columns are in one memory at index · R + row; biases and signs are in one of their own, R words.

    Latency: 4 clocks from a step to its first row. Throughput: one row per clock; a step is taken with its last row. A
    pipeline that moves whenever its output is empty or taken.

    Parameters
    ----------
    network : FrozenNetwork
    lanes : int
    channels : int
        C.

    Members
    -------
    step : ``In(stream.Signature(column_layout(network, rows)))``
        For several channels slots, ``slot_layout(column_layout(network, rows), channels)``. A void one is one row.
    drive : ``Out(stream.Signature(drive_layout(network, lanes, channels)))``
    """

    def __init__(self, network: FrozenNetwork, lanes: int, channels: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.rows = network.hidden_size // lanes
        self.slot = slot_fields(channels)
        step = column_layout(network, self.rows)
        super().__init__(
            {
                "step": In(stream.Signature(step if channels == 1 else slot_layout(step, channels))),
                "drive": Out(stream.Signature(drive_layout(network, lanes, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        enable = Signal()
        last_row = Signal(init=self.rows == 1)
        issue, through = enable & self.step.valid, last_row
        if self.slot:
            issue, through = issue & ~self.step.payload.void, last_row | self.step.payload.void
        m.submodules.row_counter = row = RowCounter(self.rows)
        m.d.comb += [
            enable.eq(~self.drive.valid | self.drive.ready),
            row.enable.eq(issue),
            self.step.ready.eq(enable & through),
        ]
        with m.If(issue):
            m.d.sync += last_row.eq(row.next_count == self.rows - 1)

        # Address, column, register: three places of a pipeline with the flags beside them.
        base = self.step.payload.base
        address = Signal.like(base, name="address", reset_less=True)
        valid = [Signal(name=f"{name}_valid") for name in ("address", "column", "register")]
        names = ("first", "last", *self.slot)
        layout = data.StructLayout({"first": 1, "last": 1} | self.slot)
        flags = [Signal(layout, name=f"{name}_flags", reset_less=True) for name in ("address", "column", "register")]
        with m.If(enable):
            if self.rows & (self.rows - 1):
                m.d.sync += address.eq(base + row.count)
            else:
                m.d.sync += address.eq(base | row.count)
            m.d.sync += [valid[0].eq(self.step.valid), valid[1].eq(valid[0]), valid[2].eq(valid[1])]
            m.d.sync += copied(flags[0], self.step.payload, names)
            m.d.sync += [flags[1].eq(flags[0]), flags[2].eq(flags[1])]
        words, bits = column_words(self.network, self.lanes)
        entries = data.ArrayLayout(signed(bits), self.lanes)
        column = Signal(entries, name="column", reset_less=True)
        read = self._column(m, words, bits * self.lanes, address, enable)
        with m.If(enable):
            m.d.sync += column.as_value().eq(read)
        m.submodules.biases = biases = CoefficientMemory(*bias_words(self.network, self.lanes))
        m.d.comb += biases.advance.eq(enable & valid[1] & ~flags[1].void if self.slot else enable & valid[1])
        bias = biases.registered(m, enable, bias_layout(self.network, self.lanes))

        payload = Signal(self.drive.payload.shape(), name="drive_register", reset_less=True)
        m.d.comb += self.drive.payload.eq(payload)
        with m.If(enable):
            m.d.sync += [self.drive.valid.eq(valid[2]), *copied(payload, flags[2], names)]
            m.d.sync += copied_signs(self.network, payload, bias)
            for lane in range(self.lanes):
                value = column[lane] << max(self.network.input_shift, 0)
                m.d.sync += payload["values"][lane].eq(bias[lane].bias + value)
        return m

    def _column(self, m: Module, words: list[int], bits: int, address: Signal, enable: Signal) -> Signal:
        """The word at ``address``, one enabled clock later; a single word is a constant."""
        if len(words) == 1:
            return Const(words[0], bits)
        m.submodules.columns = columns = memory.Memory(shape=bits, depth=len(words), init=words)
        read = columns.read_port()
        m.d.comb += [read.addr.eq(address), read.en.eq(enable)]
        return read.data
