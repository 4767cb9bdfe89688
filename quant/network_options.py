"""What network an experiment trains, as ``[network]`` of its configuration says it. Imports without torch."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..model.shape import (
    ACTIVATIONS,
    CELLS,
    GATE_BIASES,
    READOUT_ACTIVATIONS,
    STRATEGIES,
    VARIANTS,
    check_choice,
    check_positive,
    check_shape,
)
from .weight_format import RECURRENT_SCALES, WEIGHT_BITS, check_weight_bits

BIASES = ("centred", "plain")
BLANK_INPUTS = ("zero", "learned")
SIGNS = ("searched", "learned", "drawn")
KINDS = ("hadamard", "qornn", "float", *CELLS, "ornn")
FREEZABLE = ("hadamard", "qornn")

# Options that not every kind has, with what they are where a kind has no use for them: there they are not written, and
# refused where a file gives them.
_WITHOUT: dict[str, Any] = {
    "block_size": 1,
    "weight_bits": 4,
    "signs": "drawn",
    "readout_activation": "none",
    "bias": "plain",
    "blank_input": "learned",
    "embedding_size": 0,
    "strategy": "ste-bjorck",
    "recurrent_bits": 4,
    "recurrent_scale": "spectral",
    "activation": "none",
    "penalty_weight": 1.0,
    "variant": "D",
    "rank": 1,
    "gate_bias": "uniform",
}
_FLOAT = ("block_size", "signs", "readout_activation", "bias", "blank_input", "embedding_size")
_USED: dict[str, tuple[str, ...]] = {
    "hadamard": (*_FLOAT, "weight_bits"),
    "float": _FLOAT,
    "qornn": (
        "weight_bits",
        "readout_activation",
        "bias",
        "blank_input",
        "strategy",
        "recurrent_bits",
        "recurrent_scale",
        "activation",
        "penalty_weight",
        "variant",
        "rank",
    ),
    "ornn": ("readout_activation", "bias", "blank_input", "activation"),
    "lstm": ("embedding_size", "gate_bias"),
    "gru": ("embedding_size", "gate_bias"),
    "fastrnn": ("embedding_size",),
    "fastgrnn": ("embedding_size",),
}


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """What network to train; sizes of input and output come from the task.

    Parameters
    ----------
    kind : ``"hadamard"``; ``"qornn"``, a dense recurrent matrix near the orthogonal ones (docs/qornn.md); or a baseline
        in full precision that cannot be frozen: ``"float"`` and ``"ornn"``, those two and not quantised, the matrix of
        the latter orthogonal; ``"lstm"``, ``"gru"``, ``"fastrnn"`` or ``"fastgrnn"``. An option that a kind has no use
        for is refused.
    hidden_size : d, units of the state.
    block_size : n, a power of two that divides d; d itself where left out or 0.
    weight_bits : p of U and V, 2 to 8, or ``"ternary"``.
    signs : ``"searched"`` among candidates before the weights are trained; ``"learned"`` with them, by gradients that
        pass the sign straight through, as published; or ``"drawn"`` and then left alone (docs/learning-signs.md).
    readout_activation : ``"relu"`` or ``"none"``.
    bias : ``"centred"`` about the mean input of the training data, and learnt √T times more slowly than other weights,
        as its effect is as much larger; or ``"plain"`` (docs/training.md). A blank that adds nothing allows none.
    blank_input : of tasks with a blank, the token of steps in which nothing comes: ``"zero"`` where it adds nothing to
        the state, and b is zero too, so that W alone moves it, or ``"learned"`` like any other token.
    embedding_size : for tasks whose inputs are tokens: values of the learnt vector of a token; 0 for none.
    strategy : of ``qornn``: ``"ste-bjorck"``, ``"ste-projunn"``, ``"ste-pen"`` or ``"ptq"``.
    recurrent_bits : of ``qornn``: bits of the recurrent matrix, 2 to 8.
    recurrent_scale : of ``qornn``: what an integer of the recurrent matrix is multiplied with. ``"spectral"``: so much
        that powers of the matrix keep their size; ``"max"``: its largest entry over 2^(p−1), as published. See
        :mod:`.recurrent_quantisers`.
    activation : of ``qornn`` and ``ornn``, in the loop: ``"none"``, ``"relu"`` or ``"modrelu"``.
    penalty_weight : of ``qornn``: λ, what ``"ste-pen"`` multiplies ‖W_q W_qᵀ − I‖_F² with; at least 0.
    variant, rank : of ``qornn``: of the steps of ``"ste-projunn"``: ``"D"`` or ``"T"``, and the rank k of gradients.
    gate_bias : of ``lstm`` and ``gru``, at the start: ``"uniform"`` or ``"chrono"``, see
        :class:`~hadamrnn.model.baselines.Baseline`.

    Raises
    ------
    InputError
        If a value is of the wrong type or out of range.
    """

    kind: str = "hadamard"
    hidden_size: int
    block_size: int = 0
    weight_bits: int | str = 4
    signs: str = "searched"
    readout_activation: str = "relu"
    bias: str = "centred"
    blank_input: str = "zero"
    embedding_size: int = 0
    strategy: str = "ste-bjorck"
    recurrent_bits: int = 4
    recurrent_scale: str = "spectral"
    activation: str = "none"
    penalty_weight: float = 1.0
    variant: str = "D"
    rank: int = 1
    gate_bias: str = "uniform"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        for name in self.unused:
            object.__setattr__(self, name, _WITHOUT[name])
        if self.block_size == 0 and type(self.block_size) is int:
            object.__setattr__(self, "block_size", self.hidden_size)
        check_shape(hidden_size=self.hidden_size, block_size=self.block_size)
        check_weight_bits(self.weight_bits)
        check_choice("signs", self.signs, SIGNS)
        check_choice("readout_activation", self.readout_activation, READOUT_ACTIVATIONS)
        check_choice("bias", self.bias, BIASES)
        check_choice("blank_input", self.blank_input, BLANK_INPUTS)
        if type(self.embedding_size) is not int or self.embedding_size < 0:
            raise InputError(f"embedding_size must be an integer of at least 0, not {self.embedding_size!r}")
        check_choice("strategy", self.strategy, STRATEGIES)
        check_choice("recurrent_scale", self.recurrent_scale, RECURRENT_SCALES)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("variant", self.variant, VARIANTS)
        check_positive(rank=self.rank)
        check_choice("gate_bias", self.gate_bias, GATE_BIASES)
        if type(self.recurrent_bits) is not int or self.recurrent_bits not in WEIGHT_BITS:
            limits = f"{WEIGHT_BITS[0]} to {WEIGHT_BITS[-1]}"
            raise InputError(f"recurrent_bits must be {limits}, not {self.recurrent_bits!r}")
        weight = self.penalty_weight
        if type(weight) not in (int, float) or not 0 <= weight < math.inf:
            raise InputError(f"penalty_weight must be a number of at least 0, not {weight!r}")

    def to_table(self) -> dict[str, Any]:
        """The options that this kind of network has, each with its value."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in self.unused}

    def replace_kind(self, kind: str) -> "NetworkOptions":
        """The network of another kind, with the options that both have; the others take their defaults."""
        check_choice("kind", kind, KINDS)
        shared = {name: value for name, value in self.to_table().items() if name in ("hidden_size", *_USED[kind])}
        return NetworkOptions(kind=kind, **shared)

    @property
    def unused(self) -> tuple[str, ...]:
        """The options that this kind of network has no use for."""
        return tuple(name for name in _WITHOUT if name not in _USED[self.kind])
