"""Losses and accuracies against their definitions: per sequence, per step, with lengths, of regressions."""

import numpy as np
import pytest
import torch

from hadamrnn.model import objective
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import evaluate, score
from hadamrnn.model.split import Split


def network(output_size: int = 3, readout: str = "last") -> HadamardRNN:
    generator = torch.Generator().manual_seed(5)
    return HadamardRNN(input_size=1, hidden_size=16, output_size=output_size, readout=readout, generator=generator)


def inputs(count: int = 90, steps: int = 12) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, steps, 1)).astype(np.float32)


def classes(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 3, shape)


def entropies(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cross-entropy of every label, by its definition."""
    shifted = logits - logits.max(-1, keepdims=True)
    return np.log(np.exp(shifted).sum(-1)) - np.take_along_axis(shifted, y[..., None], -1)[..., 0]


def outputs(one: HadamardRNN, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return one(torch.from_numpy(x)).double().numpy()


def test_one_label_a_sequence() -> None:
    split, one = Split(x=inputs(), y=classes(90)), network()
    found, logits = evaluate(one, split), outputs(one, split.x)
    assert found.loss == pytest.approx(entropies(logits, split.y).mean(), rel=1e-6)
    assert found.accuracy == np.mean(logits.argmax(1) == split.y)
    assert found.sequence_accuracy is None


def test_a_label_per_step() -> None:
    one, x = network(readout="every"), inputs(steps=3)
    logits = outputs(one, x)
    y = logits.argmax(2)
    y[:60, 1] = classes(60)
    found = evaluate(one, Split(x=x, y=y))
    right = logits.argmax(2) == y
    assert found.loss == pytest.approx(entropies(logits, y).mean(), rel=1e-6)
    assert (found.accuracy, found.sequence_accuracy) == (right.mean(), right.all(1).mean())
    assert 0.3 < found.sequence_accuracy < found.accuracy < 1


def test_a_regression() -> None:
    for readout, shape in (("last", (90, 2)), ("every", (90, 12, 2))):
        one = network(output_size=2, readout=readout)
        y = np.random.default_rng(2).normal(size=shape).astype(np.float32)
        found = evaluate(one, Split(x=inputs(), y=y))
        assert found.loss == pytest.approx(((outputs(one, inputs()) - y) ** 2).mean(), rel=1e-6)
        assert (found.accuracy, found.sequence_accuracy) == (None, None)


def test_steps_after_the_end_count_nowhere() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, lengths = torch.randn(4, 6, 3, generator=generator), torch.tensor([6, 1, 3, 5])
    counts = torch.arange(6) < lengths[:, None]
    y = logits.argmax(-1)
    y[1, 1:], y[2, 2] = 77, (y[2, 2] + 1) % 3  # nonsense after the end, one mistake before it
    found = score(logits, y, lengths)
    expected = entropies(logits.double().numpy(), np.where(counts, y, 0))[counts.numpy()].mean()
    assert float(found.loss) == pytest.approx(expected, rel=1e-6)
    assert (found.counted, found.right, found.sequences_right) == (15, 14, 3)

    targets = torch.randn(4, 6, 3, generator=generator).masked_fill(~counts[..., None], torch.nan)
    logits.requires_grad_()
    found = score(logits, targets, lengths)
    found.loss.backward()
    expected = ((logits.detach() - targets)[counts] ** 2).mean()
    assert float(found.loss.detach()) == pytest.approx(float(expected), rel=1e-6)
    assert (found.counted, found.right, found.sequences_right) == (15, None, None)
    assert torch.isfinite(logits.grad).all()
    assert not logits.grad[~counts].any()


def test_lengths_mean_nothing_to_one_label_a_sequence() -> None:
    logits, y = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 0])
    assert torch.equal(score(logits, y, torch.tensor([1, 2, 3, 4])).loss, score(logits, y).loss)


@pytest.mark.parametrize("readout", ["last", "every"])
def test_evaluation_does_not_depend_on_its_batches(readout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    y = classes(90) if readout == "last" else classes(90, 12)
    split, one = Split(x=inputs(), y=y), network(readout=readout)
    whole = evaluate(one, split)
    monkeypatch.setattr(objective, "EVALUATION_BATCH", 7)
    batched = evaluate(one, split)
    assert (batched.accuracy, batched.sequence_accuracy) == (whole.accuracy, whole.sequence_accuracy)
    assert batched.loss == pytest.approx(whole.loss, rel=1e-6)


def test_long_sequences_with_a_result_per_step_are_evaluated_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Watched(Split):
        def batch(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
            sizes.append(len(indices))
            return super().batch(indices)

    monkeypatch.setattr(objective, "EVALUATION_STEPS", 480)
    evaluate(network(readout="every"), Watched(x=inputs(), y=classes(90, 12)))
    evaluate(network(), Watched(x=inputs(), y=classes(90)))
    assert sizes == [40, 40, 10, 90]
    sizes.clear()
    monkeypatch.setattr(objective, "EVALUATION_STEPS", 5)  # less than one sequence
    evaluate(network(readout="every"), Watched(x=inputs(3), y=classes(3, 12)))
    assert sizes == [1, 1, 1]
