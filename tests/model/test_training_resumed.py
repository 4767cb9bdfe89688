"""A run that stops, however it is stopped, goes on bit for bit; what cannot go on is refused."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model import training
from hadamrnn.model.checkpoint import read_checkpoint, write_checkpoint
from hadamrnn.model.progress import StepReport
from hadamrnn.model.task import Task
from hadamrnn.model.training import BEST, LAST, METRICS, Trainer, evaluate

from .thirds import OPTIONS, assert_same, metrics, network, state, thirds, trained


class Killed(Exception):
    """Stands for the end of the process: nothing of the run is told."""


@pytest.fixture(scope="module")
def task() -> Task:
    return thirds()


@pytest.fixture(scope="module")
def whole(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    trained(task, folder)
    return folder


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
