"""The core: the integer network as a streaming datapath, and its AXI-Stream top level."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import IntegerNetwork
from .data_sheet import DataSheet
from .input_product import InputProduct, step_layout
from .parameters import CoreParameters
from .read_out import ArgMax, ReadOut
from .recurrence import Recurrence, state_layout
from .step_collector import StepCollector, bytes_for
from .stream_buffer import StreamBuffer


class HadamardCore(wiring.Component):
    """A Hadamard RNN behind AXI4-Stream ports.

    Throughput: one step in ``data_sheet.cycles_per_step`` clocks while the source and the sinks keep up. Latency: a
    result's last beat is transferred ``data_sheet.sequence_latency(T)`` clocks after the first beat of its sequence of
    T steps.

    Parameters
    ----------
    network : IntegerNetwork
    parameters : CoreParameters

    Members
    -------
    s_axis_tdata, s_axis_tvalid, s_axis_tready, s_axis_tlast
        One input element per beat, m beats a step; ``tlast`` with the last beat of a sequence.
    m_axis_tdata, m_axis_tvalid, m_axis_tready, m_axis_tlast
        Results. ``logits``: o beats, logit 0 first, ``tlast`` with the last; ``class``: one beat with ``tlast``.
    m_trace_tdata, m_trace_tvalid, m_trace_tready, m_trace_tlast
        Only where ``parameters.trace``: every row after every step, ``tlast`` with the last row of each step.
    error : ``Out(1)``
        High for one clock where ``tlast`` came in the middle of a step.

    Attributes
    ----------
    data_sheet : DataSheet

    Raises
    ------
    InputError
        Parameters that do not fit the network.
    """

    def __init__(self, network: IntegerNetwork, parameters: CoreParameters) -> None:
        self.network = network
        self.parameters = parameters
        self.data_sheet = sheet = DataSheet(network, parameters)
        members = {
            "s_axis_tdata": In(8 * sheet.input_bytes),
            "s_axis_tvalid": In(1),
            "s_axis_tready": Out(1),
            "s_axis_tlast": In(1),
            "m_axis_tdata": Out(8 * sheet.output_bytes),
            "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            "m_axis_tlast": Out(1),
            "error": Out(1),
        }
        if parameters.trace:
            members |= {
                "m_trace_tdata": Out(8 * sheet.trace_bytes),
                "m_trace_tvalid": Out(1),
                "m_trace_tready": In(1),
                "m_trace_tlast": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.step_collector = collector = StepCollector(self.network)
        m.submodules.input_product = product = InputProduct(self.network, self.parameters.lanes)
        m.submodules.recurrence = recurrence = Recurrence(self.network, self.parameters)
        m.submodules.read_out = read_out = ReadOut(
            self.network, self.parameters.lanes, self.parameters.readout_multipliers
        )
        m.submodules.step_buffer = step_buffer = StreamBuffer(step_layout(self.network))
        wiring.connect(m, collector.step, step_buffer.input)
        wiring.connect(m, step_buffer.output, product.step)
        wiring.connect(m, product.drive, recurrence.drive)
        wiring.connect(m, recurrence.last_state, read_out.state)
        m.d.comb += [
            collector.beat.valid.eq(self.s_axis_tvalid),
            collector.beat.payload.element.eq(self.s_axis_tdata),
            collector.beat.payload.last.eq(self.s_axis_tlast),
            self.s_axis_tready.eq(collector.beat.ready),
            self.error.eq(collector.error),
        ]
        result = read_out.logits
        payload, last = result.payload.logit, result.payload.last
        if self.parameters.output == "class":
            m.submodules.arg_max = arg_max = ArgMax(self.network)
            wiring.connect(m, read_out.logits, arg_max.logits)
            result, payload, last = arg_max.best, arg_max.best.payload, 1
        m.d.comb += [
            self.m_axis_tdata.eq(payload),  # sign-extended where it is signed
            self.m_axis_tvalid.eq(result.valid),
            self.m_axis_tlast.eq(last),
            result.ready.eq(self.m_axis_tready),
        ]
        if self.parameters.trace:
            self._connect_trace(m, recurrence.trace)
        return m

    def _connect_trace(self, m: Module, trace: stream.Interface) -> None:
        network, rows = self.network, self.data_sheet.schedule.rows
        m.submodules.trace_buffer = buffer = StreamBuffer(state_layout(network, self.parameters.lanes))
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
        m.d.comb += [extended[lane].eq(buffer.output.payload[lane]) for lane in range(self.parameters.lanes)]
        with m.If(self.m_trace_tvalid & self.m_trace_tready):
            m.d.sync += row.eq(Mux(last, 0, row + 1))
