"""A run as integers: the same as freezing its network by hand, with and without fine-tuning."""

from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import Run
from hadamrnn.quant.fine_tuning import fine_tune
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.frozen_run import freeze_run
from hadamrnn.quant.integer import IntegerNetwork, write_network

from .tasks import toy_network, toy_task


@pytest.fixture
def run() -> Run:
    """A run as its folder would give it; the network is drawn at random."""
    task = toy_task()
    measured = {"loss": 0.5, "accuracy": 0.75}
    splits = dict.fromkeys(("train", "validation", "test"), measured)
    return Run(
        folder=Path("run"),
        config=ExperimentConfig(task="digits", network=NetworkOptions(hidden_size=32)),
        task=task,
        network=toy_network(task),
        result={"best_epoch": 3, "versions": {"torch": "2"}, **splits},
    )


def file_of(network: IntegerNetwork, folder: Path) -> bytes:
    write_network(network, folder / "network.safetensors")
    return (folder / "network.safetensors").read_bytes()


def test_a_run_is_frozen_as_its_network_is(run: Run, tmp_path: Path) -> None:
    stages: list[str] = []
    frozen = freeze_run(run, state_bits=9, stage=stages.append)
    network, report = freeze(run.network, run.task, state_bits=9, trained=run.origin)
    assert file_of(frozen.network, tmp_path) == file_of(network, tmp_path)
    assert frozen.report.to_json() == report.to_json()
    assert frozen.tuning is None
    assert stages == ["calibrating"]


def test_fine_tuning_comes_first_and_its_unit_is_kept(run: Run, tmp_path: Path) -> None:
    stages: list[str] = []
    frozen = freeze_run(run, state_bits=6, fine_tune=20, stage=stages.append)
    tuned = fine_tune(run.network, run.task, state_bits=6, steps=20)
    assert frozen.tuning is not None
    assert frozen.tuning.to_json() == tuned.to_json()
    trained = {**run.origin, "fine_tuning": tuned.to_json()}
    network, _ = freeze(tuned.network, run.task, state_bits=6, input_shift=tuned.input_shift, trained=trained)
    assert file_of(frozen.network, tmp_path) == file_of(network, tmp_path)
    assert stages == ["fine-tuning, 20 steps", "calibrating"]


def test_what_cannot_be_frozen_is_refused_before_the_work_begins(run: Run) -> None:
    stages: list[str] = []
    with pytest.raises(InputError, match=r"^fine_tune must be at least 0 steps, not -1$"):
        freeze_run(run, fine_tune=-1, stage=stages.append)
    baseline = replace(run, config=run.config.replace_kind("float"))
    with pytest.raises(InputError, match=r"is a baseline and cannot be frozen to integers$"):
        freeze_run(baseline, fine_tune=20, stage=stages.append)
    assert stages == []
    with pytest.raises(InputError, match=r"^state_bits must be 4 to 24, not 40$"):
        freeze_run(run, state_bits=40)
