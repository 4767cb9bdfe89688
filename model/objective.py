"""What training makes small and what evaluation reports: cross-entropy and accuracy, or squared errors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from .network import HadamardRNN
from .orthogonal_network import OrthogonalRNN
from .split import Split
from .threads import suited_threads

EVALUATION_BATCH = 1000  # sequences
EVALUATION_STEPS = 100_000  # of all sequences of a batch together, where every step has a state in memory
_IGNORED = -100


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How good a network is on a split.

    Parameters
    ----------
    loss : mean over all steps that count (all sequences, with one label each) of the cross-entropy in nats, or of the
        squared error, averaged over the targets.
    accuracy : share of labels that are right, 0 to 1; ``None`` for a regression.
    sequence_accuracy : share of sequences with every label right; ``None`` without a label per step.
    """

    loss: float
    accuracy: float | None
    sequence_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one batch: the mean ``loss``, which can be differentiated, and the counts that means over batches need.

    ``counted`` labels or target vectors, of which ``right`` are right, in ``sequences_right`` sequences all of them.
    """

    loss: Tensor
    counted: int
    right: int | None
    sequences_right: int | None


def score(output: Tensor, y: Tensor, lengths: Tensor | None = None) -> Score:
    """Compare what a network computes with what it should.

    Parameters
    ----------
    output : of shape ``(batch, o)`` or ``(batch, time, o)``.
    y : classes (integers) of shape ``(batch,)`` or ``(batch, time)``, or targets (floats) of the shape of ``output``.
    lengths : of shape ``(batch,)``, the steps that count of every sequence; all where left out. Means nothing where
        there is one label or target a sequence.
    """
    counts = None
    if lengths is not None and output.ndim == 3:
        counts = torch.arange(output.shape[1], device=output.device) < lengths[:, None]
    counted = output[..., 0].numel() if counts is None else int(counts.sum())
    if y.is_floating_point():
        return Score(loss=_squared_error(output, y, counts), counted=counted, right=None, sequences_right=None)
    if counts is not None:
        y = y.masked_fill(~counts, _IGNORED)
    if output.ndim == 2:
        hits = output.argmax(-1) == y
        loss = cross_entropy(output, y, ignore_index=_IGNORED)
        return Score(loss=loss, counted=counted, right=int(hits.sum()), sequences_right=None)
    loss, hits = _scored_steps(output, y)
    right = int(hits.sum())
    whole = hits if counts is None else hits | ~counts
    return Score(loss=loss, counted=counted, right=right, sequences_right=int(whole.all(1).sum()))


@torch.no_grad()
def evaluate(network: HadamardRNN | OrthogonalRNN, split: Split) -> Evaluation:
    """Evaluate ``network``, on the device where it is, on ``split``; the loss is summed up in double precision.

    In batches of :data:`EVALUATION_BATCH` sequences, or of fewer where all steps have a state in memory.
    """
    loss, counted, right, sequences_right = 0.0, 0, 0, 0
    for output, y, lengths in outputs(network, split):
        part = score(output.double(), y.double() if y.is_floating_point() else y, lengths)
        loss += part.loss.item() * part.counted
        counted += part.counted
        right = None if part.right is None or right is None else right + part.right
        if part.sequences_right is None or sequences_right is None:
            sequences_right = None
        else:
            sequences_right += part.sequences_right
    return Evaluation(
        loss=loss / counted,
        accuracy=None if right is None else right / counted,
        sequence_accuracy=None if sequences_right is None else sequences_right / len(split),
    )


def outputs(network: HadamardRNN | OrthogonalRNN, split: Split) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """What ``network`` computes for ``split``, batch after batch, with ``y`` and ``lengths`` beside it."""
    device, size = network.output_weight.device, _batch_size(network, split)
    with suited_threads(network, sequences=min(len(split), size), steps=split.x_shape[0]):
        for start in range(0, len(split), size):
            x, y, lengths = tensors(split, np.arange(start, min(start + size, len(split))), device)
            yield network(x) if lengths is None else network(x, lengths), y, lengths


def tensors(split: Split, indices: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor, Tensor | None]:
    """A batch of ``split`` on ``device``: ``x`` (tokens as int64), ``y`` and ``lengths``."""
    x, y, lengths = (None if part is None else torch.from_numpy(part) for part in split.batch(indices))
    assert x is not None
    assert y is not None
    x = x if x.is_floating_point() else x.long()
    return x.to(device), y.to(device), None if lengths is None else lengths.to(device)


def _scored_steps(output: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of ``(batch, time, o)``, and which labels are right.

    On the processor with the sequences side by side and the classes apart, as read-outs of every step are in memory:
    softmax and maximum of a few numbers that lie together take ten times as long (measured: 60 ms instead of 7 for 128
    sequences of 1000 steps, more than half of what the network itself takes). On CUDA they do not, and a loss of more
    than two axes has no deterministic form there.
    """
    if output.is_cuda:
        loss = cross_entropy(output.flatten(0, 1), y.flatten(), ignore_index=_IGNORED)
        return loss, output.argmax(-1) == y
    apart = output.permute(1, 2, 0)
    loss = cross_entropy(apart, y.T, ignore_index=_IGNORED)
    return loss, (apart.detach().max(1).indices == y.T).T  # the first of equals, as argmax


def _squared_error(output: Tensor, y: Tensor, counts: Tensor | None) -> Tensor:
    if output.shape != y.shape:
        raise AssertionError(f"output of shape {tuple(output.shape)}, targets of {tuple(y.shape)}")
    if counts is None:
        return ((output - y) ** 2).mean()
    error = (output - y.masked_fill(~counts[..., None], 0)).masked_fill(~counts[..., None], 0)
    return (error**2).sum() / (counts.sum() * y.shape[-1])


def _batch_size(network: HadamardRNN | OrthogonalRNN, split: Split) -> int:
    steps = split.x_shape[0]
    every = network.readout == "every" or len(split.x_shape) == 1 or not _has_closed_form(network)
    return max(1, min(EVALUATION_BATCH, EVALUATION_STEPS // steps)) if every else EVALUATION_BATCH


def _has_closed_form(network: HadamardRNN | OrthogonalRNN) -> bool:
    """Whether the last state is computed without all those before it; a baseline has no closed form."""
    return isinstance(network, HadamardRNN) or getattr(network, "activation", "") == "none"
