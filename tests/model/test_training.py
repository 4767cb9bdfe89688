"""Training: it learns, it stops cleanly, and it goes on bit for bit."""

import dataclasses
import json
import math
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model import training
from hadamrnn.model.checkpoint import read_checkpoint, write_checkpoint
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import tensors
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.progress import StepReport
from hadamrnn.model.task import Split, Task
from hadamrnn.model.training import BEST, CURVE, LAST, METRICS, Trainer, evaluate

OPTIONS = TrainingOptions(epochs=4, batch_size=16, learning_rate=0.02, sign_learning_rate=0.02, sign_fraction=0.6)


def split(count: int, seed: int) -> Split:
    """Sequences of twelve values, of the class that says which third of them is loudest."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, count)
    x = random.normal(size=(count, 12, 1))
    for sequence, label in enumerate(y):
        x[sequence, 4 * label : 4 * label + 4] += 1.5
    return Split(x=x.astype(np.float32), y=y)


@pytest.fixture(scope="module")
def task() -> Task:
    labels = ("first", "second", "third")
    return Task(name="thirds", labels=labels, train=split(90, 0), validation=split(40, 1), test=split(40, 2))


def network(**changes: Any) -> HadamardRNN:
    options = {"input_size": 1, "hidden_size": 16, "output_size": 3, "generator": torch.Generator().manual_seed(5)}
    return HadamardRNN(**options | changes)


def trained(
    task: Task, folder: Path, options: TrainingOptions = OPTIONS, report: Callable[[StepReport], None] | None = None
) -> HadamardRNN:
    folder.mkdir()
    one = network()
    Trainer(one, task, options, folder, report=report).run()
    return one


def state(folder: Path, name: str = LAST) -> dict[str, Any]:
    """A checkpoint without what differs between runs of the same weights: the time they took."""
    checkpoint = read_checkpoint(folder / name)
    checkpoint.pop("seconds", None)
    for record in checkpoint.get("history", []):
        record.pop("seconds")
    return checkpoint


def metrics(folder: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def assert_same(one: Any, other: Any) -> None:
    """Equal to the last bit, tensors included."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    else:
        assert one == other


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
        trained(task, tmp_path / str(seed), dataclasses.replace(OPTIONS, seed=seed, epochs=3))
    orders = np.concatenate(seen).reshape(2 * 3, -1)
    assert (np.sort(orders) == np.arange(90)).all()
    assert len({tuple(order) for order in orders}) == 6


def test_equal_options_give_equal_weights_and_another_seed_does_not(task: Task, whole: Path, tmp_path: Path) -> None:
    trained(task, tmp_path / "again")
    assert_same(state(tmp_path / "again"), state(whole))
    options = TrainingOptions(**{**vars(OPTIONS), "seed": 1})
    other = trained(task, tmp_path / "other", options)  # the same initial values, another order
    assert not torch.equal(other.input_weight, state(whole)["network"]["input_weight"])


class Killed(Exception):
    """Stands for the end of the process: nothing of the run is told."""


@pytest.mark.parametrize("step", [7, 12, 13, 24])
def test_a_killed_run_goes_on_bit_for_bit(task: Task, whole: Path, tmp_path: Path, step: int) -> None:
    def kill(report: StepReport) -> None:
        if report.epoch * report.steps + report.step == step:
            raise Killed

    with pytest.raises(Killed):
        trained(task, tmp_path / "run", report=kill)
    stale = metrics(tmp_path / "run")
    Trainer(network(), task, OPTIONS, tmp_path / "run").run(resume=True)
    assert len(stale) < 4
    for name in (LAST, BEST):
        assert_same(state(tmp_path / "run", name), state(whole, name))
    assert metrics(tmp_path / "run") == metrics(whole)


def test_noise_of_states_goes_on_bit_for_bit(task: Task, whole: Path, tmp_path: Path) -> None:
    """Its size is asked for at the start of an epoch, and its values are drawn from where the run was stopped."""
    asked = []

    def noise() -> float:
        asked.append(len(asked))
        return 0.1 * len(asked)

    def stop(report: StepReport) -> None:
        if report.epoch * report.steps + report.step == 8:
            os.kill(os.getpid(), signal.SIGINT)

    with torch.random.fork_rng(devices=[]):
        for name, report in (("through", None), ("stopped", stop)):
            (tmp_path / name).mkdir()
            asked.clear()
            torch.manual_seed(7)
            trainer = Trainer(network(), task, OPTIONS, tmp_path / name, report=report, state_noise=noise)
            if report:
                with pytest.raises(KeyboardInterrupt):
                    trainer.run()
                torch.manual_seed(8)
                Trainer(network(), task, OPTIONS, tmp_path / name, state_noise=noise).run(resume=True)
            else:
                trainer.run()
            assert len(asked) == OPTIONS.epochs
    assert_same(state(tmp_path / "stopped"), state(tmp_path / "through"))
    assert not torch.equal(
        state(whole)["network"]["input_weight"], state(tmp_path / "through")["network"]["input_weight"]
    )
    before = read_checkpoint(tmp_path / "through" / LAST) | {"state_noise": 0.1}
    write_checkpoint(tmp_path / "through" / LAST, before)
    with pytest.raises(InputError, match="its noise of states was of a fixed size"):
        Trainer(network(), task, OPTIONS, tmp_path / "through", state_noise=noise).run(resume=True)


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


