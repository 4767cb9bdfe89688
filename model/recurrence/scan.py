"""Steps of the recurrence on plain tensors, forwards and backwards in time, for the scans with their own gradients."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..walsh_hadamard import walsh_hadamard
from .doubling import doubled_kernel
from .drive import as_vectors, is_tokens
from .halving import apply_blocks
from .powers import doubled_powers, recurrent_blocks

KERNEL_PAYS = 16  # up to this many inputs, the last state of a chunk costs less by its closed form than step by step
CACHED = 1 << 17  # numbers: half a megabyte in single precision, and four such arrays are in use at a time
DENSE_PAYS = 128  # up to this block size a dense product takes less time than a fast transform (measured, AVX-512)


class ChunkedSteps:
    """A sequence as K chunks of c steps that run side by side.

    Arrays are ``(c, K, batch, …)``: what is computed at one position of all chunks lies together. One chunk, K = 1, is
    the sequence itself, step by step. With more, the state that each chunk begins with has to be known first.

    Parameters
    ----------
    signs : ``(d,)``; no gradient is taken here.
    block_size, gain : of W.
    steps, chunk : T and c.
    """

    def __init__(self, signs: Tensor, block_size: int, gain: float, steps: int, chunk: int) -> None:
        self.signs, self.block_size, self.gain = signs.detach(), block_size, gain
        self.steps, self.chunk, self.chunks = steps, chunk, -(-steps // chunk)
        self.signed_gain = self.signs * gain
        self._dense = None
        if block_size == len(signs) <= DENSE_PAYS:
            self._dense = recurrent_blocks(self.signs, block_size, gain)[0]

    def arrange(self, x: Tensor) -> Tensor:
        """``(batch, T, …)`` to ``(c, K, batch, …)``; zeros fill the last chunk, behind all that is looked at."""
        missing = self.chunk * self.chunks - self.steps
        if missing:
            x = pad(x, (0, 0) * (x.ndim - 2) + (0, missing))
        return x.unflatten(1, (self.chunks, self.chunk)).transpose(0, 2).contiguous()

    def restore(self, y: Tensor) -> Tensor:
        """The inverse of :meth:`arrange`."""
        return y.transpose(0, 2).flatten(1, 2)[:, : self.steps]

    def segments(self, arranged: Tensor) -> list[slice]:
        """The positions of a chunk in stretches whose states stay in a core's own cache."""
        length = max(1, CACHED // (self.chunks * arranged.shape[2] * len(self.signs)))
        return [slice(start, min(start + length, self.chunk)) for start in range(0, self.chunk, length)]

    def run(self, drive: Tensor, state: Tensor | None, *, backwards: bool = False) -> Tensor:
        """Turn ``drive``, ``(positions, K, batch, d)``, into states in place, from ``state`` on (None for zero).

        h = W h' + v forwards; with ``backwards`` λ = Wᵀ λ' + g, from the last position to the first. Returns the last
        one computed, a view of ``drive``.
        """
        positions = drive.flatten(1, 2).unbind(0)
        here = None if state is None else state.reshape(positions[0].shape)
        for position in reversed(positions) if backwards else positions:
            if here is not None:
                self._step(position, here, backwards)
            here = position
        assert here is not None, "there is at least one position"
        return here.view(drive.shape[1:])

    def ends(self, weight: Tensor, bias: Tensor, x: Tensor, drive_of: Callable[[Tensor], Tensor]) -> Tensor:
        """The state after each chunk as if it began at zero, ``(K, batch, d)``, of arranged ``x``."""
        if weight.shape[1] <= KERNEL_PAYS:
            return self._ends_by_kernel(weight, bias, as_vectors(x, weight.shape[1], weight.dtype))
        state = None
        for position in range(self.chunk):
            state = self.run(drive_of(x[position : position + 1]), state)
        assert state is not None
        return state

    def begins(self, ends: Tensor, *, backwards: bool = False) -> Tensor:
        """What each chunk begins with, ``(K, batch, d)``, from how each would end."""
        whole = torch.matrix_power(recurrent_blocks(self.signs, self.block_size, self.gain), self.chunk)
        whole, order = (whole.mT, range(self.chunks)[::-1]) if backwards else (whole, range(self.chunks))
        begins = torch.zeros_like(ends)
        for before, chunk in pairwise(order):
            begins[chunk] = apply_blocks(whole, begins[before]).add_(ends[before])
        return begins

    def _step(self, here: Tensor, state: Tensor, backwards: bool) -> None:
        """Add what ``state`` becomes in a step to ``here``."""
        if self._dense is not None:
            here.addmm_(state, self._dense if backwards else self._dense.T)
        elif backwards:
            here.add_(walsh_hadamard(state * self.signed_gain, self.block_size))
        else:
            here.addcmul_(walsh_hadamard(state, self.block_size), self.signed_gain)

    def _ends_by_kernel(self, weight: Tensor, bias: Tensor, x: Tensor) -> Tensor:
        inputs = weight.shape[1]
        powers = doubled_powers(self.signs, self.block_size, self.gain, self.chunk)
        both = torch.cat([weight, bias[:, None]], 1).reshape(-1, self.block_size, inputs + 1)
        kernel = doubled_kernel(powers, both, self.chunk).reshape(len(weight), self.chunk, inputs + 1)
        flat = x.permute(1, 2, 0, 3).flatten(2)
        return flat @ kernel[:, :, :inputs].reshape(len(weight), -1).T + kernel[:, :, inputs].sum(1)


class Drive:
    """v = U x + b of arranged inputs, and the gradients that λ brings to U, b and s.

    Since h_t − U x_t − b = s ⊙ (gain · H h_{t−1}), ∂L/∂s = s ⊙ Σ λ_t ⊙ (h_t − U x_t − b): sums over λ ⊙ h, and those
    that the gradients of U and b need anyway.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight, bias
        self._table = (weight.T + bias).contiguous()
        self.of_weight, self.of_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        self._of_states = torch.zeros_like(bias)

    def __call__(self, x: Tensor) -> Tensor:
        """Of shape ``(…, d)`` for tokens ``(…)`` or vectors ``(…, m)``."""
        if is_tokens(x):
            return self._table.index_select(0, x.reshape(-1)).view(*x.shape, -1)
        return torch.addmm(self._bias, x.reshape(-1, x.shape[-1]), self._weight.T).view(*x.shape[:-1], -1)

    def collect(self, x: Tensor, adjoint: Tensor, states: Tensor | None) -> None:
        """Add what the λ of some positions brings; ``states`` only where ∂L/∂s is wanted."""
        flat = adjoint.reshape(-1, adjoint.shape[-1])
        self.of_bias += flat.sum(0)
        if is_tokens(x) and self._weight.shape[1] > DENSE_PAYS:
            self.of_weight.T.index_add_(0, x.reshape(-1), flat)
        else:
            vectors = as_vectors(x, self._weight.shape[1], adjoint.dtype)
            self.of_weight.addmm_(flat.T, vectors.reshape(-1, vectors.shape[-1]))
        if states is not None:
            self._of_states += (states * adjoint).view(flat.shape).sum(0)

    def of_signs(self, signs: Tensor) -> Tensor:
        """∂L/∂s, once all positions are collected."""
        return signs * (self._of_states - (self._weight * self.of_weight).sum(1) - self._bias * self.of_bias)
