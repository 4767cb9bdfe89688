"""What a core promises: the widths of its ports and its cycles, without building it."""

from ..quant.integer import IntegerNetwork
from .input_product import input_latency
from .parameters import CoreParameters
from .read_out import read_out_fold, read_out_latency
from .schedule import Schedule
from .step_collector import bytes_for
from .widths import Widths


class DataSheet:
    """Ports and cycles of a core.

    Parameters
    ----------
    network : IntegerNetwork
    parameters : CoreParameters

    Attributes
    ----------
    schedule : Schedule
    widths : Widths
    input_bytes : bytes of one input element, a beat of ``s_axis``
    output_bits, output_bytes : of a beat of ``m_axis``
    trace_bytes : of a beat of ``m_trace``, all lanes

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
        self.widths = Widths.of(network)
        self.input_bytes = bytes_for(network.input_bits)
        self.output_bits = (
            max(network.output_size - 1, 1).bit_length() if parameters.output == "class" else self.widths.logit
        )
        self.output_bytes = bytes_for(self.output_bits)
        self.trace_bytes = parameters.lanes * bytes_for(network.state_bits)

    @property
    def cycles_per_step(self) -> int:
        """Clocks from a step to the next within a sequence: the ring, or the m beats of a step if those take longer."""
        return max(self.schedule.cycles_per_step, self.network.input_size)

    @property
    def read_out_fold(self) -> int:
        """Clocks that the read-out takes for each row of the last step."""
        return read_out_fold(self.network, self.parameters.readout_multipliers)

    def sequence_latency(self, steps: int) -> int:
        """Clocks from the first input beat of a sequence to the last beat of its result.

        Counted between the clock edges of the two transfers, for a core that has been idle, with the source always
        valid and the sink always ready. The first step is through the input product while the ring turns, every row
        of the last step takes ``read_out_fold`` clocks, and the result leaves beat by beat.
        """
        first_row = (self.network.input_size - 1) + input_latency(self.network) + 1
        last_row = first_row + (steps - 1) * self.cycles_per_step + self.schedule.rows * self.read_out_fold
        results = self.network.output_size - 1
        if self.parameters.output == "class":
            results = 2 * self.network.output_size
        return last_row + read_out_latency(self.parameters.lanes) + results
