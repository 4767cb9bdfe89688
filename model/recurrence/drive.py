"""What drives the recurrence: v_t = U x_t + b, from vectors or from tokens."""

import torch
from torch import Tensor
from torch.nn.functional import embedding, one_hot

ONE_HOT_PAYS = 64  # up to this many tokens a product with one-hot vectors takes less time than rows of a table


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


class Drive:
    """U x + b of inputs arranged as :class:`~.scan.ChunkedSteps` does, and the gradients that λ brings to U, b and s.

    One table does for both: U with b as one more column, for vectors with one more input that is 1; U + b for tokens.
    Many tokens are looked up, few are one-hot vectors in a product.

    Since h_t − U x_t − b = s ⊙ (gain · H h_{t−1}), ∂L/∂s = s ⊙ Σ λ_t ⊙ (h_t − U x_t − b): sums over λ ⊙ h, and those
    that the gradients of U and b need anyway.

    Parameters
    ----------
    weight, bias : U of shape ``(d, m)`` and b of shape ``(d,)``.
    tokens : whether inputs are tokens.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, tokens: bool) -> None:
        self._tokens, self._looked_up = tokens, tokens and weight.shape[1] > ONE_HOT_PAYS
        self._none = weight.shape[1]  # the token that drives nothing
        if self._looked_up:  # a row for each token, and one of zeros
            self.table = weight.new_zeros(self._none + 1, len(weight))
            torch.add(weight.T, bias, out=self.table[:-1])
        else:
            self.table = weight + bias[:, None] if tokens else torch.cat([weight, bias[:, None]], 1)
        self._of_table, self._of_states = torch.zeros_like(self.table), torch.zeros_like(bias)
        self._products = bias.new_zeros(0, len(bias), 0)

    @property
    def inputs(self) -> int:
        """m for tokens, m + 1 for vectors."""
        return self._none if self._tokens else self._none + 1

    def extended(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Inputs ``(batch, time, m)`` with that of b, or tokens ``(batch, time)``, to be arranged. Steps that ``mask``
        leaves out drive nothing.
        """
        if self._tokens:
            return x if mask is None else torch.where(mask, x, self._none)
        one = x.new_ones(*x.shape[:2], 1) if mask is None else mask[..., None].to(x.dtype)
        return torch.cat([x if mask is None else x * one, one], 2)

    def read(self, arranged: Tensor) -> Tensor:
        """Arranged inputs as the other methods take them: vectors ``(positions, inputs, columns)``, or tokens
        ``(positions, columns)`` where they are looked up.
        """
        if not self._tokens or self._looked_up:
            return arranged
        return (arranged[:, None] == torch.arange(self._none, device=arranged.device)[:, None]).to(self.table.dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """U x + b of shape ``(positions, d, columns)``."""
        if self._looked_up:
            return self.table.index_select(0, x.reshape(-1)).view(*x.shape, -1).mT.contiguous()
        return torch.bmm(self.table.expand(len(x), -1, -1), x)

    def collect(self, x: Tensor, adjoint: Tensor, states: Tensor | None) -> None:
        """Add what the λ of some positions brings; ``states`` only where ∂L/∂s is wanted."""
        if self._looked_up:
            self._of_table.index_add_(0, x.reshape(-1), adjoint.mT.reshape(-1, len(self._of_states)))
        else:
            self._of_table += torch.bmm(adjoint, x.mT).sum(0)
        if states is not None:
            if self._products.shape != states.shape:
                self._of_states += self._products.sum((0, 2))
                self._products = torch.zeros_like(states)
            self._products.addcmul_(states, adjoint)  # summed once, and not for every call

    def of_signs(self, signs: Tensor) -> Tensor:
        """∂L/∂s, once all positions are collected."""
        of_states = self._of_states + self._products.sum((0, 2))
        return signs * (of_states - (self.table * self._of_table).sum(0 if self._looked_up else 1))

    def of_weight_and_bias(self) -> tuple[Tensor, Tensor]:
        """∂L/∂U and ∂L/∂b, once all positions are collected."""
        table = self._of_table[:-1].T if self._looked_up else self._of_table
        return (table, table.sum(1)) if self._tokens else (table[:, :-1], table[:, -1])
