"""Learning signs by search: candidate blocks are scored by how well a read-out, fitted exactly, does with them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..errors import InputError
from .network import HadamardRNN
from .recurrence import last_state, recurrent_blocks
from .recurrence.halving import apply_blocks
from .task import Task

SEQUENCES = 4000  # that candidates are scored on, the first of the training set; more for states that need more
READ_STEPS = 32  # with a read-out at every step: the steps that are looked at
ROUND = 16  # candidates for a block between two looks at which is best
RIDGE = 1e-2  # of the least-squares fit, times the mean variance of a feature
PORTION = 512  # units whose features are computed at once
MUTATIONS = 0.5  # share of candidates that vary the best block so far, itself among them; others are drawn afresh


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search did.

    Attributes
    ----------
    candidates : blocks that were scored, over all blocks.
    accepted : how often one replaced what was there.
    unexplained : share of the targets' sum of squares that the ridge read-out leaves over, its penalty included, 0 to
        1, before and after.
    """

    candidates: int
    accepted: int
    unexplained: tuple[float, float]


@torch.no_grad()
def search_signs(
    network: HadamardRNN,
    task: Task,
    *,
    candidates: int,
    seed: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> SearchResult:
    """Give ``network`` better signs and input weights than those drawn, before its weights are trained.

    A candidate for a block is a sign vector and n rows of U. Its features relu(h) come from the closed form, those of
    several candidates in one product, and the least-squares read-out from these and the other blocks' features to the
    one-hot classes (or the targets of a regression) is solved exactly: with the other blocks eliminated once, a
    candidate costs a system of n equations. The best of a round replaces the block if it leaves less of the targets
    unexplained. No gradient has to find its way through a sign, so the length of the sequences does not matter.

    Parameters
    ----------
    network : its ``sign_latents`` and ``input_weight`` are set; every magnitude of the latents stays.
    task : the first sequences of its training split are used.
    candidates : how many are scored for each block.
    seed : of what is drawn. The same search gives the same signs on the same machine.
    report : called with the rounds done and all rounds.

    Tokens with an embedding are too many to draw columns of U for. What stands for a token is then the logarithm of how
    much more often it occurs with a class than it would by chance, one number a class, and only the signs are kept.

    Raises
    ------
    InputError
        If the network has an embedding, and the task no class for a whole sequence; if the normal equations are beyond
        single precision.
    """
    check_searchable(network, task)
    search = _Search(network, task, torch.Generator().manual_seed(seed))
    before, accepted, rounds = search.unexplained(), 0, -(-candidates // ROUND)
    for number in range(rounds):
        for block in range(search.blocks):
            accepted += search.improve(block)
            if report:
                report(number * search.blocks + block + 1, rounds * search.blocks)
    search.store(network)
    return SearchResult(
        candidates=rounds * ROUND * search.blocks, accepted=accepted, unexplained=(before, search.unexplained())
    )


def check_searchable(network: HadamardRNN, task: Task) -> None:
    """Refuse what :func:`search_signs` cannot do, before anything is begun.

    Raises
    ------
    InputError
        As there.
    """
    if network.embedding is not None and (task.objective, task.readout) != ("classification", "last"):
        raise InputError(f"signs cannot be searched with an embedding for task {task.name!r}: draw or learn them")


class _Search:
    """The blocks as they are, their features and the normal equations of the read-out."""

    def __init__(self, network: HadamardRNN, task: Task, generator: torch.Generator) -> None:
        self.block_size, self.gain = network.block_size, network.gain
        self.blocks = network.hidden_size // network.block_size
        self._rectified, self._generator = network.readout_activation == "relu", generator
        self._bound = float(network.input_weight.abs().max())
        self.signs = network.signs.detach().reshape(self.blocks, -1).clone()
        count = min(len(task.train), max(SEQUENCES, 8 * network.hidden_size))
        x, y, lengths = task.train.batch(np.arange(count))
        self._x, self._lengths = torch.from_numpy(x), None if lengths is None else torch.from_numpy(lengths)
        self._signs_only = network.embedding is not None
        self._driving = 1 if self._signs_only else network.driving
        self._mean = None if self._signs_only else network.input_mean
        self._input_gain = 1.0 if self._signs_only else network.input_gain
        if not self._signs_only:
            weight = network.effective_input_weight().detach()
        else:
            self._x = _log_odds(x, y, lengths, network.input_size, task.output_size)
            weight = self._uniform(network.hidden_size, task.output_size) * self._bound
        self.weight = weight.reshape(self.blocks, self.block_size, -1).clone()
        self._steps = None if task.readout == "last" else _read_steps(y, generator)
        self._counted = None  # which rows are steps of a sequence, and not padding
        if self._steps is not None and self._lengths is not None:
            self._counted = (torch.tensor(self._steps)[:, None] < self._lengths).flatten()
        self._targets = self._centred_targets(torch.from_numpy(y), task)
        self._features = self._features_of(self.signs, self.weight).flatten(1)
        spread = float(self._features.var())
        self._ridge = RIDGE * len(self._features) * (spread if spread > 0 else 1.0)  # none: one sequence, or all alike
        self._gram = self._features.T @ self._features
        self._moments = self._features.T @ self._targets

    def improve(self, block: int) -> bool:
        """Replace a block by the best of a round of candidates; whether one was better."""
        signs, weight = self._candidates(block)
        features = torch.cat([self._features_of(s, u) for s, u in self._portions(signs, weight)], 1)
        explained = self._explained(block, features)
        best = int(explained.argmax())
        if best == 0:
            return False
        here = self._units(block)
        self.signs[block], self.weight[block] = signs[best], weight[best]
        self._features[:, here] = features[:, best]
        products = self._features.T @ features[:, best]
        self._gram[:, here], self._gram[here] = products, products.T.contiguous()
        self._moments[here] = features[:, best].T @ self._targets
        return True

    def unexplained(self) -> float:
        """The least of |Y − F V|² + λ|V|² over all read-outs V, for features F and targets Y, as a share of |Y|²."""
        total = self._targets.square().sum()
        _check_finite(total)
        explained = (self._solve(self._gram, self._moments) * self._moments).sum()
        return 1 - float(explained) / float(total) if total else 0.0

    def store(self, network: HadamardRNN) -> None:
        """Hand signs and U to the network."""
        network.sign_latents.copy_(network.sign_latents.abs() * self.signs.flatten())
        if not self._signs_only:
            network.input_weight.copy_(self.weight.flatten(0, 1))

    def _candidates(self, block: int) -> tuple[Tensor, Tensor]:
        """Signs ``(c, n)`` and U ``(c, n, m)``; the first is what is there."""
        here, weight = self.signs[block], self.weight[block]
        signs = self._signs(ROUND, self.block_size)
        weights = self._uniform(ROUND, *weight.shape) * self._bound
        varied = slice(0, max(1, round(MUTATIONS * ROUND)))
        flips = self._uniform(*signs[varied].shape).abs() < 1.5 / self.block_size
        moved = (weight + 0.3 * weights[varied]).clamp(-self._bound, self._bound)
        moves = self._uniform(len(moved), 1, 1) > 0
        flips[0], moves[0] = False, False
        if self._signs_only:
            signs[-1] = 1.0  # H alone: its eigenvalues are ±1, so it adds up tokens and forgets their order
        signs[varied] = torch.where(flips, -here, here)
        weights[varied] = torch.where(moves, moved, weight)
        return signs, weights * self._driving

    def _portions(self, signs: Tensor, weight: Tensor) -> list[tuple[Tensor, Tensor]]:
        size = max(1, PORTION // self.block_size)
        return list(zip(signs.split(size), weight.split(size), strict=True))

    def _features_of(self, signs: Tensor, weight: Tensor) -> Tensor:
        """Centred features of blocks, ``(rows, blocks, n)``: a row for every sequence, or for every step looked at."""
        flat = signs.flatten(), weight.flatten(0, 1) * self._input_gain
        bias = torch.zeros_like(flat[0]) if self._mean is None else -(flat[1] @ self._mean)
        shape = {"block_size": self.block_size, "gain": self.gain}
        if self._steps is None:
            states = last_state(*flat, bias, self._x, lengths=self._lengths, **shape)
        else:
            states = self._states_at_steps(*flat, bias, self._steps)
        if self._counted is not None:
            states = states[self._counted]
        features = torch.relu(states) if self._rectified else states
        features -= features.mean(0)
        return features.unflatten(1, (-1, self.block_size))

    def _states_at_steps(self, signs: Tensor, weight: Tensor, bias: Tensor, steps: list[int]) -> Tensor:
        """States after each of ``steps``, ``(sequences · steps, d)``, from one to the next."""
        shape = {"block_size": self.block_size, "gain": self.gain}
        blocks = recurrent_blocks(signs, self.block_size, self.gain)
        state, done, states = None, 0, []
        for step in steps:
            fresh = last_state(signs, weight, bias, self._x[:, done : step + 1], **shape)
            if state is not None:
                fresh += apply_blocks(torch.matrix_power(blocks, step + 1 - done), state)
            state, done = fresh, step + 1
            states.append(state)
        return torch.cat(states)

    def _centred_targets(self, y: Tensor, task: Task) -> Tensor:
        if self._steps is not None:
            y = y[:, self._steps].transpose(0, 1).flatten(0, 1)
        if self._counted is not None:
            y = y[self._counted]
        targets = y.float() if task.objective == "regression" else one_hot(y, task.output_size).float()
        return targets - targets.mean(0)

    def _explained(self, block: int, features: Tensor) -> Tensor:
        """What each candidate adds to the targets' explained variance, ``(c,)``, the other blocks being as they are."""
        here = self._units(block)
        others = torch.ones(self.blocks * self.block_size, dtype=torch.bool)
        others[here] = False
        rows, count, size = features.shape
        gram = torch.einsum("rcx,rcy->cxy", features, features)
        moments = torch.einsum("rcx,ro->cxo", features, self._targets)
        if self.blocks > 1:
            shared = (self._features.T @ features.reshape(rows, -1))[others]
            solved = self._solve(self._gram[others][:, others], shared)
            shared, solved = shared.reshape(-1, count, size), solved.reshape(-1, count, size)
            gram -= torch.einsum("dcx,dcy->cxy", shared, solved)
            moments -= torch.einsum("dcx,do->cxo", solved, self._moments[others])
        return (self._solve(gram, moments) * moments).sum((1, 2))

    def _solve(self, gram: Tensor, right: Tensor) -> Tensor:
        _check_finite(gram, right)
        return torch.linalg.solve(gram + self._ridge * torch.eye(gram.shape[-1]), right)

    def _units(self, block: int) -> slice:
        return slice(block * self.block_size, (block + 1) * self.block_size)

    def _uniform(self, *shape: int) -> Tensor:
        """Uniform in [−1, 1)."""
        return 2 * torch.rand(*shape, generator=self._generator) - 1

    def _signs(self, *shape: int) -> Tensor:
        return torch.where(torch.rand(*shape, generator=self._generator) < 0.5, -1.0, 1.0)


def _check_finite(*products: Tensor) -> None:
    """Refuse states or targets so large that their products are infinite: of what is not a number, none is best."""
    if not all(bool(product.isfinite().all()) for product in products):
        raise InputError("signs cannot be searched, states or targets are too large: draw or learn them")


def _read_steps(y: np.ndarray, generator: torch.Generator) -> list[int]:
    """At most :data:`READ_STEPS` steps, ascending, whose targets differ between sequences."""
    differ = np.flatnonzero((y != y[:1]).reshape(len(y), y.shape[1], -1).any((0, 2)))
    if not len(differ):
        differ = np.arange(y.shape[1])
    chosen = torch.randperm(len(differ), generator=generator)[:READ_STEPS].sort().values
    return [int(differ[index]) for index in chosen]


def _log_odds(x: np.ndarray, y: np.ndarray, lengths: np.ndarray | None, tokens: int, classes: int) -> Tensor:
    """Of every token, ``(N, T)``, the log of its frequency in each class over that in all: ``(N, T, classes)``.

    A half is added to every count. Steps beyond a sequence's length are zero.
    """
    counts = np.zeros((classes, tokens))
    inside = np.ones(x.shape, dtype=bool) if lengths is None else np.arange(x.shape[1]) < lengths[:, None]
    for label in range(classes):
        members = y == label
        counts[label] = np.bincount(x[members][inside[members]], minlength=tokens)
    share = (counts + 0.5) / (counts + 0.5).sum(1, keepdims=True)
    odds = np.log(share) - np.log(share.mean(0))
    return torch.from_numpy((odds.T[x] * inside[..., None]).astype(np.float32))
