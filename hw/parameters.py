"""What a user chooses about a core, checked; everything else follows from the network."""

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InputError
from ..quant.integer import FrozenNetwork, IntegerNetwork

_LEAST = {
    "lanes": 1,
    "channels": 1,
    "stages_per_register": 0,
    "input_beat": 1,
    "input_multipliers": 1,
    "readout_multipliers": 1,
    "recurrent_multipliers": 1,
    "memory_depth": 2,
}
_MOST_CHANNELS = 256  # AXI4-Stream asks for at most 8 bits of TID
UNUSED = {
    "hadamard": ("recurrent_multipliers",),
    "dense": ("stages_per_register", "memory_depth", "registers", "arrangement", "lane_difference", "channels"),
}
"""By family, the parameters that its recurrence has no use for: there they must be what they are by default."""


@dataclass(frozen=True, kw_only=True)
class CoreParameters:
    """Parameters of a generated core.

    Attributes
    ----------
    lanes : int
        P, words that enter and leave the recurrence per clock (of a dense network per row): a power of two that
        divides the hidden size; of a dense network any number that does.
    stages_per_register : int
        Adder levels (butterflies, and for odd log2(n) the adders of the √½ multiplier) between pipeline registers of
        the recurrence. 1 gives the highest clock, and a register between addition and saturation too; 0 leaves out
        all registers but the state's own.
    input_beat : int
        E, elements of a step in one beat of ``s_axis``, from 1 to m; unused elements of a step's last beat are ignored.
    input_multipliers : int or None
        M, multipliers per lane of the input product: m, or a multiple or a divisor of E below m. With fewer than m, a
        row takes F = ceil(m / M) clocks. None chooses: m up to 8 elements, beyond that as many up to 8 as fit E.
    readout_multipliers : int
        Multipliers per lane of the read-out, from 1 to the number of logits o. With fewer than o, the rows that are
        read out take G = ceil(o / readout_multipliers) clocks each: those of the last step, or of every step.
    recurrent_multipliers : int
        Of a dense network: multipliers per lane of the recurrent product, a multiple or a divisor of P, up to the
        hidden size d. A row then takes ceil(d / recurrent_multipliers) clocks.
    output : str
        ``"logits"`` (o beats a result) or ``"class"`` (one beat: the smallest index of a largest logit).
    trace : bool
        Whether the core has the port ``m_trace``, every state row after every step.
    memory_depth : int
        Delay lines of at least this many rows (2 or more) are memories, shorter ones registers.
    registers : tuple of str, or None
        The pipeline registers of the recurrence by name, in place of those of ``stages_per_register``: ``stage_0``
        and so on behind the butterflies, ``multiplier_0`` and so on behind the adder levels of the √½ multiplier,
        ``division``, ``saturation`` before it (:func:`~hadamrnn.hw.ring.ring_registers.register_names`).
    arrangement : str
        Of butterflies between rows: ``"feedback"`` (a delay line, and two adders in each lane, idle half of the time)
        or, where it makes no step longer, ``"commutator"``: lanes exchange words until the rows to be paired are in
        neighbouring lanes, and every adder is busy in every clock. It needs several lanes and several blocks, of one
        state or of several channels, whose FIFO the exchanges take the place of; elsewhere it is ``"feedback"`` too.
    channels : int
        C, independent sequences that take turns in one ring, up to 256: ports ``s0_axis``, ``s1_axis``, … and
        ``m_axis_tid`` where there are several.
    lane_difference : str
        How butterflies between lanes make a − b: ``"direct"``, or ``"from-sum"`` as 2a − (a + b), with inverted words
        between two stages of which at most one has a register behind it. Smaller on iCE40, whose carry chains have no
        inverters; larger on ECP5.
    """

    lanes: int = 1
    stages_per_register: int = 1
    input_beat: int = 1
    input_multipliers: int | None = None
    readout_multipliers: int = 1
    recurrent_multipliers: int = 1
    output: str = "class"
    trace: bool = False
    memory_depth: int = 8
    registers: tuple[str, ...] | None = None
    arrangement: str = "feedback"
    channels: int = 1
    lane_difference: str = "direct"

    def __post_init__(self) -> None:
        for name, low in _LEAST.items():
            value = getattr(self, name)
            if value is None and name == "input_multipliers":
                continue
            if type(value) is not int or value < low:
                raise InputError(f"{name} must be an integer of at least {low}, not {value!r}")
        if self.channels > _MOST_CHANNELS:
            raise InputError(f"channels must be at most {_MOST_CHANNELS}, not {self.channels}")
        if self.output not in ("logits", "class"):
            raise InputError(f"output must be one of logits, class, not {self.output!r}")
        if self.arrangement not in ("feedback", "commutator"):
            raise InputError(f"arrangement must be one of feedback, commutator, not {self.arrangement!r}")
        if self.lane_difference not in ("direct", "from-sum"):
            raise InputError(f"lane_difference must be one of direct, from-sum, not {self.lane_difference!r}")
        if self.registers is not None:
            if isinstance(self.registers, str) or not all(type(name) is str for name in self.registers):
                raise InputError(f"registers must be names of registers, not {self.registers!r}")
            object.__setattr__(self, "registers", tuple(self.registers))  # a list where it was read from JSON
        if type(self.trace) is not bool:
            raise InputError(f"trace must be true or false, not {self.trace!r}")

    def check(self, network: FrozenNetwork) -> None:
        """Raise :class:`InputError` where these parameters do not fit ``network``.

        Beats and multipliers of the input are checked by :class:`~hadamrnn.hw.inputs.input_format.InputFormat`,
        registers and multipliers of the recurrence by its schedule.
        """
        for name in UNUSED[network.family]:
            value, default = getattr(self, name), getattr(CoreParameters, name)
            if value != default:
                raise InputError(f"{name} must be {default} for a network of family {network.family}, not {value!r}")
        d = network.hidden_size
        if isinstance(network, IntegerNetwork) and self.lanes & (self.lanes - 1):
            raise InputError(f"lanes must be a power of two, not {self.lanes}")
        if self.lanes > d or d % self.lanes:
            raise InputError(f"lanes must divide the hidden size {d} and be at most {d}, not {self.lanes}")
        if self.readout_multipliers > network.output_size:
            raise InputError(
                f"readout_multipliers must be at most the number of logits, {network.output_size}, "
                f"not {self.readout_multipliers}"
            )

    def to_json(self) -> dict[str, Any]:
        """The parameters as plain JSON."""
        return asdict(self)
