"""What a user chooses about a core, checked; everything else follows from the network."""

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InputError
from ..quant.integer import IntegerNetwork


@dataclass(frozen=True, kw_only=True)
class CoreParameters:
    """Parameters of a generated core.

    Attributes
    ----------
    lanes : int
        P, words that enter and leave the recurrence per clock: a power of two that divides the hidden size.
    stages_per_register : int
        Adder levels (butterflies, and for odd log2(n) the adders of the √½ multiplier) between pipeline registers of
        the recurrence. 1 gives the highest clock, and a register between addition and saturation too; 0 leaves out
        all registers but the state's own.
    readout_multipliers : int
        Multipliers per lane of the read-out, from 1 to the number of logits o. With fewer than o, the last step's rows
        take ``ceil(o / readout_multipliers)`` clocks each; steps before the last one are not slowed.
    output : str
        ``"logits"`` (o beats a result) or ``"class"`` (one beat: the smallest index of a largest logit).
    trace : bool
        Whether the core has the port ``m_trace``, every state row after every step.
    memory_depth : int
        Delay lines of at least this many rows (2 or more) are memories, shorter ones registers.
    """

    lanes: int = 1
    stages_per_register: int = 1
    readout_multipliers: int = 1
    output: str = "class"
    trace: bool = False
    memory_depth: int = 8

    def __post_init__(self) -> None:
        for name, low in (("lanes", 1), ("stages_per_register", 0), ("readout_multipliers", 1), ("memory_depth", 2)):
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise InputError(f"{name} must be an integer of at least {low}, not {value!r}")
        if self.lanes & (self.lanes - 1):
            raise InputError(f"lanes must be a power of two, not {self.lanes}")
        if self.output not in ("logits", "class"):
            raise InputError(f"output must be one of logits, class, not {self.output!r}")
        if type(self.trace) is not bool:
            raise InputError(f"trace must be true or false, not {self.trace!r}")

    def check(self, network: IntegerNetwork) -> None:
        """Raise :class:`InputError` where these parameters do not fit ``network``."""
        d = network.hidden_size
        if self.lanes > d or d % self.lanes:
            raise InputError(f"lanes must divide the hidden size {d} and be at most {d}, not {self.lanes}")
        if self.readout_multipliers > network.output_size:
            raise InputError(
                f"readout_multipliers must be at most the number of logits, {network.output_size}, "
                f"not {self.readout_multipliers}"
            )
        if network.input_kind != "vector":
            raise InputError(f"input_kind must be vector for a generated core, not {network.input_kind!r}")
        if network.readout != "last":
            raise InputError(f"readout must be last for a generated core, not {network.readout!r}")

    def to_json(self) -> dict[str, Any]:
        """The parameters as plain JSON."""
        return asdict(self)
