"""The options of a training run."""

import math
from dataclasses import dataclass

from ..errors import InputError
from .shape import check_choice

COSINE = "cosine"
LARGEST_SEED = 2**64 - 1  # of torch's generators
SIGN_SCHEDULES = ("settle", "published")


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train; every value is checked on construction.

    Parameters
    ----------
    epochs : passes over the training set.
    batch_size : sequences per optimiser step; the last batch of an epoch may be smaller.
    learning_rate : Adam's, for U, b, V and c, in the first epoch.
    decay : factor on ``learning_rate`` after every epoch; or ``"cosine"``: it falls to zero over all epochs as half a
        cosine, a little at every step.
    sign_candidates : blocks that are tried for each block of signs that are searched, see
        :func:`~hadamrnn.model.sign_search.search_signs`.
    sign_learning_rate : Adam's, for the latents u of learned signs, in the first epoch. It has to be far smaller than
        the other one: a flipped sign changes every later power of W.
    sign_fraction : the part of the epochs in which signs learn. Their rate falls linearly to zero over it; then they
        stay, so that U and V settle on a recurrence that no longer moves.
    sign_schedule : ``"settle"`` for that; or ``"published"``: signs learn to the end, and their rate falls as that of
        the weights does.
    recurrent_rate : what ``learning_rate`` is multiplied with for a dense recurrent matrix, which counts at every step.
    recurrent_fraction : the part of the epochs in which that matrix learns; its rate falls to zero over them, and the
        rest settles on a recurrence that no longer moves. 1 for its rate to fall as ``learning_rate`` does.
    weight_decay : AdamW's, of U, b, V, c and an embedding: every step takes this times the learning rate off them.
    gradient_clip : largest Euclidean norm of the gradient of U, b, V and c together; 0 for no clipping.
    state_bits : bits of the states that the network is trained for, 4 to 24: what rounding in an integer loop of so
        many bits will do to the last state is added as noise, see docs/integer-network.md; 0 for none.
    patience : training ends early after so many epochs in a row without a validation result better than the best before
        them; 0 for never.
    seed : of the initial values and of the order of the sequences.

    Raises
    ------
    InputError
        If a value is of the wrong type or out of range.
    """

    epochs: int = 100
    batch_size: int = 50
    learning_rate: float = 1e-2
    decay: float | str = 0.98
    sign_candidates: int = 64
    sign_learning_rate: float = 1e-3
    sign_fraction: float = 0.3
    sign_schedule: str = "settle"
    recurrent_rate: float = 1.0
    recurrent_fraction: float = 1.0
    weight_decay: float = 0.0
    gradient_clip: float = 0.0
    state_bits: int = 0
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_integer("epochs", 1)
        self._check_integer("batch_size", 1)
        self._check_integer("state_bits", 0)
        self._check_integer("patience", 0)
        self._check_integer("seed", 0, LARGEST_SEED)
        self._check_real("learning_rate", 0, 1, above=True)
        if self.decay != COSINE:
            self._check_real("decay", 0, 1, above=True, otherwise=f" or {COSINE!r}")
        self._check_integer("sign_candidates", 1)
        self._check_real("sign_learning_rate", 0, 1)
        self._check_real("sign_fraction", 0, 1)
        check_choice("sign_schedule", self.sign_schedule, SIGN_SCHEDULES)
        self._check_real("recurrent_rate", 0, math.inf)
        self._check_real("recurrent_fraction", 0, 1, above=True)
        self._check_real("weight_decay", 0, math.inf)
        self._check_real("gradient_clip", 0, math.inf)

    def rates(self, epoch: float) -> tuple[float, float]:
        """Learning rates of the weights and of the signs ``epoch`` epochs from the start; 0 for signs that stay."""
        begun, sign_epochs = math.floor(epoch), self.sign_fraction * self.epochs
        fall = self._fall(epoch)
        if self.sign_schedule == "published":
            sign_fall = fall
        else:
            sign_fall = 1 - begun / sign_epochs if begun < sign_epochs else 0.0
        return self.learning_rate * fall, self.sign_learning_rate * sign_fall

    def recurrent_rate_at(self, epoch: float) -> float:
        """Learning rate of a dense recurrent matrix ``epoch`` epochs from the start."""
        largest, fraction = self.learning_rate * self.recurrent_rate, self.recurrent_fraction
        if fraction == 1:
            return largest * self._fall(epoch)
        return largest * _half_cosine(min(1.0, epoch / (fraction * self.epochs)))

    def _fall(self, epoch: float) -> float:
        if isinstance(self.decay, str):
            return _half_cosine(epoch / self.epochs)
        return self.decay ** math.floor(epoch)

    def _check_integer(self, name: str, least: int, most: int | None = None) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least or (most or value) < value:
            limits = f"of at least {least}" if most is None else f"from {least} to {most}"
            raise InputError(f"{name} must be an integer {limits}, not {value!r}")

    def _check_real(self, name: str, least: float, most: float, *, above: bool = False, otherwise: str = "") -> None:
        value = getattr(self, name)
        real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not real or not least <= value <= most or (above and value == least):
            bound = "above" if above else "at least"
            limit = f" and at most {most:g}" if math.isfinite(most) else ""
            raise InputError(f"{name} must be a number {bound} {least:g}{limit}{otherwise}, not {value!r}")


def _half_cosine(done: float) -> float:
    """1 at the start, 0 where all is done."""
    return (1 + math.cos(math.pi * done)) / 2
