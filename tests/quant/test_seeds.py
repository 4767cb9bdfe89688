"""Several seeds of an experiment: their folders, and mean and spread of their results."""

from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import begin
from hadamrnn.quant.seeds import found_seed_runs, seed_runs, summarise

CONFIGURATION = ExperimentConfig(task="digits", network=NetworkOptions(hidden_size=8))


def test_every_seed_has_its_folder_and_is_found_again(tmp_path: Path) -> None:
    runs = seed_runs(CONFIGURATION, [10, 2], tmp_path / "runs")
    assert [(config.training.seed, path.name) for config, path in runs] == [(10, "seed-10"), (2, "seed-2")]
    assert found_seed_runs(tmp_path / "runs") == []
    for config, path in runs:
        begin(config, path)
    assert found_seed_runs(tmp_path / "runs") == runs[::-1]
    begin(CONFIGURATION, tmp_path / "runs")
    assert found_seed_runs(tmp_path / "runs") == []  # the folder of one run


def test_seeds_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"^seeds must be different, 1 comes twice$"):
        seed_runs(CONFIGURATION, [1, 2, 1], Path())
    with pytest.raises(InputError, match=r"^seed must be an integer from 0 to 18446744073709551615, not -1$"):
        seed_runs(CONFIGURATION, [-1], Path())


def test_seeds_do_not_go_into_a_run(tmp_path: Path) -> None:
    begin(CONFIGURATION, tmp_path)
    with pytest.raises(InputError) as error:
        seed_runs(CONFIGURATION, [1, 2], tmp_path)
    assert str(error.value) == f"{tmp_path}: a run already, expected a folder for the runs of several seeds"


def test_mean_and_spread() -> None:
    def result(loss: float, accuracy: float) -> dict[str, dict[str, float | None]]:
        figures = {"loss": loss, "accuracy": accuracy, "sequence_accuracy": None}
        return dict.fromkeys(("train", "validation", "test"), figures)

    summary = summarise([result(1.0, 0.5), result(3.0, 0.75), result(5.0, 1.0)])
    assert summary["test"] == {
        "loss": {"mean": 3.0, "least": 1.0, "largest": 5.0, "standard_deviation": 2.0},
        "accuracy": {"mean": 0.75, "least": 0.5, "largest": 1.0, "standard_deviation": 0.25},
    }
    assert summarise([result(1.0, 0.5)])["train"]["loss"]["standard_deviation"] is None
