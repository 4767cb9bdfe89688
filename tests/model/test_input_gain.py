"""Data of any unit train alike."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hadamrnn.errors import InputError
from hadamrnn.model.baselines import Baseline
from hadamrnn.model.initialisation import input_gain
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.orthogonal_network import OrthogonalRNN
from hadamrnn.model.shape import CELLS
from hadamrnn.model.sign_search import search_signs
from hadamrnn.model.task import Split, Task
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.configuration import parse_config
from hadamrnn.quant.experiment import load_run, train
from hadamrnn.quant.fine_tuning import fine_tune
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.freeze_dense import freeze_dense

SIZES = {"input_size": 2, "hidden_size": 16, "output_size": 3}
BASELINES = [partial(Baseline, cell) for cell in CELLS]
BUILDERS: list[Callable[..., nn.Module]] = [HadamardRNN, OrthogonalRNN, *BASELINES]


@pytest.mark.parametrize("build", BUILDERS)
def test_inputs_and_gain_cancel(build: Callable[..., nn.Module]) -> None:
    x = torch.rand(5, 7, 2, generator=torch.Generator().manual_seed(0))
    results = []
    for factor in (1.0, 1024.0):
        mean = {} if build in BASELINES else {"input_mean": torch.tensor([0.25, 0.5]) * factor}
        made = build(**SIZES, **mean, input_gain=1 / factor, generator=torch.Generator().manual_seed(1))
        results.append(made(x * factor))
    assert torch.equal(*results)


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("gain", [0.0, -1.0, 3.0, float("inf"), float("nan")])
def test_a_gain_is_a_power_of_two(build: Callable[..., nn.Module], gain: float) -> None:
    with pytest.raises(InputError, match=f"input_gain must be a power of two, not {gain}"):
        build(**SIZES, input_gain=gain)


@pytest.mark.parametrize("build", BUILDERS)
def test_weights_are_not_loaded_without_their_gain(build: Callable[..., nn.Module]) -> None:
    plain, scaled = build(**SIZES), build(**SIZES, input_gain=0.5)
    assert "saved_input_gain" not in plain.state_dict()
    for one, other in ((plain, scaled), (scaled, plain)):
        with pytest.raises(RuntimeError, match="saved_input_gain"):
            one.load_state_dict(other.state_dict())


def arrays(path: Path, factor: float, *, integers: bool = False) -> Path:
    """Sequences of two classes, which differ in what comes first."""
    random = np.random.default_rng(0)
    y = np.arange(120) % 2
    x = random.integers(0, 16, (120, 6, 1))
    x[:, 0, 0] = 15 * y
    x = x * int(factor) if integers else x / 16 * factor
    np.savez(path, x=x, y=y)
    return path


@pytest.mark.parametrize(
    ("factor", "gain"),
    [(1.0, 1.0), (1024.0, 2.0**-10), (1e-6, 2.0**20), (0.0, 1.0), (1e38, 2.0**-100), (1e-44, 2.0**100)],
)
def test_the_gain_of_data(tmp_path: Path, factor: float, gain: float) -> None:
    assert input_gain(load_task("arrays", path=str(arrays(tmp_path / "data.npz", factor)))) == gain


@pytest.mark.parametrize("factor", [1e38, 1e-44])
def test_extreme_data_train(factor: float, tmp_path: Path) -> None:
    path = arrays(tmp_path / "data.npz", factor)
    text = f'[task]\nname = "arrays"\npath = "{path}"\n[network]\nhidden_size = 16\n[training]\nepochs = 3\n'
    assert train(parse_config(text), tmp_path / "run").result["test"]["loss"] < 2


@pytest.mark.parametrize("centred", [False, True])
def test_data_in_another_unit_give_the_same_search(centred: bool) -> None:
    """Also where states without their gain would be nothing, or infinite, in single precision."""
    searched = []
    for power in (0, 70, -70, 100, -100):
        random = np.random.default_rng(0)
        x = random.normal(size=(200, 12, 2)).astype(np.float32)
        y = x[:, :3, 0].argmax(1).astype(np.int64)
        part = Split(x=x * np.float32(2.0**power), y=y)
        task = Task(name="unit", train=part, validation=part, test=part, labels=("a", "b", "c"))
        mean = {"input_mean": torch.tensor([0.25, 0.5]) * 2.0**power} if centred else {}
        generator = torch.Generator().manual_seed(1)
        network = HadamardRNN(**SIZES, block_size=4, **mean, input_gain=2.0**-power, generator=generator)
        found = search_signs(network, task, candidates=32)
        assert found.accepted > 0
        searched.append((network, found))
    (one, found), *others = searched
    for other, same in others:
        assert same == found
        assert torch.equal(one.signs, other.signs)
        assert torch.equal(one.input_weight, other.input_weight)


def test_a_search_of_states_beyond_single_precision_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(50, 8, 2)).astype(np.float32) * np.float32(2.0**70)
    part = Split(x=x, y=np.arange(50) % 3)
    task = Task(name="large", train=part, validation=part, test=part, labels=("a", "b", "c"))
    with pytest.raises(InputError, match=r"^signs cannot be searched, states or targets are too large: draw or learn"):
        search_signs(HadamardRNN(**SIZES), task, candidates=1)


@pytest.mark.parametrize("power", [70, -70])
def test_a_run_with_a_search_of_extreme_data_says_what_it_found(power: int, tmp_path: Path) -> None:
    """In JSON, which has no NaN."""
    results = []
    for factor in (1.0, 2.0**power):
        path = arrays(tmp_path / f"{factor}.npz", factor)
        text = f'[task]\nname = "arrays"\npath = "{path}"\n[network]\nhidden_size = 16\n[training]\nepochs = 1\n'
        folder = train(parse_config(text), tmp_path / f"{factor}").folder
        results.append(json.loads((folder / "result.json").read_text(), parse_constant=pytest.fail))
    one, other = results
    assert other["searched"]["accepted"] > 0
    assert {**other["searched"], "seconds": 0} == {**one["searched"], "seconds": 0}
    assert other["test"] == one["test"]


def test_pixels_and_tokens_are_as_they_are() -> None:
    assert input_gain(load_task("digits")) == 1
    assert input_gain(load_task("copy", sequences=20, steps=30)) == 1


@pytest.mark.parametrize("kind", ["hadamard", "qornn", "gru"])
def test_data_in_another_unit_give_the_same_network(kind: str, tmp_path: Path) -> None:
    """Weights and integers, but for the real value of their units."""
    runs = []
    for factor in (1, 2048):
        path = arrays(tmp_path / f"{factor}.npz", factor, integers=True)
        text = f'[task]\nname = "arrays"\npath = "{path}"\n[network]\nkind = "{kind}"\nhidden_size = 16\n'
        finished = train(parse_config(text + "[training]\nepochs = 3\n"), tmp_path / str(factor))
        runs.append(load_run(finished.folder))
    one, other = runs
    assert one.result["test"] == other.result["test"]
    for name, values in one.network.named_parameters():
        assert torch.equal(values, other.network.get_parameter(name)), name
    if kind == "gru":
        return
    frozen = [(freeze if kind == "hadamard" else freeze_dense)(run.network, run.task)[0] for run in runs]
    assert frozen[0].state_scale == frozen[1].state_scale
    if kind == "hadamard":
        tuned = [fine_tune(run.network, run.task, state_bits=6, steps=5) for run in runs]
        assert torch.equal(*(found.network.input_weight for found in tuned))
        assert tuned[0].history == tuned[1].history
    for name in frozen[0].arrays():
        assert np.array_equal(getattr(frozen[0], name), getattr(frozen[1], name)), name