@pytest.mark.parametrize("step", [1, 8, 12])
def test_ctrl_c_stops_after_the_step_and_resumes_there(task: Task, whole: Path, tmp_path: Path, step: int) -> None:
    steps = []

    def interrupt(report: StepReport) -> None:
        steps.append(report.step)
        if len(steps) == step:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trained(task, tmp_path / "run", report=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert len(steps) == step
    assert state(tmp_path / "run")["position"] == min(16 * steps[-1], 90)  # of the epoch, in sequences
    Trainer(network(), task, OPTIONS, tmp_path / "run", report=lambda report: steps.append(report.step)).run(
        resume=True
    )
    assert len(steps) == 4 * 6  # none twice
    assert_same(state(tmp_path / "run"), state(whole))


def test_long_epochs_are_saved_in_between(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)

    def kill(report: StepReport) -> None:
        if report.step == 3:
            raise Killed

    with pytest.raises(Killed):
        trained(task, tmp_path / "run", report=kill)
    assert state(tmp_path / "run")["position"] == 32


def test_a_finished_run_stays_as_it_is(task: Task, whole: Path) -> None:
    before = state(whole)
    history = Trainer(network(), task, OPTIONS, whole).run(resume=True)
    assert len(history) == 4
    assert_same(state(whole), before)


def test_metrics_left_by_a_crash_are_not_repeated(task: Task, tmp_path: Path) -> None:
    trained(task, tmp_path / "run")
    expected = metrics(tmp_path / "run")
    with (tmp_path / "run" / METRICS).open("a") as file:
        file.write('{"epoch": 5, "train_lo')
    Trainer(network(), task, OPTIONS, tmp_path / "run").run(resume=True)
    assert metrics(tmp_path / "run") == expected


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


def test_refuses_to_resume_nothing_or_another_network(task: Task, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"last\.pt: no such checkpoint$"):
        Trainer(network(), task, OPTIONS, tmp_path).run(resume=True)
    with pytest.raises(InputError, match=r"last\.pt: a checkpoint of another network") as error:
        Trainer(network(hidden_size=32), task, OPTIONS, whole).run(resume=True)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "changes", [{"network": 3}, {"random": "x"}, {"optimiser": None}, {"history": []}, {"signs_before": 1}]
)
def test_refuses_to_resume_what_is_of_another_kind(
    task: Task, whole: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    write_checkpoint(tmp_path / LAST, read_checkpoint(whole / LAST) | changes)
    (tmp_path / METRICS).write_text("as it was")
    with pytest.raises(InputError, match=r"last\.pt: a checkpoint of another network \("):
        Trainer(network(), task, OPTIONS, tmp_path).run(resume=True)
    assert (tmp_path / METRICS).read_text() == "as it was"


@pytest.mark.parametrize("epoch", [1, 4])
def test_an_interrupt_while_validating_is_obeyed(
    task: Task, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    validated = []

    def interrupted(*args: Any) -> Any:
        validated.append(args)
        if len(validated) == epoch:
            os.kill(os.getpid(), signal.SIGINT)
        return evaluate(*args)

    monkeypatch.setattr(training, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Trainer(network(), task, OPTIONS, tmp_path).run()
    assert len(read_checkpoint(tmp_path / LAST)["history"]) == epoch
    Trainer(network(), task, OPTIONS, tmp_path).run(resume=True)
    assert_same(state(tmp_path), state(whole))


def test_refuses_to_resume_a_checkpoint_of_something_else(task: Task, whole: Path, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(whole / LAST)
    for key in ("network", "counted"):
        write_checkpoint(tmp_path / LAST, {name: value for name, value in checkpoint.items() if name != key})
        with pytest.raises(InputError) as error:
            Trainer(network(), task, OPTIONS, tmp_path).run(resume=True)
        assert str(error.value) == f"{tmp_path / LAST}: not a checkpoint of a run of this version, it has no '{key}'"
