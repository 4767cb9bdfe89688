"""The core: the integer network as a streaming datapath, and its AXI-Stream top level."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import IntegerNetwork
from .input_product import InputProduct, step_layout
from .parameters import CoreParameters
from .read_out import ArgMax, ReadOut
from .recurrence import Recurrence, state_layout
from .schedule import Schedule
from .step_collector import StepCollector, bytes_for
from .stream_buffer import StreamBuffer
from .widths import Widths


class HadamardCore(wiring.Component):
    """A Hadamard RNN behind AXI4-Stream ports.

    Throughput: one step in ``cycles_per_step`` clocks while the source and the sinks keep up. Latency: a result's
    last beat is transferred ``sequence_latency(T)`` clocks after the first beat of its sequence of T steps.

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

    Raises
    ------
    InputError
        Parameters that do not fit the network.
    """

    def __init__(self, network: IntegerNetwork, parameters: CoreParameters) -> None:
        parameters.check(network)
        self.network = network
        self.parameters = parameters
        self.schedule = Schedule.of(network, parameters)
        self.input_bytes = bytes_for(network.input_bits)
        self.output_bits = (
            max(network.output_size - 1, 1).bit_length() if parameters.output == "class" else Widths.of(network).logit
        )
        self.output_bytes = bytes_for(self.output_bits)
        self.trace_bytes = parameters.lanes * bytes_for(network.state_bits)
        members = {
            "s_axis_tdata": In(8 * self.input_bytes),
            "s_axis_tvalid": In(1),
            "s_axis_tready": Out(1),
            "s_axis_tlast": In(1),
            "m_axis_tdata": Out(8 * self.output_bytes),
            "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            "m_axis_tlast": Out(1),
            "error": Out(1),
        }
        if parameters.trace:
            members |= {
                "m_trace_tdata": Out(8 * self.trace_bytes),
                "m_trace_tvalid": Out(1),
                "m_trace_tready": In(1),
                "m_trace_tlast": Out(1),
            }
        super().__init__(members)
        self.input_product = InputProduct(network, parameters.lanes)
        self.read_out = ReadOut(network, parameters.lanes, parameters.readout_multipliers)

    @property
    def cycles_per_step(self) -> int:
        """Clocks from a step to the next within a sequence: the ring, or the m beats of a step if those take longer."""
        return max(self.schedule.cycles_per_step, self.network.input_size)

    def sequence_latency(self, steps: int) -> int:
        """Clocks from the first input beat of a sequence to the last beat of its result.

        Counted between the clock edges of the two transfers, for a core that has been idle, with the source always
        valid and the sink always ready. The first step is through the input product while the ring turns, every row
        of the last step takes ``fold`` clocks of the read-out, and the result leaves beat by beat.
        """
        first_row = (self.network.input_size - 1) + self.input_product.latency + 1
        last_row = first_row + (steps - 1) * self.cycles_per_step + self.schedule.rows * self.read_out.fold
        results = self.network.output_size - 1
        if self.parameters.output == "class":
            results = 2 * self.network.output_size
        return last_row + self.read_out.latency + results

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.step_collector = collector = StepCollector(self.network)
        m.submodules.input_product = product = self.input_product
        m.submodules.recurrence = recurrence = Recurrence(self.network, self.parameters)
        m.submodules.read_out = read_out = self.read_out
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
        network, rows = self.network, self.schedule.rows
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
