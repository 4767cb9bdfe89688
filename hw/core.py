"""The core: the integer network as a streaming datapath, and its AXI-Stream top level."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import FrozenNetwork
from .channel import channel_bits, row_layout, words_of
from .data_sheet import DataSheet
from .family import family_of
from .inputs.column_memory import ColumnMemory
from .inputs.folded_product import FoldedProduct
from .inputs.index_collector import IndexCollector, column_layout
from .inputs.input_format import bytes_for
from .inputs.input_product import InputProduct, step_layout
from .inputs.interleaver import Interleaver
from .inputs.part_selector import PartSelector
from .inputs.step_collector import StepCollector
from .inputs.step_memory import FLAGS, StepMemory
from .inputs.step_register import StepRegister
from .parameters import CoreParameters
from .read_out.arg_max import ArgMax
from .read_out.every import ReadOutEvery
from .read_out.last import ReadOutLast
from .read_out.read_out import logit_layout
from .row_layouts import state_layout
from .stream_buffer import StreamBuffer


class HadamardCore(wiring.Component):
    """A frozen network, of whatever family, behind AXI4-Stream ports.

    Throughput: one step in ``data_sheet.cycles_per_step`` clocks while the source and the sinks keep up. Latency: a
    result's last beat is transferred ``data_sheet.sequence_latency(T)`` clocks after the first beat of its sequence of
    T steps.

    Parameters
    ----------
    network : FrozenNetwork
    parameters : CoreParameters

    Members
    -------
    s_axis_tdata, s_axis_tvalid, s_axis_tready, s_axis_tlast
        E input elements per beat, ceil(m / E) beats a step, or one index; ``tlast`` with the last beat of a sequence.
    m_axis_tdata, m_axis_tvalid, m_axis_tready, m_axis_tlast
        Results, of the last step or of every step. ``logits``: o beats, logit 0 first, ``tlast`` with the last;
        ``class``: one beat, ``tlast`` with the last result of a sequence.
    m_trace_tdata, m_trace_tvalid, m_trace_tready, m_trace_tlast
        Only where ``parameters.trace``: every row after every step, ``tlast`` with the last row of each step.
    error : ``Out(C)``
        High for one clock where ``tlast`` came in the middle of a step, or an index was m or more.

    With several channels C there are ``s0_axis_tdata`` … in place of ``s_axis_tdata`` …, one input port a channel, bit
    c of ``error`` is channel c's, and ``m_axis_tid`` and ``m_trace_tid`` say whose a beat is.

    Attributes
    ----------
    data_sheet : DataSheet

    Raises
    ------
    InputError
        Parameters that do not fit the network.
    """

    def __init__(self, network: FrozenNetwork, parameters: CoreParameters) -> None:
        self.network = network
        self.parameters = parameters
        self.data_sheet = sheet = DataSheet(network, parameters)
        tid = channel_bits(parameters.channels)
        members = {}
        for port in sheet.input_ports:
            members |= {
                f"{port}_tdata": In(8 * sheet.input_bytes),
                f"{port}_tvalid": In(1),
                f"{port}_tready": Out(1),
                f"{port}_tlast": In(1),
            }
        members |= {
            "m_axis_tdata": Out(8 * sheet.output_bytes),
            "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            "m_axis_tlast": Out(1),
            **({"m_axis_tid": Out(tid)} if tid else {}),
            "error": Out(parameters.channels),
        }
        if parameters.trace:
            members |= {
                "m_trace_tdata": Out(8 * sheet.trace_bytes),
                "m_trace_tvalid": Out(1),
                "m_trace_tready": In(1),
                "m_trace_tlast": Out(1),
                **({"m_trace_tid": Out(tid)} if tid else {}),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        channels = self.parameters.channels
        m.submodules.recurrence = recurrence = family_of(self.network).recurrence(self.network, self.parameters)
        kind = ReadOutLast if self.network.readout == "last" else ReadOutEvery
        m.submodules.read_out = read_out = kind(
            self.network, self.parameters.lanes, self.parameters.readout_multipliers, channels
        )
        wiring.connect(m, self._connect_input(m), recurrence.drive)
        wiring.connect(m, recurrence.last_state, read_out.state)
        result = read_out.logits
        if self.parameters.output == "class":
            m.submodules.arg_max = arg_max = ArgMax(self.network, channels)
            wiring.connect(m, result, arg_max.logits)
            result = arg_max.best
            payload = result.payload.index
        else:
            if self.network.readout == "every":  # whose products wait for `ready`: it shall be a register
                m.submodules.result_buffer = buffer = StreamBuffer(logit_layout(self.network, channels))
                wiring.connect(m, result, buffer.input)
                result = buffer.output
            payload = result.payload.logit
        m.d.comb += [
            self.m_axis_tdata.eq(payload),  # sign-extended where it is signed
            self.m_axis_tvalid.eq(result.valid),
            self.m_axis_tlast.eq(result.payload.last),
            result.ready.eq(self.m_axis_tready),
        ]
        if channels > 1:
            m.d.comb += self.m_axis_tid.eq(result.payload.channel)
        if self.parameters.trace:
            self._connect_trace(m, recurrence.trace)
        return m

    def _connect_input(self, m: Module) -> stream.Interface:
        """The input ports and what makes rows of drive of their beats; returns the stream of the rows."""
        network, form, lanes = self.network, self.data_sheet.input_format, self.parameters.lanes
        rows, channels = self.data_sheet.schedule.rows, self.parameters.channels
        if channels > 1:
            return self._connect_folded_channels(m) if form.fold > 1 else self._connect_channels(m)
        if form.fold > 1:
            m.submodules.step_memory = collector = StepMemory(network, form, rows)
            m.submodules.folded_product = product = FoldedProduct(network, form, lanes)
            wiring.connect(m, collector.part, product.part)
        else:
            if network.input_kind == "index":
                m.submodules.index_collector = collector = IndexCollector(network, form, rows)
                m.submodules.column_memory = product = ColumnMemory(network, lanes)
            else:
                m.submodules.step_collector = collector = StepCollector(network, form)
                m.submodules.input_product = product = InputProduct(network, lanes)
            m.submodules.step_buffer = step_buffer = StreamBuffer(product.step.payload.shape())
            wiring.connect(m, collector.step, step_buffer.input)
            wiring.connect(m, step_buffer.output, product.step)
        self._connect_port(m, "s_axis", collector.beat)
        m.d.comb += self.error.eq(collector.error)
        return product.drive

    def _connect_port(self, m: Module, port: str, beat: stream.Interface) -> None:
        m.d.comb += [
            beat.valid.eq(getattr(self, f"{port}_tvalid")),
            beat.payload.elements.as_value().eq(getattr(self, f"{port}_tdata")),
            beat.payload.last.eq(getattr(self, f"{port}_tlast")),
            getattr(self, f"{port}_tready").eq(beat.ready),
        ]

    def _connect_channels(self, m: Module) -> stream.Interface:
        """A port, a collector and a place for a step of each channel; one product of inputs for all."""
        network, form, lanes = self.network, self.data_sheet.input_format, self.parameters.lanes
        rows, channels = self.data_sheet.schedule.rows, self.parameters.channels
        index = network.input_kind == "index"
        layout = column_layout(network, rows) if index else step_layout(network)
        m.submodules.interleaver = interleaver = Interleaver(layout, channels)
        for channel in range(channels):
            collector = IndexCollector(network, form, rows) if index else StepCollector(network, form)
            m.submodules[f"collector_{channel}"] = collector
            m.submodules[f"step_register_{channel}"] = register = StepRegister(layout)
            wiring.connect(m, collector.step, register.input)
            wiring.connect(m, register.output, interleaver.steps[channel])
            self._connect_channel(m, channel, collector, interleaver)
        m.submodules.slot_buffer = buffer = StreamBuffer(interleaver.slot.payload.shape())
        product = ColumnMemory(network, lanes, channels) if index else InputProduct(network, lanes, channels)
        m.submodules.input_product = product
        wiring.connect(m, interleaver.slot, buffer.input)
        wiring.connect(m, buffer.output, product.step)
        return product.drive

    def _connect_folded_channels(self, m: Module) -> stream.Interface:
        """A port and a memory of elements of each channel; the parts of the one whose slot it is go to one product."""
        network, form, channels = self.network, self.data_sheet.input_format, self.parameters.channels
        rows = self.data_sheet.schedule.rows
        m.submodules.interleaver = interleaver = Interleaver(FLAGS, channels)
        m.submodules.slot_buffer = buffer = StreamBuffer(interleaver.slot.payload.shape())
        m.submodules.part_selector = selector = PartSelector(network, form, rows, channels)
        m.submodules.folded_product = product = FoldedProduct(network, form, self.parameters.lanes, channels)
        for channel in range(channels):
            m.submodules[f"step_memory_{channel}"] = memory = StepMemory(network, form, rows)
            wiring.connect(m, memory.step, interleaver.steps[channel])
            wiring.connect(m, memory.part, selector.parts[channel])
            self._connect_channel(m, channel, memory, interleaver)
        wiring.connect(m, interleaver.slot, buffer.input)
        wiring.connect(m, buffer.output, selector.slot)
        wiring.connect(m, selector.part, product.part)
        return product.drive

    def _connect_channel(
        self, m: Module, channel: int, collector: StepCollector | IndexCollector | StepMemory, interleaver: Interleaver
    ) -> None:
        self._connect_port(m, self.data_sheet.input_ports[channel], collector.beat)
        m.d.comb += [
            interleaver.in_sequence[channel].eq(collector.in_sequence),
            self.error[channel].eq(collector.error),
        ]

    def _connect_trace(self, m: Module, trace: stream.Interface) -> None:
        network, rows = self.network, self.data_sheet.schedule.rows
        layout = row_layout(state_layout(network, self.parameters.lanes), self.parameters.channels)
        m.submodules.trace_buffer = buffer = StreamBuffer(layout)
        wiring.connect(m, trace, buffer.input)
        row = Signal(range(rows))
        last = row == rows - 1
        words = data.ArrayLayout(signed(8 * bytes_for(network.state_bits)), self.parameters.lanes)
        extended = data.View(words, self.m_trace_tdata)
        m.d.comb += [
            self.m_trace_tvalid.eq(buffer.output.valid),
            self.m_trace_tlast.eq(last),
            buffer.output.ready.eq(self.m_trace_tready),
        ]
        states = words_of(buffer.output.payload)
        m.d.comb += [extended[lane].eq(states[lane]) for lane in range(self.parameters.lanes)]
        if self.parameters.channels > 1:
            m.d.comb += self.m_trace_tid.eq(buffer.output.payload.channel)
        with m.If(self.m_trace_tvalid & self.m_trace_tready):
            m.d.sync += row.eq(Mux(last, 0, row + 1))
