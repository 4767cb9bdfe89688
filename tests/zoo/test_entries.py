"""Every network of the zoo: its three files agree, and its figures come out again."""

import hashlib
from dataclasses import asdict

import pytest

from hadamrnn import zoo
from hadamrnn.errors import InputError
from hadamrnn.model.task import Task
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.configuration import read_config
from hadamrnn.quant.integer import IntegerNetwork, read_frozen
from hadamrnn.quant.integer.size import stored_bits
from hadamrnn.quant.integer_evaluation import evaluate_integers
from hadamrnn.zoo import ZooEntry
from hadamrnn.zoo.add import LARGEST_BYTES

QUICK = ("digits",)  # tasks whose test set takes a second, and no download
ENTRIES = [zoo.entry(name) for name in zoo.names()]
quick_or_long = [
    pytest.param(one, id=one.name, marks=() if one.description["task"] in QUICK else pytest.mark.long)
    for one in ENTRIES
]


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.name)
def test_files_agree(one: ZooEntry) -> None:
    network, config, about = read_frozen(one.network), read_config(one.config), one.description
    assert about["name"] == one.name
    assert (about["task"], about["task_options"]) == (config.task, config.task_options)
    assert about["seed"] == config.training.seed
    assert about["best_epoch"] <= about["epochs"] <= config.training.epochs
    assert about["network"]["family"] == ("hadamard" if isinstance(network, IntegerNetwork) else "dense")
    own = ("block_size",) if isinstance(network, IntegerNetwork) else ("recurrent_bits", "activation")
    for name in ("hidden_size", *own, "input_size", "output_size", "state_bits", "weight_bits", "readout"):
        assert about["network"][name] == getattr(network, name), name
    assert about["network"]["weights"] == config.network.weight_bits
    assert network.trained["config"] == one.config.read_text()
    data = one.network.read_bytes()
    assert (about["file_bytes"], about["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert len(data) <= LARGEST_BYTES
    assert about["stored_bits"] == stored_bits(network)
    assert about["freeze"]["state_bits"] == network.state_bits


@pytest.mark.parametrize("one", quick_or_long)
def test_integer_figures_come_out_again(one: ZooEntry) -> None:
    task = _task(one)
    assert len(task.test) == one.description["test_sequences"]
    found = asdict(evaluate_integers(read_frozen(one.network), task.test))
    expected = dict(one.description["integer"])
    assert found.pop("loss") == pytest.approx(expected.pop("loss"), rel=1e-9)  # a sum of floats: its order may differ
    assert found == expected


def _task(one: ZooEntry) -> Task:
    about = one.description
    try:
        return load_task(about["task"], **about["task_options"])
    except InputError as error:
        pytest.skip(f"the data are not here: {error}")
