"""The integer network of a QORNN, validated; docs/integer-network.md says what its numbers mean."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import InputError
from .frozen import FrozenNetwork

MULTIPLIER_BITS = 15  # of M: a product that one multiplier of every FPGA family takes


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseNetwork(FrozenNetwork):
    """A frozen recurrent network with a dense recurrent matrix, family ``dense`` (QORNN, arXiv:2402.04012).

    One step::

        R   = round( (recurrent_weight H_{t−1}) · M / 2^S )
        H_t = sat_w( f( R + bias + shift(input_weight X_t, input_shift) ) )
        Y   = output_weight relu(H) + output_bias

    M / 2^S is the real value of one unit of the recurrent matrix.

    Attributes
    ----------
    recurrent_weight : int8, shape ``(d, d)``, ``recurrent_bits`` bits
    recurrent_bits : bits of the recurrent matrix, signed
    recurrent_multiplier : M, from 1 to 2^15 − 1
    recurrent_shift : S, bits to the right
    activation : f, ``"none"``, ``"relu"``, or ``"modrelu"``: f(z) = sign(z) · max(|z| + threshold, 0), f(0) = 0
    threshold : int32, shape ``(d,)``, in units of ``state_scale``; for ``modrelu``, otherwise None

    and those of :class:`~.frozen.FrozenNetwork`.

    Raises
    ------
    InputError
        For every field that breaks its rule: one line with the value and what was expected.
    """

    family: ClassVar[str] = "dense"
    array_types: ClassVar = {"recurrent_weight": np.int8, "threshold": np.int32, **FrozenNetwork.array_types}
    options: ClassVar = (
        "recurrent_bits",
        "recurrent_multiplier",
        "recurrent_shift",
        "activation",
        *FrozenNetwork.options,
    )
    ranges: ClassVar = FrozenNetwork.ranges | {
        "recurrent_bits": (1, 8),
        "recurrent_multiplier": (1, (1 << MULTIPLIER_BITS) - 1),
        "recurrent_shift": (0, 62),
    }
    choices: ClassVar = FrozenNetwork.choices | {"activation": ("none", "relu", "modrelu")}

    recurrent_weight: np.ndarray
    recurrent_bits: int
    recurrent_multiplier: int
    recurrent_shift: int
    activation: str = "none"
    threshold: np.ndarray | None = None

    @property
    def recurrent_scale(self) -> float:
        """M / 2^S, the real value of one unit of the recurrent matrix; exact."""
        return self.recurrent_multiplier / (1 << self.recurrent_shift)

    @property
    def largest_product(self) -> int:
        """A bound of |(recurrent_weight H) · M|, over all states: (2^(w−1) · largest row sum of magnitudes) · M."""
        row_sum = int(np.abs(self.recurrent_weight.astype(np.int64)).sum(axis=1).max())
        return (row_sum << (self.state_bits - 1)) * self.recurrent_multiplier

    def _check_shapes(self) -> None:
        super()._check_shapes()
        d = self.hidden_size
        if self.recurrent_weight.shape != (d, d):
            raise InputError(f"recurrent_weight must have shape ({d}, {d}), not {self.recurrent_weight.shape}")
        if (self.threshold is not None) != (self.activation == "modrelu"):
            expected = f"activation {self.activation!r}"
            raise InputError(
                f"threshold must be given for activation 'modrelu' and for no other, not "
                f"{'left out' if self.threshold is None else 'given'} for {expected}"
            )
        if self.threshold is not None and self.threshold.shape != (d,):
            raise InputError(f"threshold must have shape ({d},), not {self.threshold.shape}")

    def _check_values(self) -> None:
        self._check_bits("recurrent_weight", self.recurrent_bits)
        super()._check_values()

    def _check_headroom(self) -> None:
        if self.largest_product >= 1 << 61:
            bits = self.largest_product.bit_length() + 1
            raise InputError(
                f"state_bits {self.state_bits}, recurrent_weight and recurrent_multiplier {self.recurrent_multiplier} "
                f"need {bits} bits for one product, expected at most 62"
            )
        super()._check_headroom()
