"""The digits from configs/digits.toml: float accuracy, and integer accuracy beside it."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn.quant.configuration import read_config
from hadamrnn.quant.experiment import Run, train
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.integer import quantise_inputs
from hadamrnn.sim import reference

CONFIG = read_config(Path(__file__).parents[2] / "configs" / "digits.toml")


def lost_images(run: Run) -> int:
    """Images of the test split that float has right and integers at 12 state bits have not, less the reverse."""
    frozen, _ = freeze(run.network, run.task, state_bits=12)
    result = reference.run(frozen, quantise_inputs(frozen, run.task.test.x))
    return round(run.result["test"]["accuracy"] * len(run.task.test.y)) - int(np.sum(result.classes == run.task.test.y))


def test_a_short_run_is_on_its_way(tmp_path: Path) -> None:
    run = train(CONFIG.replace(epochs=15), tmp_path)
    assert run.result["test"]["accuracy"] >= 0.85
    assert abs(lost_images(run)) <= 3


@pytest.mark.long
@pytest.mark.parametrize("seed", [CONFIG.training.seed, 1, 2, 3])
def test_any_seed_gives_what_the_readme_promises(tmp_path: Path, seed: int) -> None:
    run = train(CONFIG.replace(seed=seed), tmp_path)
    assert run.result["test"]["accuracy"] >= 0.95
    # Of the 360 images one or two are so near a tie that rounding decides: of eight seeds none lost or won more.
    assert abs(lost_images(run)) <= 2
