"""Dense networks from the configuration to integers, for all strategies, on digits and on copy, with small sizes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.orthogonal_network import OrthogonalRNN
from hadamrnn.quant.building import build_network
from hadamrnn.quant.configuration import ExperimentConfig, parse_config
from hadamrnn.quant.experiment import load_run, train
from hadamrnn.quant.frozen_run import freeze_run
from hadamrnn.quant.integer import DenseNetwork
from hadamrnn.quant.integer_evaluation import evaluate_integers

TOML = """
[task]
{task}
[network]
kind = "qornn"
hidden_size = {hidden}
{network}
[training]
batch_size = 32
learning_rate = {rate}
decay = "cosine"
epochs = {epochs}
"""


def config(
    task: str = 'name = "digits"', *, hidden: int = 16, rate: float = 3e-3, epochs: int = 2, **network: Any
) -> ExperimentConfig:
    lines = "\n".join(f"{name} = {value!r}" for name, value in network.items()).replace("'", '"')
    return parse_config(TOML.format(task=task, hidden=hidden, rate=rate, epochs=epochs, network=lines))


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    "network",
    [
        {"strategy": "ste-bjorck", "recurrent_bits": 5},
        {"strategy": "ste-projunn", "recurrent_bits": 5, "rank": 2},
        {"strategy": "ste-pen", "recurrent_bits": 6, "recurrent_scale": "max"},
        {"strategy": "ptq", "recurrent_bits": 8, "weight_bits": 8},
        pytest.param({"strategy": "ste-bjorck", "recurrent_bits": 6, "activation": "modrelu"}, marks=pytest.mark.long),
        pytest.param(
            {"strategy": "ste-bjorck", "recurrent_bits": 6, "activation": "relu", "bias": "plain"},
            marks=pytest.mark.long,
        ),
    ],
    ids=str,
)
def test_digits_are_learnt_and_the_integers_agree(network: dict[str, Any], tmp_path: Path) -> None:
    run = train(config(epochs=4, rate=1e-2, **network), tmp_path / "run")
    assert run.result["test"]["accuracy"] > 0.3  # ten classes
    again = load_run(tmp_path / "run")
    assert isinstance(again.network, OrthogonalRNN)
    frozen = freeze_run(again, state_bits=14)
    assert isinstance(frozen.network, DenseNetwork)
    assert frozen.network.activation == network.get("activation", "none")
    assert frozen.network.trained["config"] == run.config.to_toml()
    integer = evaluate_integers(frozen.network, run.task.test)
    assert integer.accuracy == pytest.approx(run.result["test"]["accuracy"], abs=0.03)
    assert integer.saturations < 100


def test_copy_is_trained_and_frozen(tmp_path: Path) -> None:
    sizes = {"steps": 10, "symbols": 2, "alphabet": 2, "sequences": 1500, "validation_sequences": 100}
    task = "\n".join(['name = "copy"', "test_sequences = 200", *(f"{name} = {size}" for name, size in sizes.items())])
    run = train(config(task, hidden=32, rate=1e-2, recurrent_bits=8, epochs=1), tmp_path / "run")
    frozen = freeze_run(run, state_bits=16)
    integer = evaluate_integers(frozen.network, run.task.test)
    assert frozen.network.input_kind == "index"
    assert integer.accuracy == pytest.approx(run.result["test"]["accuracy"], abs=0.02)


def test_a_penalty_keeps_the_matrix_near(tmp_path: Path) -> None:
    """The same run with and without: what λ is for."""
    defects = []
    for weight in (0.0, 1.0):
        options = {"strategy": "ste-pen", "recurrent_bits": 8, "penalty_weight": weight}
        run = train(config(rate=1e-2, epochs=1, **options), tmp_path / f"{weight}")
        matrix = run.network.recurrent_matrix().detach()
        defects.append(float((matrix @ matrix.T - torch.eye(16)).norm()))
    assert defects[1] < 0.5 * defects[0]


@pytest.mark.quick("ste-projunn")
@pytest.mark.parametrize("strategy", ["ste-bjorck", "ste-projunn"])
def test_a_resumed_run_is_the_same(strategy: str, tmp_path: Path) -> None:
    whole = train(config(strategy=strategy), tmp_path / "whole")

    def stop(report: Any) -> None:
        if (report.epoch, report.step) == (1, 5):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config(strategy=strategy), tmp_path / "stopped", report=stop)
    resumed = train(config(strategy=strategy), tmp_path / "stopped", resume=True)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


@pytest.mark.parametrize("variant", ["D", "T"])
def test_projunn_trains_an_orthogonal_matrix(variant: str, tmp_path: Path) -> None:
    """The matrix before it is quantised, after training with all of it; it moved."""
    options = {"strategy": "ste-projunn", "variant": variant, "rank": 3}
    run = train(config(rate=1e-2, epochs=1, **options), tmp_path)
    matrix = run.network.recurrent.weight.detach()
    assert float((matrix.T @ matrix - torch.eye(16)).abs().max()) < 1e-5
    before = build_network(run.config, run.task).recurrent.weight.detach()
    assert float((matrix - before).norm()) > 0.1
    assert len(run.network.recurrent_matrix().unique()) <= 16  # of four bits


def test_configuration_is_written_and_read() -> None:
    found = config(strategy="ste-pen", recurrent_bits=3, activation="relu", penalty_weight=0.1)
    table = found.network.to_table()
    assert (table["strategy"], table["recurrent_bits"], table["activation"]) == ("ste-pen", 3, "relu")
    assert "signs" not in table
    assert "block_size" not in table
    assert parse_config(found.to_toml()) == found
    hadamard = found.replace_kind("hadamard")
    assert "strategy" not in hadamard.network.to_table()
    assert parse_config(hadamard.to_toml()) == hadamard


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"strategy": "qat"}, "[network] strategy must be one of ste-bjorck, ste-projunn, ste-pen, ptq, not 'qat'"),
        ({"recurrent_bits": 1}, "[network] recurrent_bits must be 2 to 8, not 1"),
        ({"recurrent_bits": "ternary"}, "[network] recurrent_bits must be 2 to 8, not 'ternary'"),
        ({"recurrent_scale": "mean"}, "[network] recurrent_scale must be one of spectral, max, not 'mean'"),
        ({"activation": "tanh"}, "[network] activation must be one of none, relu, modrelu, not 'tanh'"),
        ({"penalty_weight": -1.0}, "[network] penalty_weight must be a number of at least 0, not -1.0"),
        ({"variant": "C"}, "[network] variant must be one of D, T, not 'C'"),
        ({"rank": 0}, "[network] rank must be a positive integer, not 0"),
        ({"signs": "learned"}, "[network] signs does not go with kind 'qornn', which has no use for it"),
        ({"block_size": 4}, "[network] block_size does not go with kind 'qornn', which has no use for it"),
    ],
)
def test_options_that_are_wrong(network: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        config(**network)
    assert str(error.value) == message


def test_options_of_another_kind() -> None:
    with pytest.raises(
        InputError, match=r"^\[network\] strategy does not go with kind 'hadamard', which has no use for"
    ):
        parse_config('[task]\nname = "digits"\n[network]\nhidden_size = 64\nstrategy = "ptq"\n')


def test_what_goes_with_hadamard_networks_only(tmp_path: Path) -> None:
    run = train(config(epochs=1), tmp_path / "run")
    with pytest.raises(InputError, match=r"^a network of kind 'qornn' cannot be fine-tuned$"):
        freeze_run(run, fine_tune=10)
