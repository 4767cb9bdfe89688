"""Steps of the recurrence on plain tensors, forwards and backwards in time, for the scans with their own gradients."""

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..walsh_hadamard import hadamard_matrix
from .doubling import doubled_kernel
from .drive import Drive
from .powers import doubled_powers, recurrent_blocks, recurrent_power

CACHED = 1 << 17  # numbers: half a megabyte in single precision, and four such arrays are in use at a time
DENSE_PAYS = 32  # up to this block size one product takes less time than two (measured, AVX-512)
KERNEL_PAYS = 16  # up to this many inputs, the last state of a chunk costs less by its closed form than step by step


class ChunkedSteps:
    """A sequence as K chunks of c steps that run side by side.

    Arrays are ``(c, …, columns)``, columns = K · batch: a position of a chunk, units or inputs, and all chunks of all
    sequences. One chunk, K = 1, is the sequence itself, step by step. With more, the state that each chunk begins with
    has to be known first.

    A step is two products, since H_n = H_a ⊗ H_s: H_a takes each block as a rows of s · columns numbers, and
    diag(s) · gain · H_s takes each group of s units as rows of columns. Both read and write memory in order, neither
    needs a pass for signs or gain, and a vector costs n · (a + s) multiply-adds instead of n².

    Parameters
    ----------
    signs : ``(d,)``; no gradient is taken here.
    block_size, gain : of W.
    steps, chunk : T and c.
    """

    def __init__(self, signs: Tensor, block_size: int, gain: float, steps: int, chunk: int) -> None:
        self.signs, self.block_size, self.gain = signs.detach(), block_size, gain
        self.steps, self.chunk, self.chunks = steps, chunk, -(-steps // chunk)
        outer, inner = factors(block_size)
        self._inner = recurrent_blocks(self.signs, inner, gain)
        self._inner_transposed = self._inner.mT.contiguous()
        factor = hadamard_matrix(outer, dtype=signs.dtype).to(signs.device)
        self._outer = factor.expand(len(signs) // block_size, outer, outer)

    def arrange(self, x: Tensor) -> Tensor:
        """``(batch, T, …)`` to ``(c, …, columns)``; zeros fill the last chunk, behind all that is looked at."""
        missing = self.chunk * self.chunks - self.steps
        if missing:
            x = pad(x, (0, 0) * (x.ndim - 2) + (0, missing))
        x = x.unflatten(1, (self.chunks, self.chunk)).movedim(0, -1)  # (K, c, …, batch)
        return x.movedim(0, -2).flatten(-2).contiguous()

    def restore(self, y: Tensor) -> Tensor:
        """The inverse of :meth:`arrange`; shares memory where there is one chunk."""
        y = y.unflatten(-1, (self.chunks, -1)).movedim(-1, 0)  # (batch, c, …, K)
        return y.movedim(-1, 1).flatten(1, 2)[:, : self.steps]

    def segments(self, columns: int) -> list[slice]:
        """The positions of a chunk in stretches whose states stay in a core's own cache."""
        length = max(1, CACHED // (columns * len(self.signs)))
        return [slice(start, min(start + length, self.chunk)) for start in range(0, self.chunk, length)]

    def run(self, drive: Tensor, state: Tensor | None, *, backwards: bool = False, driven: bool = True) -> Tensor:
        """Turn ``drive``, ``(positions, d, columns)``, into states in place, from ``state`` on (None for zero).

        h = W h' + v forwards; with ``backwards`` λ = Wᵀ λ' + g, from the last position to the first. What is not
        ``driven`` has nothing to add: ``drive`` is overwritten, but for the first state where ``state`` is None.

        Returns
        -------
        The last state computed, a view of ``drive``.
        """
        blocks, outer, _ = self._outer.shape
        groups, inner, _ = self._inner.shape
        columns = drive.shape[-1]
        by_block, by_group = (blocks, outer, inner * columns), (groups, inner, columns)
        rows, units = drive.view(-1, *by_block).unbind(0), drive.view(-1, *by_group).unbind(0)
        order = range(len(rows))[::-1] if backwards else range(len(rows))
        if state is None:
            order, before = order[1:], order[0]
            row, unit = rows[before], units[before]
        else:
            row, unit = state.view(by_block), state.view(by_group)
        factor = self._inner_transposed if backwards else self._inner
        beta = int(driven)  # with 0, what is there is not even read
        if outer == 1:
            for here in order:
                unit = units[here].baddbmm_(factor, unit, beta=beta)
            return unit.view(drive.shape[1:])
        between = torch.empty_like(drive[0])
        between_row, between_unit = between.view(by_block), between.view(by_group)
        if backwards:
            for here in order:
                torch.bmm(factor, unit, out=between_unit)
                rows[here].baddbmm_(self._outer, between_row, beta=beta)
                unit = units[here]
        else:
            for here in order:
                torch.bmm(self._outer, row, out=between_row)
                units[here].baddbmm_(factor, between_unit, beta=beta)
                row = rows[here]
        return drive[0 if backwards else -1]

    def ends(self, drive: Drive, x: Tensor) -> Tensor:
        """The state after each chunk as if it began at zero, ``(d, columns)``, of arranged ``x``."""
        if drive.inputs <= KERNEL_PAYS:
            return self._ends_by_kernel(drive, x)
        state = None
        for position in range(self.chunk):
            state = self.run(drive(x[position : position + 1]), state)
        assert state is not None
        return state

    def begins(self, ends: Tensor, *, backwards: bool = False) -> Tensor:
        """What each chunk begins with, ``(d, columns)``, from how each would end."""
        whole = recurrent_power(self.signs, self.block_size, self.gain, self.chunk)
        whole, order = (whole.mT, range(self.chunks)[::-1]) if backwards else (whole, range(self.chunks))
        ends = ends.view(-1, self.block_size, self.chunks, ends.shape[-1] // self.chunks)
        begins = torch.zeros_like(ends)
        for before, chunk in pairwise(order):
            begins[:, :, chunk] = torch.baddbmm(ends[:, :, before], whole, begins[:, :, before])
        return begins.view(len(self.signs), -1)

    def _ends_by_kernel(self, drive: Drive, x: Tensor) -> Tensor:
        powers = doubled_powers(self.signs, self.block_size, self.gain, self.chunk)
        kernel = doubled_kernel(powers, drive.table.view(-1, self.block_size, drive.inputs), self.chunk)
        return kernel.view(len(self.signs), -1) @ x.flatten(0, 1)


def factors(block_size: int) -> tuple[int, int]:
    """a and s of H_n = H_a ⊗ H_s: 1 and n for small blocks, else as equal as powers of two can be, a ≤ s."""
    if block_size <= DENSE_PAYS:
        return 1, block_size
    outer = 1 << (block_size.bit_length() - 1) // 2
    return outer, block_size // outer
