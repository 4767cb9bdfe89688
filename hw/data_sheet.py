"""What a core promises: the widths of its ports and its cycles, without building it."""

from typing import Any, Generic, TypeVar

from ..errors import InputError
from ..quant.integer import FrozenNetwork
from .family import family_of
from .inputs.input_format import InputFormat, bytes_for
from .parameters import CoreParameters
from .read_out.product import read_out_fold, read_out_latency

_Network = TypeVar("_Network", bound=FrozenNetwork)


class DataSheet(Generic[_Network]):
    """Ports and cycles of a core.

    Parameters
    ----------
    network : FrozenNetwork
    parameters : CoreParameters

    Attributes
    ----------
    schedule : of the network's family, Schedule or DenseSchedule
    input_ports : names of the AXI-Stream ports of the input, ``s_axis``, or ``s0_axis`` and so on of several channels
    widths : of the network's family, RingWidths or DenseWidths
    input_format : InputFormat
    input_bytes : of a beat of ``s_axis``, all its elements
    output_bits, output_bytes : of a beat of ``m_axis``
    trace_bytes : of a beat of ``m_trace``, all lanes

    Raises
    ------
    InputError
        Parameters that do not fit the network.
    """

    def __init__(self, network: _Network, parameters: CoreParameters) -> None:
        parameters.check(network)
        self.network = network
        self.parameters = parameters
        family = family_of(network)
        self.schedule: Any = family.schedule(network, parameters)
        self.widths: Any = family.widths(network)
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
        """Refuse what several channels do not go with: a step of all of them whose clocks are not known.

        Results that take longer to leave than a state to be read out make the ring wait: within a turn, while states
        follow each other, but hardly behind the last one, where idle rows pass meanwhile. Where those rows cover the
        wait in part, how much of it depends on what is on its way through the read-out.
        """
        channels, result = self.parameters.channels, self.result_clocks
        slot = self.schedule.rows * self.row_clocks
        with_idle_rows = self._turn_clocks(channels) - (channels - 1) * slot
        if self.network.readout == "every" and slot < result < with_idle_rows:
            raise InputError(
                f"channels must be 1 or more than {channels} where a result takes longer to leave ({result} clocks) "
                f"than a state to be read out ({slot}), and less than that with the ring's idle rows ({with_idle_rows})"
            )

    @property
    def read_out_fold(self) -> int:
        """G, clocks that the read-out takes for each row of a step that is read out."""
        return read_out_fold(self.network, self.parameters.readout_multipliers)

    @property
    def row_clocks(self) -> int:
        """Clocks of a row outside of the recurrence: F, or where every step is read out the larger of F and G."""
        fold = self.input_format.fold
        return max(fold, self.read_out_fold) if self.network.readout == "every" else fold

    @property
    def result_clocks(self) -> int:
        """Clocks that a result takes to leave: o, or twice as many where the class is chosen."""
        return self.network.output_size * (2 if self.parameters.output == "class" else 1)

    @property
    def cycles_per_step(self) -> int:
        """Clocks from a step to the next within a sequence: what takes longest of its beats, its rows, and its result.

        What the rows take is said by the schedule of the recurrence (``step_clocks``).
        With several channels, all of them within a sequence, this is a step of each of them.
        """
        return self._step_clocks(self.parameters.channels)

    @property
    def cycles_per_step_alone(self) -> int:
        """Clocks from a step to the next of one channel while all others are between sequences."""
        return self._step_clocks(1)

    def _step_clocks(self, active: int) -> int:
        """The same with so many channels within a sequence; the slots of the others pass as idle rows do."""
        results = active * self.result_clocks if self.network.readout == "every" else 0
        return max(self._turn_clocks(active), self.input_format.beats_per_step, results)

    def _turn_clocks(self, active: int) -> int:
        """Clocks of all rows of so many channels."""
        every = self.network.readout == "every"
        return self.schedule.step_clocks(self.input_format.fold, self.read_out_fold if every else 1, active)

    def sequence_latency(self, steps: int) -> int:
        """Clocks from the first input beat of a sequence to the last beat of its last result.

        Counted between the clock edges of the two transfers, for a core that has been idle, with the source always
        valid and the sink always ready. The first step is through the input product while the ring turns, every row
        of the last step takes as long as its input and the read-out let it, and the result leaves beat by beat. With
        several channels, of a sequence while all others have none; the choice of the channel takes a clock more, but
        with folded products none, as the memory of elements is read meanwhile.
        """
        every = self.network.readout == "every"
        logits = self.parameters.output == "logits"
        chosen = self.parameters.channels > 1 and self.input_format.fold == 1
        first_row = self.input_format.beats_per_step + self.input_format.latency + chosen
        of_row = max(self.input_format.fold, self.read_out_fold, self.schedule.row_cycles)
        rows = (self.schedule.rows - 1) * of_row + self.schedule.output_latency + self.read_out_fold
        result = self.result_clocks + every - 1 if logits else self.result_clocks  # one clock in the result buffer
        read_out = read_out_latency(self.parameters.lanes) + result
        return first_row + (steps - 1) * self.cycles_per_step_alone + rows + read_out
