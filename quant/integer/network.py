"""The integer network of a Hadamard RNN, validated; docs/integer-network.md says what its numbers mean."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import InputError
from .frozen import FrozenNetwork


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegerNetwork(FrozenNetwork):
    """A frozen Hadamard RNN: integers only, family ``hadamard``.

    One step, with A = (I_q ⊗ H_n) H_{t−1} and G = signs · A::

        H_t = sat_w( round(G / √n) + bias + shift(input_weight X_t, input_shift) )
        Y   = output_weight relu(H) + output_bias

    Attributes
    ----------
    signs : int8, shape ``(d,)``, −1 or +1
    block_size : n, a power of two that divides d
    sqrt_half_bits : F, fraction bits of the constant √½ that odd log2(n) needs

    and those of :class:`~.frozen.FrozenNetwork`.

    Raises
    ------
    InputError
        For every field that breaks its rule: one line with the value and what was expected.
    """

    family: ClassVar[str] = "hadamard"
    array_types: ClassVar = {"signs": np.int8, **FrozenNetwork.array_types}
    options: ClassVar = ("block_size", *FrozenNetwork.options[:6], "sqrt_half_bits", *FrozenNetwork.options[6:])
    ranges: ClassVar = FrozenNetwork.ranges | {"sqrt_half_bits": (1, 30)}

    signs: np.ndarray
    block_size: int
    sqrt_half_bits: int = 15

    @property
    def hidden_size(self) -> int:
        """d, the number of units."""
        return len(self.signs)

    @property
    def blocks(self) -> int:
        """q = d / n."""
        return self.hidden_size // self.block_size

    @property
    def block_bits(self) -> int:
        """k = log2 n, the number of butterfly stages."""
        return self.block_size.bit_length() - 1

    @property
    def sqrt_half(self) -> int:
        """C_half = round(2^F / √2), the factor of odd k; exact."""
        return (math.isqrt(1 << (2 * self.sqrt_half_bits + 1)) + 1) >> 1

    def _check_options(self) -> None:
        if type(self.block_size) is not int or self.block_size < 1 or self.block_size & (self.block_size - 1):
            raise InputError(f"block_size must be a power of two, not {self.block_size!r}")
        super()._check_options()

    def _check_shapes(self) -> None:
        d, n = self.hidden_size, self.block_size
        if d < 1 or d % n:
            raise InputError(f"block_size must divide the hidden size {d}, not {n}")
        super()._check_shapes()

    def _check_values(self) -> None:
        wrong = self.signs[np.abs(self.signs.astype(np.int64)) != 1]
        if wrong.size:
            raise InputError(f"signs must be -1 or +1, not {int(wrong[0])}")
        super()._check_values()

    def _check_headroom(self) -> None:
        recurrent = self.state_bits + self.block_bits + 1
        if self.block_bits % 2:
            recurrent += self.sqrt_half_bits
        if recurrent > 62:
            raise InputError(
                f"state_bits {self.state_bits}, block_size {self.block_size} and sqrt_half_bits "
                f"{self.sqrt_half_bits} need {recurrent} bits for one product, expected at most 62"
            )
        super()._check_headroom()


def check_hadamard(network: FrozenNetwork) -> None:
    """Refuse a network of another family, for parts that a Hadamard RNN alone has.

    Raises
    ------
    InputError
    """
    if not isinstance(network, IntegerNetwork):
        raise InputError(f"network must be of family hadamard for this, not {network.family}")
