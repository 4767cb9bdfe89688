"""What a core promises: the widths of its ports and its cycles, without building it."""

from ..errors import InputError
from ..quant.integer import IntegerNetwork
from .inputs.input_format import InputFormat, bytes_for
from .parameters import CoreParameters
from .read_out.product import read_out_fold, read_out_latency
from .ring.schedule import Schedule
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
    input_ports : names of the AXI-Stream ports of the input, ``s_axis``, or ``s0_axis`` and so on of several channels
    widths : Widths
    input_format : InputFormat
    input_bytes : of a beat of ``s_axis``, all its elements
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
        self.input_format = InputFormat.of(network, parameters)
        self.input_bytes = self.input_format.beat_elements * self.input_format.element_bytes
        channels = parameters.channels
        if channels > 1:
            self._check_channels()
        self.input_ports = tuple(f"s{channel}_axis" for channel in range(channels)) if channels > 1 else ("s_axis",)
        self.output_bits = (
            max(network.output_size - 1, 1).bit_length() if parameters.output == "class" else self.widths.logit
        )
        self.output_bytes = bytes_for(self.output_bits)
        self.trace_bytes = parameters.lanes * bytes_for(network.state_bits)

    def _check_channels(self) -> None:
        """Refuse what several channels do not go with."""
        network, channels = self.network, self.parameters.channels
        if self.input_format.fold > 1:
            raise InputError(
                f"channels must be 1 where input products are folded, not {channels}: "
                f"input_multipliers {network.input_size} makes them unfolded"
            )
        slot = self.schedule.rows * self.row_clocks
        if network.readout == "every" and self.result_clocks > slot:  # the ring would wait within a turn
            raise InputError(
                f"channels must be 1 where a result takes longer to leave ({self.result_clocks} clocks) than a state "
                f"to be read out ({slot} clocks), not {channels}: fewer lanes or readout_multipliers make that longer"
            )

    @property
    def read_out_fold(self) -> int:
        """G, clocks that the read-out takes for each row of a step that is read out."""
        return read_out_fold(self.network, self.parameters.readout_multipliers)

    @property
    def row_clocks(self) -> int:
        """Clocks from one row of a step to the next: F, or where every step is read out the larger of F and G."""
        fold = self.input_format.fold
        return max(fold, self.read_out_fold) if self.network.readout == "every" else fold

    @property
    def result_clocks(self) -> int:
        """Clocks that a result takes to leave: o, or twice as many where the class is chosen."""
        return self.network.output_size * (2 if self.parameters.output == "class" else 1)

    @property
    def cycles_per_step(self) -> int:
        """Clocks from a step to the next within a sequence: what takes longest of its beats, its rows, and its result.

        The rows take :attr:`row_clocks` each but the last, during which the idle rows of the ring pass, one a clock.
        With several channels, all of them within a sequence, this is a step of each of them.
        """
        return self._step_clocks(self.parameters.channels)

    @property
    def cycles_per_step_alone(self) -> int:
        """Clocks from a step to the next of one channel while all others are between sequences."""
        return self._step_clocks(1)

    def _step_clocks(self, active: int) -> int:
        """The same with so many channels within a sequence; the slots of the others pass as idle rows do."""
        rows, ring = active * self.schedule.rows, self.schedule.cycles_per_step
        turn = (rows - 1) * self.row_clocks + max(self.row_clocks, ring - rows + 1)
        result = self.result_clocks if self.network.readout == "every" else 0
        return max(turn, self.input_format.beats_per_step, result)

    def sequence_latency(self, steps: int) -> int:
        """Clocks from the first input beat of a sequence to the last beat of its last result.

        Counted between the clock edges of the two transfers, for a core that has been idle, with the source always
        valid and the sink always ready. The first step is through the input product while the ring turns, every row
        of the last step takes as long as its input and the read-out let it, and the result leaves beat by beat. With
        several channels, of a sequence while all others have none, and the choice of the channel takes a clock more.
        """
        every = self.network.readout == "every"
        logits = self.parameters.output == "logits"
        first_row = self.input_format.beats_per_step + self.input_format.latency + (self.parameters.channels > 1)
        rows = (self.schedule.rows - 1) * max(self.input_format.fold, self.read_out_fold) + self.read_out_fold
        result = self.result_clocks + every - 1 if logits else self.result_clocks  # one clock in the result buffer
        read_out = read_out_latency(self.parameters.lanes) + result
        return first_row + (steps - 1) * self.cycles_per_step_alone + rows + read_out
