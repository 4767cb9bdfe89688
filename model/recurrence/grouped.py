"""The last state of token sequences, r steps at a time: what drives a group of steps is a sum of rows of a table."""

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...errors import InputError


class GroupedLast(torch.autograd.Function):
    """h of the last step of every sequence, ``(batch, d)``, of W … W^r, U, b, tokens and lengths (or None).

    Counted from the end of a sequence, a token at place e = g·r + j acts on the last state through (W^r)^g · W^j. So
    z_g = Σ_j W^j (U x + b) of the r tokens of a group, and h = z_0 + W^r (z_1 + W^r (z_2 + …)). W^j is applied once to
    every word that occurs at some place j, not once to every token, and z_g is then a sum of at most r rows of that
    table: T/r products for each sequence and some for the words, instead of T. The gradients of the rows are sums over
    the groups again, gathered in the order of the words.

    Powers are ``(r, q, n, n)``, and their gradient is that of each of them. Rows lie in memory as
    :func:`~..embedding.folded` leaves them, a word's d numbers side by side.

    Raises
    ------
    InputError
        If a token is not from 0 to m − 1.
    """

    @staticmethod
    def forward(ctx: Any, powers: Tensor, weight: Tensor, bias: Tensor, x: Tensor, lengths: Tensor | None) -> Tensor:
        """States; a token is an integer from 0 to m − 1, in ``x`` of shape ``(batch, time)``."""
        order = None
        if lengths is not None:
            lengths, order = lengths.to(x.device).sort(descending=True, stable=True)
            x = x[order, : int(lengths[0])]
        words = _Words.of(x, lengths, len(powers), weight.shape[1])
        turned = powers.mT.contiguous()  # so that the products read memory in order
        states = _sums(words.rows, _table(turned, words, weight, bias), words.starts)
        stretches = _by_block(states, turned[-1]).split(words.begun, 1)
        for before, state in pairwise(stretches):
            _first(state, before).baddbmm_(before, turned[-1])
        learn = ctx.needs_input_grad[0]
        ctx.save_for_backward(powers, weight, bias, order, states if learn else None)
        ctx.words = words
        last = states[-len(x) :].clone()
        return last if order is None else torch.empty_like(last).index_copy_(0, order, last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of powers, weight and bias."""
        powers, weight, bias, order, states = ctx.saved_tensors
        words, leap = ctx.words, powers[-1]
        of_powers = None if states is None else torch.zeros_like(powers)
        adjoints = weight.new_empty(sum(words.begun), len(bias))
        adjoints[-words.begun[-1] :] = gradients[0] if order is None else gradients[0][order]
        stretches = _by_block(adjoints, leap).split(words.begun, 1)
        earlier = stretches if states is None else _by_block(states, leap).split(words.begun, 1)
        for number in range(len(stretches) - 1, 0, -1):
            later = _first(stretches[number], stretches[number - 1])
            if of_powers is not None:
                of_powers[-1].baddbmm_(later.mT, earlier[number - 1])
            torch.bmm(later, leap, out=stretches[number - 1])
        of_table = _sums(words.groups_by_word, adjoints, words.firsts)
        del adjoints, stretches, earlier
        of_rows = weight.new_zeros(weight.shape[1], len(bias))
        for place, here in enumerate(words.places):
            of_row, of_these = of_table[here], words.distinct[here]
            if place:
                if of_powers is not None:
                    driven = weight.T.index_select(0, of_these).add_(bias)
                    _correlate(of_powers[place - 1], of_row, driven)
                of_row = _turned(of_row, powers[place - 1])
            of_rows.index_add_(0, of_these, of_row)
        return of_powers, of_rows.T, of_rows.sum(0), None, None


class _Words(NamedTuple):
    """Which words drive which groups, and at which place of them. Sequences are in order, the longest first.

    Parameters
    ----------
    rows : for every token, group after group, the row of the table that it adds.
    starts : where in ``rows`` each group begins; groups follow each other in time, all sequences side by side.
    begun : how many sequences there are at each time of a group; later times have no fewer.
    distinct : the words of the rows of the table.
    places : the rows of each place.
    groups_by_word, firsts : the group of every token, in the order of the rows, and where each row's begin.
    """

    rows: Tensor
    starts: Tensor
    begun: list[int]
    distinct: Tensor
    places: list[slice]
    groups_by_word: Tensor
    firsts: Tensor

    @classmethod
    def of(cls, x: Tensor, lengths: Tensor | None, group: int, inputs: int) -> "_Words":
        """Of tokens ``(batch, time)``; ``lengths`` in descending order, or None."""
        (batch, steps), device = x.shape, x.device
        groups = -(-steps // group)
        place = torch.arange(groups * group, device=device).view(groups, 1, group)
        to_go = place.flip(0).expand(-1, batch, -1)  # (groups, batch, r): steps from the end, the earliest group first
        there = to_go < (steps if lengths is None else lengths[:, None])
        source = ((steps if lengths is None else lengths[:, None]) - 1 - to_go).clamp_(min=0)
        tokens = x.gather(1, source.transpose(0, 1).reshape(batch, -1)).view(batch, groups, group).transpose(0, 1)
        smallest, largest = (int(token) for token in tokens.masked_select(there).aminmax())
        if smallest < 0 or largest >= inputs:
            found = f"{smallest} to {largest}"
            raise InputError(f"tokens must be from 0 to {inputs - 1}, not {found}")
        kind = torch.int32 if group * inputs < 2**31 else torch.int64  # the narrower, the sooner sorted
        keys = (tokens + place[:1] * inputs).masked_select(there).to(kind)
        counts = there.sum(2)
        begun, counts = (counts > 0).sum(1).tolist(), counts.masked_select(counts > 0)
        starts = counts.cumsum(0) - counts
        keys, order = keys.sort(stable=True)
        first = torch.ones_like(keys, dtype=torch.bool)
        torch.ne(keys[1:], keys[:-1], out=first[1:])
        rows = torch.empty_like(order).index_copy_(0, order, first.cumsum(0) - 1)
        group_of = torch.arange(len(counts), device=device).repeat_interleave(counts)
        distinct = keys.masked_select(first).long()
        ends = torch.searchsorted(distinct, torch.arange(1, group + 1, device=device) * inputs).tolist()
        places = [slice(start, stop) for start, stop in pairwise([0, *ends])]
        return cls(
            rows, starts, begun, distinct % inputs, places, group_of.index_select(0, order), first.nonzero()[:, 0]
        )


def _table(turned: Tensor, words: _Words, weight: Tensor, bias: Tensor) -> Tensor:
    """W^j (U x + b) for every word at every place j where it occurs, a row each; powers are transposed."""
    rows, table = weight.T, weight.new_empty(len(words.distinct), len(bias))
    for place, here in enumerate(words.places):
        driven = torch.add(rows.index_select(0, words.distinct[here]), bias, out=None if place else table[here])
        if place:
            torch.bmm(_by_block(driven, turned[0]), turned[place - 1], out=_by_block(table[here], turned[0]))
    return table


def _sums(rows: Tensor, table: Tensor, starts: Tensor) -> Tensor:
    """Sums of rows of ``table``, those from one of ``starts`` to the next."""
    return torch.embedding_bag(table, rows, starts)[0]


def _first(rows: Tensor, like: Tensor) -> Tensor:
    """The sequences that there were earlier."""
    return rows if rows.shape == like.shape else rows[:, : like.shape[1]]


def _turned(rows: Tensor, blocks: Tensor) -> Tensor:
    """Every row of ``rows``, ``(count, d)``, times a block-diagonal matrix from the right."""
    out = torch.empty_like(rows)
    torch.bmm(_by_block(rows, blocks), blocks, out=_by_block(out, blocks))
    return out


def _correlate(of_blocks: Tensor, adjoints: Tensor, states: Tensor) -> None:
    """Add Σ λ hᵀ of all rows, of which only the blocks count."""
    of_blocks.baddbmm_(_by_block(adjoints, of_blocks).mT, _by_block(states, of_blocks))


def _by_block(rows: Tensor, blocks: Tensor) -> Tensor:
    """``(count, d)`` as ``(q, count, n)``: the same memory."""
    return rows.unflatten(1, (len(blocks), -1)).transpose(0, 1)
