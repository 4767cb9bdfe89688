"""What frozen networks of all families have in common: inputs, biases, read-out, formats and scales."""

import sys
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from ...errors import InputError

ARRAY_TYPES = {
    "input_weight": np.int8,
    "bias": np.int32,
    "output_weight": np.int8,
    "output_bias": np.int64,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class FrozenNetwork:
    """A frozen recurrent network, whatever its recurrent matrix is: integers only.

    One step is ``H_t = sat_w(f(R(H_{t−1}) + bias + shift(input_weight X_t, input_shift)))``, with what the family says
    R and f are; ``Y = output_weight relu(H) + output_bias``. ``round`` is round half to even. The arrays are copied and
    made read-only.

    Attributes
    ----------
    family : as the file says it
    array_types : of each array; those that a network may lack are None in it
    options : the other fields, which the file has as metadata
    input_weight : int8, shape ``(d, m)``, ``weight_bits`` bits
    bias : int32, shape ``(d,)``, ``state_bits`` bits, in units of ``state_scale``
    output_weight : int8, shape ``(o, d)``, ``weight_bits`` bits
    output_bias : int64, shape ``(o,)``, in units of ``logit_scale``
    input_kind : ``"vector"`` (m integers a step) or ``"index"`` (a position in [0, m))
    input_bits, input_signed : format of one input element
    state_bits : w, signed
    input_shift : f, bits to the left (negative: to the right, rounded half to even)
    weight_bits : p, signed
    readout : ``"last"`` or ``"every"`` step
    readout_activation : ``"relu"`` or ``"none"``
    input_scale, state_scale, logit_scale : real value of one unit; the hardware never sees them
    labels : one name per class, or None
    trained : free JSON object that says where the network comes from

    Raises
    ------
    InputError
        For every field that breaks its rule: one line with the value and what was expected.
    """

    family: ClassVar[str]
    array_types: ClassVar[dict[str, type[np.signedinteger]]] = ARRAY_TYPES
    options: ClassVar[tuple[str, ...]] = (
        "input_kind",
        "input_bits",
        "input_signed",
        "state_bits",
        "input_shift",
        "weight_bits",
        "readout",
        "readout_activation",
        "input_scale",
        "state_scale",
        "logit_scale",
        "labels",
        "trained",
    )
    ranges: ClassVar[dict[str, tuple[int, int]]] = {
        "input_bits": (1, 32),
        "state_bits": (2, 32),
        "input_shift": (-32, 32),
        "weight_bits": (1, 8),
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "input_kind": ("vector", "index"),
        "readout": ("last", "every"),
        "readout_activation": ("relu", "none"),
    }

    input_weight: np.ndarray
    bias: np.ndarray
    output_weight: np.ndarray
    output_bias: np.ndarray
    state_bits: int
    input_kind: str = "vector"
    input_bits: int = 8
    input_signed: bool = False
    input_shift: int = 0
    weight_bits: int = 4
    readout: str = "last"
    readout_activation: str = "relu"
    input_scale: float = 1.0
    state_scale: float = 1.0
    logit_scale: float = 1.0
    labels: tuple[str, ...] | None = None
    trained: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.arrays():
            object.__setattr__(self, name, _checked_array(name, getattr(self, name), self.array_types[name]))
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(self.labels))
        self._check_options()
        self._check_shapes()
        self._check_values()
        self._check_headroom()

    def arrays(self) -> tuple[str, ...]:
        """The names of the arrays that this network has, in the order of ``array_types``."""
        return tuple(name for name in self.array_types if getattr(self, name) is not None)

    @property
    def hidden_size(self) -> int:
        """d, the number of units."""
        return len(self.bias)

    @property
    def input_size(self) -> int:
        """m, the number of input elements a step (or of token positions)."""
        return self.input_weight.shape[1]

    @property
    def output_size(self) -> int:
        """o, the number of logits."""
        return len(self.output_weight)

    @property
    def input_range(self) -> tuple[int, int]:
        """Smallest and largest value of one input element (for ``index``: of the position)."""
        if self.input_kind == "index":
            return 0, self.input_size - 1
        return signed_range(self.input_bits) if self.input_signed else (0, (1 << self.input_bits) - 1)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, f.name), getattr(other, f.name))
            if f.name in self.array_types
            else getattr(self, f.name) == getattr(other, f.name)
            for f in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def _check_options(self) -> None:
        for name, (low, high) in self.ranges.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise InputError(f"{name} must be an integer from {low} to {high}, not {value!r}")
        for name, choices in self.choices.items():
            value = getattr(self, name)
            if value not in choices:
                raise InputError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        if type(self.input_signed) is not bool:
            raise InputError(f"input_signed must be true or false, not {self.input_signed!r}")
        if self.input_kind == "index" and self.input_signed:
            raise InputError("input_signed must be false where input_kind is index")
        for name in ("input_scale", "state_scale", "logit_scale"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value <= sys.float_info.max:
                raise InputError(f"{name} must be a positive finite number, not {value!r}")
        if not isinstance(self.trained, dict):
            raise InputError(f"trained must be a JSON object, not {self.trained!r}")

    def _check_shapes(self) -> None:
        d = self.hidden_size
        if d < 1:
            raise InputError("bias must hold at least one value, not none")
        if self.input_weight.shape[0] != d or self.input_size < 1:
            raise InputError(f"input_weight must have shape ({d}, m) with m at least 1, not {self.input_weight.shape}")
        if self.bias.shape != (d,):
            raise InputError(f"bias must have shape ({d},), not {self.bias.shape}")
        if self.output_weight.shape[1] != d or self.output_size < 1:
            raise InputError(
                f"output_weight must have shape (o, {d}) with o at least 1, not {self.output_weight.shape}"
            )
        if self.output_bias.shape != (self.output_size,):
            raise InputError(f"output_bias must have shape ({self.output_size},), not {self.output_bias.shape}")
        if self.labels is not None and (
            len(self.labels) != self.output_size or not all(isinstance(label, str) for label in self.labels)
        ):
            raise InputError(f"labels must be {self.output_size} strings or null, not {list(self.labels)!r}")

    def _check_values(self) -> None:
        self._check_bits("input_weight", self.weight_bits)
        self._check_bits("output_weight", self.weight_bits)
        self._check_bits("bias", self.state_bits)

    def _check_bits(self, name: str, bits: int) -> None:
        """Refuse an array with a value that a signed integer of ``bits`` bits cannot hold."""
        values, (low, high) = getattr(self, name), signed_range(bits)
        wrong = values[(values < low) | (values > high)]
        if wrong.size:
            raise InputError(f"{name} must be from {low} to {high} ({bits} bits), not {int(wrong[0])}")

    def _check_headroom(self) -> None:
        """Every intermediate of the 64-bit reference must be exact: products and biases here, R in the families."""
        low, high = self.input_range
        largest = max(-low, high) if self.input_kind == "vector" else 1
        products = int(np.abs(self.input_weight.astype(np.int64)).sum(axis=1).max()) * largest
        if (products << max(self.input_shift, 0)) >= 1 << 62:
            raise InputError(f"input_shift must keep the input products below 2^62, not {self.input_shift}")
        if int(np.abs(self.output_bias).max()) >= 1 << 61 or int(self.output_bias.min()) == -(1 << 63):
            raise InputError("output_bias must be smaller than 2^61 in magnitude")


def signed_range(bits: int) -> tuple[int, int]:
    """Smallest and largest value of a signed integer of ``bits`` bits."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _checked_array(name: str, value: object, dtype: type[np.signedinteger]) -> np.ndarray:
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"{name} must hold integers, not {array.dtype}")
    dimensions = 2 if name.endswith("weight") else 1
    if array.ndim != dimensions:
        raise InputError(f"{name} must have {dimensions} dimension{'s' * (dimensions > 1)}, not {array.ndim}")
    limits = np.iinfo(dtype)
    wrong = array[(array < limits.min) | (array > limits.max)]
    if wrong.size:
        raise InputError(f"{name} must fit {np.dtype(dtype).name}, not {int(wrong[0])}")
    array = np.array(array, dtype=dtype, order="C")
    array.setflags(write=False)
    return array
