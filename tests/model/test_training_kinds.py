"""Training on every kind of task: tokens, a label per step, lengths, regressions, sequences that are generated."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model import training
from hadamrnn.model.baselines import Baseline
from hadamrnn.model.checkpoint import read_checkpoint, write_checkpoint
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import Evaluation, evaluate
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.orthogonal_network import OrthogonalRNN
from hadamrnn.model.progress import StepReport
from hadamrnn.model.task import Split, Task
from hadamrnn.model.tasks import load_task
from hadamrnn.model.training import BEST, CURVE, LAST, METRICS, Trainer

OPTIONS = TrainingOptions(epochs=3, batch_size=16, learning_rate=0.02)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA"))]


def network(task: Task, **changes: Any) -> HadamardRNN:
    sizes = {"input_size": task.input_size, "hidden_size": 16, "output_size": task.output_size}
    kinds = {"readout": task.readout, "input_kind": task.input_kind}
    return HadamardRNN(**sizes | kinds | {"generator": torch.Generator().manual_seed(5)} | changes)


def copy() -> Task:
    return load_task("copy", steps=12, symbols=2, alphabet=3, sequences=90, validation_sequences=40, test_sequences=9)


def adding() -> Task:
    return load_task("adding", steps=12, sequences=90, validation_sequences=40, test_sequences=9)


def parity() -> Task:
    """Tokens of sequences of any length, a label per step: was the token before this one odd?"""

    def split(count: int, seed: int) -> Split:
        random = np.random.default_rng(seed)
        x, lengths = random.integers(0, 4, (count, 9), np.int32), random.integers(1, 10, count)
        y = np.concatenate([np.zeros((count, 1), np.int64), x[:, :-1] % 2], 1)
        padding = np.arange(9) >= lengths[:, None]
        x[padding], y[padding] = 0, -7
        return Split(x=x, y=y, lengths=lengths)

    splits = {"train": split(90, 0), "validation": split(40, 1), "test": split(40, 2)}
    return Task(
        name="parity", labels=("even", "odd"), readout="every", input_kind="index", vocabulary=4, options={}, **splits
    )


def first() -> Task:
    """Vectors of sequences of any length, one label at their ends: was the first value positive?"""

    def split(count: int, seed: int) -> Split:
        random = np.random.default_rng(seed)
        x, lengths = random.normal(size=(count, 9, 1)).astype(np.float32), random.integers(1, 10, count)
        x[np.arange(9) >= lengths[:, None]] = 0
        return Split(x=x, y=(x[:, 0, 0] > 0).astype(np.int64), lengths=lengths)

    return Task(name="first", labels=("no", "yes"), train=split(90, 0), validation=split(40, 1), test=split(40, 2))


KINDS = [copy, adding, parity, first]


def state(folder: Path, name: str) -> str:
    """All of a checkpoint but the time it took, as text, exact to the last bit."""
    checkpoint = read_checkpoint(folder / name)
    checkpoint.pop("seconds", None)
    for record in checkpoint.get("history", []):
        record.pop("seconds")
    torch.set_printoptions(precision=17, threshold=10**6)
    try:
        return str(checkpoint)
    finally:
        torch.set_printoptions("default")


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("device", DEVICES)
def test_a_killed_run_goes_on_bit_for_bit(kind: Any, device: str, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    Trainer(network(kind()), kind(), OPTIONS, whole, device=device).run()

    stop = 0

    def interrupt(report: StepReport) -> None:
        nonlocal stop
        stop += 1
        if stop == 8:  # in the middle of the second epoch
            trainer._save()
            raise Killed

    trainer = Trainer(network(kind()), kind(), OPTIONS, broken, device=device, report=interrupt)
    with pytest.raises(Killed):
        trainer.run()
    assert read_checkpoint(broken / LAST)["position"] == 32
    Trainer(network(kind()), kind(), OPTIONS, broken, device=device).run(resume=True)
    for name in (LAST, BEST):
        assert state(broken, name) == state(whole, name)


def test_a_run_from_before_word_vectors_lay_side_by_side_goes_on(tmp_path: Path) -> None:
    whole, old = tmp_path / "whole", tmp_path / "old"
    whole.mkdir()
    old.mkdir()

    def halted(report: StepReport) -> None:
        if report.step == 3:
            raise Killed

    def trainer(folder: Path, report: Any = None) -> Trainer:
        task = parity()
        return Trainer(network(task, embedding_size=3), task, OPTIONS, folder, report=report)

    trainer(whole).run()
    killed = trainer(old, halted)
    with pytest.raises(Killed):
        killed.run()
    killed._save()
    checkpoint = read_checkpoint(old / LAST)
    vectors = checkpoint["network"].pop("word_vectors")
    checkpoint["network"]["embedding"] = vectors.T.contiguous()
    for moments in checkpoint["optimiser"]["state"].values():
        for name in ("exp_avg", "exp_avg_sq"):
            if moments[name].shape == vectors.shape:
                moments[name] = moments[name].T.contiguous()
    write_checkpoint(old / LAST, checkpoint)
    trainer(old).run(resume=True)
    assert state(old, LAST) == state(whole, LAST)


def test_a_run_from_before_an_lstm_was_one_of_several_layers_goes_on(tmp_path: Path) -> None:
    whole, old = tmp_path / "whole", tmp_path / "old"

    def trainer(folder: Path, epochs: int) -> Trainer:
        folder.mkdir(exist_ok=True)
        seeded = torch.Generator().manual_seed(0)
        baseline: Any = Baseline("lstm", input_size=1, hidden_size=4, output_size=2, generator=seeded)
        return Trainer(baseline, first(), TrainingOptions(epochs=epochs, batch_size=16, decay=1), folder)

    trainer(whole, 2).run()
    trainer(old, 1).run()
    checkpoint = read_checkpoint(old / LAST)
    names = {name: name.replace("layer.", "lstm.") for name in checkpoint["network"]}
    assert sum(name.startswith("lstm.") for name in names.values()) == 4
    checkpoint["network"] = {names[name]: tensor for name, tensor in checkpoint["network"].items()}
    write_checkpoint(old / LAST, checkpoint)
    trainer(old, 2).run(resume=True)
    for name, tensor in read_checkpoint(whole / LAST)["network"].items():
        assert torch.equal(tensor, read_checkpoint(old / LAST)["network"][name]), name


def test_a_run_whose_optimiser_had_other_groups_is_refused_in_one_line(tmp_path: Path) -> None:
    def trainer() -> Trainer:
        return Trainer(OrthogonalRNN(input_size=1, hidden_size=4, output_size=2), first(), OPTIONS, tmp_path)

    trainer().run()
    checkpoint = read_checkpoint(tmp_path / LAST)
    groups = checkpoint["optimiser"]["param_groups"]
    groups[0]["params"] += groups.pop()["params"]
    write_checkpoint(tmp_path / LAST, checkpoint)
    with pytest.raises(
        InputError, match=r"last\.pt: its optimiser trains groups of .* begin it anew with --overwrite$"
    ):
        trainer().run(resume=True)


@pytest.mark.parametrize("kind", KINDS)
def test_learns_and_says_so(kind: Any, tmp_path: Path) -> None:
    task = kind()
    one = network(task)
    before = evaluate(one, task.validation)
    history = Trainer(one, task, OPTIONS, tmp_path).run()
    after = evaluate(one, task.validation)
    assert after.loss < 0.9 * before.loss
    records = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert records == history
    last = records[-1]
    assert last["validation_loss"] == after.loss
    assert (last["validation_accuracy"], last["validation_sequence_accuracy"]) == (
        after.accuracy,
        after.sequence_accuracy,
    )
    assert (last["train_accuracy"] is None) == (task.objective == "regression")
    assert (tmp_path / CURVE).read_bytes().startswith(b"\x89PNG")


def test_means_of_an_epoch_count_every_label_once(tmp_path: Path) -> None:
    """At a rate at which nothing changes, training says of its split what evaluation says."""
    task = parity()
    one = network(task)
    options = TrainingOptions(epochs=1, batch_size=16, learning_rate=1e-12, sign_learning_rate=0.0)
    (record,) = Trainer(one, task, options, tmp_path).run()
    expected = evaluate(one, task.train)
    assert record["train_loss"] == pytest.approx(expected.loss, rel=1e-6)
    assert record["train_accuracy"] == expected.accuracy


def test_padding_changes_nothing(tmp_path: Path) -> None:
    """A batch of short sequences trains as it does without the steps after their ends."""
    task = parity()
    few = np.flatnonzero(task.train.lengths == 4)
    cut = {"x": task.train.x[few], "y": task.train.y[few]}
    padded = Split(**cut, lengths=task.train.lengths[few])
    short = Split(**{name: array[:, :4] for name, array in cut.items()})
    losses = []
    for part in (padded, short):
        one = Task(
            name="cut",
            labels=task.labels,
            readout="every",
            input_kind="index",
            vocabulary=4,
            train=part,
            validation=part,
            test=part,
        )
        losses.append([record["train_loss"] for record in Trainer(network(one), one, OPTIONS, tmp_path).run()])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("kind", [copy, adding, parity])
def test_best_is_the_lowest_loss_unless_there_is_one_label_a_sequence(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.5, 0.2, 0.2, 0.4])
    _evaluations(monkeypatch, losses, iter([0.1, 0.3, 0.2, 0.9]))
    trainer = Trainer(network(kind()), kind(), TrainingOptions(epochs=4, batch_size=45), tmp_path)
    trainer.run()
    assert read_checkpoint(tmp_path / BEST)["epoch"] == 3  # of equals the latest
    assert trainer.best == {"epoch": 3, "validation_loss": 0.2, "validation_accuracy": 0.2}


def _evaluations(monkeypatch: pytest.MonkeyPatch, losses: Any, accuracies: Any) -> None:
    def evaluation(*_: object) -> Evaluation:
        return Evaluation(loss=next(losses), accuracy=next(accuracies))

    monkeypatch.setattr(training, "evaluate", evaluation)


@pytest.mark.quick("first-2-5", "copy-2-7")
@pytest.mark.parametrize(
    ("kind", "patience", "epochs"),
    [(first, 0, 8), (first, 2, 5), (first, 3, 8), (copy, 1, 4), (copy, 2, 7), (copy, 3, 8)],
)
def test_training_ends_when_patience_does(
    kind: Any, patience: int, epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = [9, 8, 7, 7.5, 6, 6.1, 6.0, 5]
    accuracies = [0.1, 0.2, 0.5, 0.5, 0.4, 0.6, 0.6, 0.5]  # an equal one is kept, but it is no better
    _evaluations(monkeypatch, iter(losses), iter(accuracies))
    options = TrainingOptions(epochs=8, batch_size=45, patience=patience)
    assert len(Trainer(network(kind()), kind(), options, tmp_path).run()) == epochs
    again = Trainer(network(kind()), kind(), options, tmp_path)
    assert len(again.run(resume=True)) == epochs  # a run that ended stays as it is
    assert (tmp_path / CURVE).exists()


def test_patience_counts_on_after_a_resumption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _evaluations(monkeypatch, iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0]), iter([0.5] * 6))

    def kill(report: StepReport) -> None:
        if report.epoch == 3:
            raise Killed

    options = TrainingOptions(epochs=9, batch_size=45, patience=3)
    with pytest.raises(Killed):
        Trainer(network(copy()), copy(), options, tmp_path, report=kill).run()
    assert len(Trainer(network(copy()), copy(), options, tmp_path).run(resume=True)) == 5


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (copy, {"readout": "last"}, "readout 'last' gives a result per sequence; task 'copy' needs one per step"),
        (first, {"readout": "every"}, "readout 'every' gives a result per step; task 'first' needs one per sequence"),
        (copy, {"input_kind": "vector"}, "network has input_kind 'vector', task 'copy' needs 'index'"),
        (copy, {"input_size": 4}, "network has 4 inputs and 4 outputs, task 'copy' needs 5 and 4"),
        (adding, {"output_size": 2}, "network has 2 inputs and 2 outputs, task 'adding' needs 2 and 1"),
    ],
)
def test_refuses_a_network_of_another_kind(kind: Any, changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        Trainer(network(kind(), **changes), kind(), OPTIONS, tmp_path)
    assert str(error.value) == message


def test_refuses_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^device must be cpu, cuda or cuda:N, not 'gpu'$"):
        Trainer(network(copy()), copy(), OPTIONS, tmp_path, device="gpu")


def test_training_split_is_read_in_batches_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = copy()

    def refuse(_: object) -> None:
        raise AssertionError("read as a whole")

    monkeypatch.setattr(type(task.train), "x", property(refuse))
    monkeypatch.setattr(type(task.train), "y", property(refuse))
    Trainer(network(task), task, TrainingOptions(epochs=1), tmp_path).run()
