"""What drives the recurrence: v_t = U x_t + b, from vectors or from tokens."""

import torch
from torch import Tensor
from torch.nn.functional import embedding, one_hot


def is_tokens(x: Tensor) -> bool:
    """Whether ``x`` holds tokens, integers of shape ``(batch, time)``, and not vectors ``(batch, time, m)``."""
    return not x.is_floating_point()


def driven(weight: Tensor, bias: Tensor, x: Tensor) -> Tensor:
    """U x_t + b of shape ``(batch, time, d)``; for a token the column of U."""
    if is_tokens(x):
        return embedding(x, weight.T + bias)  # the bias joins the table: one array of the size of the states, not two
    batch, steps, inputs = x.shape
    return torch.addmm(bias, x.reshape(batch * steps, inputs), weight.T).reshape(batch, steps, -1)


def as_vectors(x: Tensor, inputs: int, dtype: torch.dtype) -> Tensor:
    """Tokens as one-hot vectors of shape ``(batch, time, m)``; vectors as they are."""
    return one_hot(x.long(), inputs).to(dtype) if is_tokens(x) else x


def aligned_to_end(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Sequences moved so that each ends with the last step, and a mask of the steps that are theirs.

    Steps before a sequence are zeros (token 0): a state that starts at zero stays there while nothing drives it, so the
    last state is unchanged once the mask holds bias and tokens back.

    Parameters
    ----------
    x : vectors ``(batch, time, m)`` or tokens ``(batch, time)``.
    lengths : integers of shape ``(batch,)``, 1 to ``time``.

    Returns
    -------
    ``x`` in that order, and a bool mask of shape ``(batch, time)``.
    """
    steps = x.shape[1]
    source = torch.arange(steps, device=x.device) - (steps - lengths.to(x.device))[:, None]
    mask = source >= 0
    source = source.clamp(min=0)
    if is_tokens(x):
        return x.gather(1, source) * mask, mask
    moved = x.gather(1, source[..., None].expand(-1, -1, x.shape[2]))
    return moved * mask[..., None], mask


def with_bias_input(weight: Tensor, bias: Tensor, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """U and vectors x with one more input, which is 1 where ``mask`` is set and weighs b."""
    return torch.cat([weight, bias[:, None]], 1), torch.cat([x, mask[..., None].to(x.dtype)], 2)
