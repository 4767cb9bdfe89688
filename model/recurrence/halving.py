"""The last state by pairwise reduction: for wide inputs and for tokens, whose kernel would be too large."""

import torch
from torch import Tensor


def last_by_halving(powers: list[Tensor], drive: Tensor) -> Tensor:
    """h_T = Σ_t W^(T−1−t) v_t, by adding W^j times the earlier half of the steps to the later half, log2(T) times.

    Work: T·d·n a sequence. With j = T/2 the halves lie one after the other, so that every product reads and writes
    memory in order; pairs of neighbours (Z' = W Z_even + Z_odd) would need the same powers and the same work.

    Parameters
    ----------
    powers : W, W², W⁴, … below T, each of shape ``(q, n, n)``.
    drive : v of shape ``(time, batch, d)``.

    Returns
    -------
    Tensor of shape ``(batch, d)``.
    """
    for exponent in reversed(range(len(powers))):
        later = 1 << exponent  # steps that remain; those before them join `later` steps on
        earlier = len(drive) - later
        moved = apply_blocks(powers[exponent], drive[:earlier])
        alone, joined = drive[earlier:].split([later - earlier, earlier])
        drive = torch.cat([alone, joined + moved]) if len(alone) else joined + moved
    return drive[0]


def apply_blocks(blocks: Tensor, states: Tensor) -> Tensor:
    """A block-diagonal matrix, ``(q, n, n)``, times states of shape ``(..., d)``."""
    count, size, _ = blocks.shape
    if count == 1:
        return states @ blocks[0].T
    return torch.einsum("...qn,qmn->...qm", states.unflatten(-1, (count, size)), blocks).flatten(-2)
