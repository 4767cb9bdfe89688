"""Networks of a configuration."""

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.task import Task
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.building import build_network
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, parse_config

CONFIGURATION = ExperimentConfig(task="digits", network=NetworkOptions(hidden_size=16, block_size=4))


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("digits")


def test_seeds_draw_other_networks(task: Task) -> None:
    other = build_network(CONFIGURATION.replace(seed=1), task)
    same = build_network(CONFIGURATION, task)
    assert not torch.equal(other.sign_latents, same.sign_latents)
    assert torch.equal(build_network(CONFIGURATION, task).input_weight, same.input_weight)


def test_the_float_baseline_computes_with_the_weights_themselves(task: Task) -> None:
    network = build_network(CONFIGURATION.replace_kind("float"), task)
    assert torch.equal(network.input_quantiser(network.input_weight), network.input_weight)
    assert set(network.signs.tolist()) == {-1.0, 1.0}
    drawn = build_network(CONFIGURATION, task)
    assert torch.equal(network.output_weight, drawn.output_weight)


def test_vectors_have_no_embedding(task: Task) -> None:
    config = parse_config(CONFIGURATION.to_toml().replace("embedding_size = 0", "embedding_size = 4"))
    with pytest.raises(InputError, match=r"goes with tasks whose inputs are tokens; those of 'digits' are vectors$"):
        build_network(config, task)
