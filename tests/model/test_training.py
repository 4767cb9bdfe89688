"""Training: it learns, it keeps the best, and it says what is wrong."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model import training
from hadamrnn.model.objective import tensors
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.progress import StepReport
from hadamrnn.model.task import Split, Task
from hadamrnn.model.training import BEST, CURVE, LAST, METRICS, Trainer, evaluate

from .thirds import OPTIONS, assert_same, metrics, network, state, thirds, trained


@pytest.fixture(scope="module")
def task() -> Task:
    return thirds()


@pytest.fixture(scope="module")
def whole(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    trained(task, folder)
    return folder


def test_learns(task: Task, tmp_path: Path) -> None:
    before = evaluate(network(), task.test)
    after = evaluate(trained(task, tmp_path / "run", TrainingOptions(epochs=20, batch_size=16)), task.test)
    assert before.accuracy < 0.6
    assert after.accuracy > 0.75
    assert after.loss < before.loss / 1.5


def test_the_folder_says_what_happened(whole: Path) -> None:
    assert sorted(path.name for path in whole.iterdir()) == sorted([LAST, BEST, METRICS, CURVE])
    records = metrics(whole)
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    assert [record["sign_learning_rate"] for record in records] == pytest.approx([0.02, 0.02 * 14 / 24, 0.02 / 6, 0])
    assert sum(record["sign_flips"] for record in records) > 0
    assert records[-1]["sign_flips"] == 0
    best = max(records, key=lambda record: (record["validation_accuracy"], record["epoch"]))
    checkpoint = state(whole, BEST)
    assert (checkpoint["epoch"], checkpoint["validation_accuracy"]) == (best["epoch"], best["validation_accuracy"])
    assert (whole / CURVE).read_bytes().startswith(b"\x89PNG")


def test_best_is_the_network_of_that_epoch(task: Task, whole: Path) -> None:
    one, checkpoint = network(), state(whole, BEST)
    one.load_state_dict(checkpoint["network"])
    assert evaluate(one, task.validation).accuracy == checkpoint["validation_accuracy"]


def test_of_equals_the_latest_is_kept(task: Task, tmp_path: Path) -> None:
    options = TrainingOptions(epochs=3, learning_rate=1e-9, sign_learning_rate=0.0)  # nothing changes
    trained(task, tmp_path / "run", options)
    assert len({record["validation_accuracy"] for record in metrics(tmp_path / "run")}) == 1
    assert state(tmp_path / "run", BEST)["epoch"] == 3


def test_every_epoch_has_all_sequences_in_an_order_of_its_own(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    def noted(part: Split, indices: np.ndarray, device: torch.device) -> Any:
        seen.append(indices)
        return tensors(part, indices, device)

    monkeypatch.setattr(training, "tensors", noted)
    for seed in (0, 1):
        trained(task, tmp_path / str(seed), replace(OPTIONS, seed=seed, epochs=3))
    orders = np.concatenate(seen).reshape(2 * 3, -1)
    assert (np.sort(orders) == np.arange(90)).all()
    assert len({tuple(order) for order in orders}) == 6


def test_equal_options_give_equal_weights_and_another_seed_does_not(task: Task, whole: Path, tmp_path: Path) -> None:
    trained(task, tmp_path / "again")
    assert_same(state(tmp_path / "again"), state(whole))
    options = TrainingOptions(**{**vars(OPTIONS), "seed": 1})
    other = trained(task, tmp_path / "other", options)  # the same initial values, another order
    assert not torch.equal(other.input_weight, state(whole)["network"]["input_weight"])


def noisy_outputs(task: Task, folder: Path, x: torch.Tensor, lengths: torch.Tensor | None, scale: float) -> tuple:
    """What is read with a share of 0.25, the states without noise, and what was drawn."""
    one = network()
    with torch.no_grad():
        one.input_weight.mul_(scale)
    one.read_out = lambda state: state  # pyright: ignore[reportAttributeAccessIssue]
    trainer = Trainer(one, task, OPTIONS, folder, state_noise=lambda: 0.25)
    trainer._noise_share = 0.25
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        outputs = trainer._outputs(x, lengths)
        torch.manual_seed(3)
        drawn = torch.randn(outputs.shape)
    return one, outputs, one.last_state(x, lengths), drawn


@pytest.mark.parametrize("lengths", [None, [1, 4, 9, 9]])
def test_noise_is_a_share_of_the_states_and_its_gradient_knows(
    task: Task, tmp_path: Path, lengths: list[int] | None
) -> None:
    x = torch.rand(4, 9, 1, generator=torch.Generator().manual_seed(1))
    given = None if lengths is None else torch.tensor(lengths)
    roots = torch.tensor([[3.0]] * 4 if lengths is None else [[1.0], [2.0], [3.0], [3.0]])
    found = []
    for scale in (1.0, 4.0):
        one, outputs, state, drawn = noisy_outputs(task, tmp_path, x, given, scale)
        expected = state + 0.25 * (state**2).mean() ** 0.5 * roots * drawn
        torch.testing.assert_close(outputs, expected)
        weights = torch.rand(outputs.shape, generator=torch.Generator().manual_seed(2))
        gradients = [torch.autograd.grad((value * weights).sum(), one.input_weight)[0] for value in (outputs, expected)]
        torch.testing.assert_close(*gradients)
        found.append(outputs)
    torch.testing.assert_close(found[1], 4 * found[0])


def test_noise_of_states_that_are_all_zero_has_a_gradient(task: Task, tmp_path: Path) -> None:
    one, outputs, _, _ = noisy_outputs(task, tmp_path, torch.zeros(4, 9, 1), None, 1.0)
    outputs.sum().backward()
    assert one.bias.grad is not None
    assert one.bias.grad.isfinite().all()


def test_drawn_signs_never_change(task: Task, tmp_path: Path) -> None:
    one = network(learn_signs=False)
    before = one.sign_latents.clone()
    history = Trainer(one, task, OPTIONS, tmp_path).run()
    assert torch.equal(one.sign_latents, before)
    assert [record["sign_flips"] + record["sign_learning_rate"] for record in history] == [0, 0, 0, 0]


def test_learned_signs_keep_to_their_epochs_and_their_bound(task: Task, tmp_path: Path) -> None:
    latents = []
    one = network()
    options = TrainingOptions(epochs=4, batch_size=45, sign_learning_rate=0.9, sign_fraction=0.5)
    report = lambda report: latents.append(one.sign_latents.detach().clone())  # noqa: E731
    Trainer(one, task, options, tmp_path, report=report).run()
    assert max(float(latent.abs().max()) for latent in latents) == 1
    assert all(torch.equal(latent, latents[3]) for latent in latents[4:])  # two epochs of two steps
    assert not torch.equal(latents[2], latents[3])
    assert one.sign_latents.requires_grad


def test_gradient_clipping_bounds_the_gradient(task: Task, tmp_path: Path) -> None:
    norms = []

    def run(clip: float, folder: str) -> float:
        norms.clear()
        (tmp_path / folder).mkdir()
        one = network()

        def report(_: StepReport) -> None:
            gradients = [p.grad.flatten() for p in one.parameters() if p is not one.sign_latents]
            norms.append(float(torch.cat(gradients).norm()))

        options = TrainingOptions(epochs=1, batch_size=16, gradient_clip=clip)
        Trainer(one, task, options, tmp_path / folder, report=report).run()
        return max(norms)

    assert run(0.0, "free") > 0.06
    assert run(0.05, "clipped") <= 0.05 * 1.0001


def test_divergence_is_told(task: Task, tmp_path: Path) -> None:
    one = network()
    with torch.no_grad():
        one.output_weight[0, 0] = torch.nan
    with pytest.raises(InputError, match=r"^training diverged in epoch 1: loss nan; learning_rate 0\.02 is too "):
        Trainer(one, task, OPTIONS, tmp_path).run()


def test_a_loss_that_only_the_validation_finds_infinite_ends_the_run(task: Task, tmp_path: Path) -> None:
    far = replace(task, validation=Split(x=np.full_like(task.validation.x, 3e38), y=task.validation.y))
    with pytest.raises(InputError, match=r"^training diverged in epoch \d: validation loss (nan|inf); "):
        Trainer(network(), far, OPTIONS, tmp_path).run()
    assert all(math.isfinite(record["validation_loss"]) for record in metrics(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"readout": "every"}, "readout 'every' gives a result per step; task 'thirds' needs one per sequence"),
        ({"input_size": 2}, "network has 2 inputs and 3 outputs, task 'thirds' needs 1 and 3"),
        ({"output_size": 10}, "network has 1 inputs and 10 outputs, task 'thirds' needs 1 and 3"),
    ],
)
def test_refuses_a_network_of_another_shape(task: Task, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        Trainer(network(**changes), task, OPTIONS, tmp_path)
    assert str(error.value) == message
