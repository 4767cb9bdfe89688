"""Powers of the recurrent matrix, as q blocks of n × n."""

import torch
from torch import Tensor

from ..walsh_hadamard import hadamard_matrix


def recurrent_blocks(signs: Tensor, block_size: int, gain: float) -> Tensor:
    """The blocks of W, of shape ``(q, n, n)``."""
    return signs.reshape(-1, block_size, 1) * (gain * hadamard_matrix(block_size, dtype=signs.dtype).to(signs.device))


def doubled_powers(signs: Tensor, block_size: int, gain: float, steps: int) -> list[Tensor]:
    """W, W², W⁴, … W^j for every power of two j < ``steps``; none for a single step."""
    powers: list[Tensor] = []
    while 1 << len(powers) < steps:
        powers.append(powers[-1] @ powers[-1] if powers else recurrent_blocks(signs, block_size, gain))
    return powers


class PowerCache:
    """Keeps the last powers while the signs stay as they are: a network whose signs do not learn needs them once."""

    def __init__(self) -> None:
        self._key: tuple[int, float] | None = None
        self._signs: Tensor | None = None
        self._powers: list[Tensor] = []

    def doubled_powers(self, signs: Tensor, block_size: int, gain: float, steps: int) -> list[Tensor]:
        """As :func:`doubled_powers`; made anew where a gradient must reach the signs."""
        if signs.requires_grad and torch.is_grad_enabled():
            return doubled_powers(signs, block_size, gain, steps)
        signs = signs.detach()
        if self._key != (block_size, gain) or not _same(self._signs, signs):
            self._key, self._signs, self._powers = (block_size, gain), signs.clone(), []
        while 1 << len(self._powers) < steps:
            last = self._powers[-1:]
            self._powers.append(last[0] @ last[0] if last else recurrent_blocks(signs, block_size, gain))
        return self._powers[: (steps - 1).bit_length()]


def _same(before: Tensor | None, now: Tensor) -> bool:
    if before is None or before.dtype != now.dtype or before.device != now.device:
        return False
    return torch.equal(before, now)
