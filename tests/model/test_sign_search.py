"""The search for signs: its scores against a direct least-squares fit, and what it leaves in the network."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model import sign_search
from hadamrnn.model.initialisation import input_mean
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.sign_search import RIDGE, ROUND, search_signs
from hadamrnn.model.split import Split
from hadamrnn.model.task import SPLITS, Task
from hadamrnn.model.tasks import adding, copy

SEQUENCES = 300


@pytest.fixture(autouse=True)
def few_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_search, "SEQUENCES", SEQUENCES)


def splits(make: Any) -> dict[str, Split]:
    return {name: make(np.random.default_rng(seed)) for seed, name in enumerate(("train", "validation", "test"))}


def classes_of(random: np.random.Generator, *, tokens: bool = False, lengths: bool = False) -> Split:
    """Three classes, by where the largest of the first values is, or by the first tokens."""
    count, steps = 400, 12
    taken = random.integers(6, steps + 1, count) if lengths else np.full(count, steps)
    if tokens:
        x = random.integers(0, 5, (count, steps)).astype(np.int32)
        y = x[:, :3].sum(1).astype(np.int64) % 3
    else:
        x = random.normal(size=(count, steps, 2)).astype(np.float32)
        y = x[:, :3, 0].argmax(1).astype(np.int64)
    x[np.arange(steps) >= taken[:, None]] = 0
    return Split(x=x, y=y, lengths=taken if lengths else None)


def labels_of_steps(random: np.random.Generator) -> Split:
    """What was seen three steps ago, for sequences of different lengths; labels of padding are no classes."""
    taken, x = random.integers(6, 13, 400), random.normal(size=(400, 12, 1)).astype(np.float32)
    y = (np.roll(x[..., 0], 3, 1) > 0).astype(np.int64)
    padding = np.arange(12) >= taken[:, None]
    x[padding], y[padding] = 0, -7
    return Split(x=x, y=y, lengths=taken)


def task_named(name: str) -> Task:
    if name == "adding":
        return adding.load(steps=20, sequences=400, validation_sequences=10, test_sequences=10)
    if name == "copy":
        return copy.load(steps=16, symbols=3, alphabet=3, sequences=400, validation_sequences=10, test_sequences=10)
    if name == "labels of steps":
        return Task(name=name, options={}, **splits(labels_of_steps), labels=("no", "yes"), readout="every")
    tokens, lengths = "tokens" in name, "lengths" in name
    kind: dict[str, Any] = {"input_kind": "index", "vocabulary": 5} if tokens else {}
    made = splits(lambda random: classes_of(random, tokens=tokens, lengths=lengths))
    return Task(name=name, options={}, **made, labels=("a", "b", "c"), **kind)


TASKS = ["vectors", "tokens", "vectors with lengths", "tokens with lengths", "adding", "copy", "labels of steps"]


def network_for(task: Task, *, hidden_size: int = 32, block_size: int = 8, **changes: Any) -> HadamardRNN:
    sizes = {"input_size": task.input_size, "output_size": task.output_size}
    options = {"input_kind": task.input_kind, "readout": task.readout, "generator": torch.Generator().manual_seed(3)}
    return HadamardRNN(hidden_size=hidden_size, block_size=block_size, **sizes, **options | changes)


def rows_of(network: HadamardRNN, task: Task, steps: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
    """Centred features and targets, float64, from the step loop: one sequence after the other."""
    x, y, lengths = task.train.batch(np.arange(min(len(task.train), SEQUENCES)))
    with torch.no_grad():
        states = network.double().states(torch.from_numpy(x).double() if x.ndim == 3 else torch.from_numpy(x)).numpy()
    network.float()
    if network.readout_activation == "relu":
        states = np.maximum(states, 0)
    taken = np.full(len(x), x.shape[1]) if lengths is None else lengths
    if steps is None:
        features, targets = states[np.arange(len(x)), taken - 1], y
    else:
        chosen = [(n, step) for n in range(len(x)) for step in steps if step < taken[n]]
        features, targets = (np.array([part[place] for place in chosen]) for part in (states, y))
    if task.objective == "classification":
        targets = np.eye(task.output_size)[targets]
    return features - features.mean(0), targets - targets.mean(0)


def explained(features: np.ndarray, targets: np.ndarray, ridge: float) -> float:
    """Of the sum of squares of the targets, by ridge regression."""
    moments = features.T @ targets
    return float((np.linalg.solve(features.T @ features + ridge * np.eye(len(moments)), moments) * moments).sum())


def steps_looked_at(task: Task) -> list[int] | None:
    """All whose targets differ: fewer than the search would choose from."""
    if task.readout == "last":
        return None
    y = task.train.batch(np.arange(SEQUENCES))[1]
    return [step for step in range(y.shape[1]) if (y[:, step] != y[0, step]).any()]


@pytest.mark.quick(14)
@pytest.mark.parametrize(
    "changes", [{}, {"readout_activation": "none"}, {"block_size": 32}, {"block_size": 1}], ids=str
)
@pytest.mark.parametrize("name", TASKS)
def test_unexplained_is_that_of_a_direct_fit_and_falls(name: str, changes: dict[str, Any]) -> None:
    task = task_named(name)
    network, steps = network_for(task, **changes), steps_looked_at(task)
    features, targets = rows_of(network, task, steps)
    ridge, total = RIDGE * len(features) * features.var(), np.square(targets).sum()
    before = 1 - explained(features, targets, ridge) / total
    result = search_signs(network, task, candidates=3 * ROUND)
    after = 1 - explained(*rows_of(network, task, steps), ridge) / total
    assert result.unexplained == pytest.approx((before, after), abs=2e-4)
    assert after < before
    assert result.accepted > 0


def test_what_the_fit_leaves_over_without_ridge_is_that_of_least_squares() -> None:
    task = task_named("vectors")
    features, targets = rows_of(network_for(task), task, None)
    _, residual, rank, _ = np.linalg.lstsq(features, targets, rcond=None)
    assert rank == features.shape[1]
    assert np.square(targets).sum() - explained(features, targets, 0) == pytest.approx(residual.sum())


@pytest.mark.parametrize("block_size", [4, 8, 32])
def test_gain_of_every_candidate_is_that_of_fitting_all_blocks(block_size: int) -> None:
    task = task_named("vectors")
    network = network_for(task, block_size=block_size)
    with torch.no_grad():
        search = sign_search._Search(network, task, torch.Generator().manual_seed(0))
        for block in {0, search.blocks - 1}:
            signs, weight = search._candidates(block)
            features = torch.cat([search._features_of(s, u) for s, u in search._portions(signs, weight)], 1)
            found = search._explained(block, features)
            all_features, targets = search._features.double().numpy(), search._targets.double().numpy()
            others = np.delete(all_features, np.arange(32).reshape(-1, block_size)[block], 1)
            alone = explained(others, targets, search._ridge) if others.size else 0.0
            for candidate in range(ROUND):
                replaced = np.concatenate([others, features[:, candidate].double().numpy()], 1)
                direct = explained(replaced, targets, search._ridge) - alone
                assert float(found[candidate]) == pytest.approx(direct, rel=1e-3, abs=1e-3), candidate


def test_the_first_candidate_is_what_is_there() -> None:
    task = task_named("vectors")
    with torch.no_grad():
        search = sign_search._Search(network_for(task), task, torch.Generator().manual_seed(0))
        signs, weight = search._candidates(2)
        assert torch.equal(signs[0], search.signs[2])
        assert torch.equal(weight[0], search.weight[2])
        assert set(signs.flatten().tolist()) == {-1.0, 1.0}
        assert weight.abs().max() <= float(network_for(task).input_weight.abs().max())
        assert len({tuple(candidate) for candidate in torch.cat([signs, weight.flatten(1)], 1).tolist()}) == ROUND


def test_equations_kept_up_to_date_are_those_of_the_features() -> None:
    task = task_named("copy")
    with torch.no_grad():
        search = sign_search._Search(network_for(task), task, torch.Generator().manual_seed(0))
        for block in range(search.blocks):
            search.improve(block)
        fresh = search._features_of(search.signs, search.weight).flatten(1)
        torch.testing.assert_close(search._features, fresh, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(search._gram, fresh.T @ fresh, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(search._moments, fresh.T @ search._targets, rtol=1e-4, atol=1e-3)


def test_a_blank_drives_no_candidate() -> None:
    task = task_named("copy")
    network = network_for(task, blank=task.blank, readout_activation="none")
    assert search_signs(network, task, candidates=4 * ROUND).accepted > 0
    assert not network.input_weight[:, task.blank].any()
    assert network.input_weight[:, 0].any()


@pytest.mark.parametrize("name", ["vectors", "tokens with lengths", "adding"])
def test_features_are_those_of_centred_inputs(name: str) -> None:
    task = task_named(name)
    network = network_for(task, input_mean=input_mean(task) + 0.5)
    features, targets = rows_of(network, task, None)
    ridge = RIDGE * len(features) * float(features.var())
    left = 1 - explained(features, targets, ridge) / np.square(targets).sum()
    assert search_signs(network, task, candidates=1).unexplained[0] == pytest.approx(left, rel=1e-3)


def test_the_seed_decides() -> None:
    task = task_named("vectors")
    networks = [network_for(task) for _ in range(3)]
    results = [
        search_signs(network, task, candidates=ROUND, seed=seed)
        for network, seed in zip(networks, (0, 0, 1), strict=True)
    ]
    assert results[0] == results[1]
    assert torch.equal(networks[0].sign_latents, networks[1].sign_latents)
    assert torch.equal(networks[0].input_weight, networks[1].input_weight)
    assert not torch.equal(networks[0].input_weight, networks[2].input_weight)


def test_only_signs_and_input_weights_change_and_no_magnitude_of_a_latent() -> None:
    task = task_named("vectors")
    network, before = network_for(task), network_for(task)
    search_signs(network, task, candidates=2 * ROUND)
    assert torch.equal(network.sign_latents.abs(), before.sign_latents.abs())
    assert not torch.equal(network.signs, before.signs)
    assert not torch.equal(network.input_weight, before.input_weight)
    assert network.input_weight.abs().max() <= before.input_weight.abs().max()
    for name in ("bias", "output_weight", "output_bias"):
        assert torch.equal(getattr(network, name), getattr(before, name))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("candidates", [1, ROUND, ROUND + 1])
def test_rounds_are_reported_and_counted(candidates: int) -> None:
    task, reported = task_named("adding"), []
    result = search_signs(
        network_for(task), task, candidates=candidates, report=lambda *numbers: reported.append(numbers)
    )
    rounds = math.ceil(candidates / ROUND)
    assert result.candidates == 4 * rounds * ROUND
    assert reported == [(number, 4 * rounds) for number in range(1, 4 * rounds + 1)]
    assert result.accepted <= 4 * rounds


@pytest.mark.parametrize("name", ["tokens", "tokens with lengths"])
def test_with_an_embedding_only_signs_change(name: str) -> None:
    task = task_named(name)
    network, before = (network_for(task, embedding_size=6) for _ in range(2))
    result = search_signs(network, task, candidates=2 * ROUND)
    assert result.unexplained[1] < result.unexplained[0]
    assert not torch.equal(network.signs, before.signs)
    assert torch.equal(network.sign_latents.abs(), before.sign_latents.abs())
    assert torch.equal(network.input_weight, before.input_weight)
    assert torch.equal(network.embedding, before.embedding)


def test_refuses_an_embedding_without_a_class_for_a_sequence() -> None:
    task = task_named("copy")
    with pytest.raises(InputError) as error:
        search_signs(network_for(task, embedding_size=4), task, candidates=1)
    assert str(error.value) == "signs cannot be searched with an embedding for task 'copy': draw or learn them"


def test_log_odds_of_tokens() -> None:
    x, y = np.array([[0, 0, 1], [1, 2, 0]], np.int32), np.array([0, 1])
    odds = sign_search._log_odds(x, y, np.array([3, 2]), 3, 2)
    share = np.array([[2.5, 1.5, 0.5], [0.5, 1.5, 1.5]]) / np.array([[4.5], [3.5]])
    expected = np.log(share) - np.log(share.mean(0))
    np.testing.assert_allclose(odds[0], expected.T[[0, 0, 1]], rtol=1e-6)
    np.testing.assert_allclose(odds[1], [*expected.T[[1, 2]], [0, 0]], rtol=1e-6)


def test_a_single_sequence_has_no_spread_to_explain() -> None:
    """Nor have sequences that are all alike: there is nothing to choose by, and no error either."""
    one = {name: Split(x=np.ones((1, 5, 2), dtype=np.float32), y=np.zeros(1, dtype=np.int64)) for name in SPLITS}
    task = Task(name="one", options={}, **one, labels=("a", "b"))
    network = HadamardRNN(input_size=2, hidden_size=8, output_size=2, generator=torch.Generator().manual_seed(0))
    found = search_signs(network, task, candidates=ROUND)
    assert found.unexplained == (0, 0)
    assert bool(network.input_weight.isfinite().all())
