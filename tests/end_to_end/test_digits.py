"""The digits, from the network of the zoo to the simulated core: every class and state as the reference has it."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.integer import quantise_inputs, read_network
from hadamrnn.sim import reference
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.zoo import catalogue

NETWORK = catalogue.path("digits-d64")


def test_accuracy_is_that_of_the_file() -> None:
    network, test = read_network(NETWORK), load_task("digits").test
    result = reference.run(network, quantise_inputs(network, test.x))
    accuracy = np.mean(result.classes == test.y)
    assert accuracy >= 0.95
    assert abs(accuracy - network.trained["float_accuracy"]["test"]) <= 0.005
    assert result.saturations == 0


@pytest.mark.long
def test_sample_of_the_test_images_on_verilator(tmp_path: Path) -> None:
    check_images(tmp_path, CoreParameters(lanes=8, trace=True), "verilator", slice(0, 360, 20))


@pytest.mark.quick("one")
@pytest.mark.parametrize("images", [slice(10, 11), slice(10, 360, 60)], ids=["one", "sample"])
@pytest.mark.usefixtures("icarus")
def test_test_images_on_icarus(tmp_path: Path, images: slice) -> None:
    check_images(tmp_path, CoreParameters(lanes=8, trace=True), "icarus", images)


@pytest.mark.long
@pytest.mark.parametrize("lanes", [1, 16])
def test_all_test_images(tmp_path: Path, lanes: int) -> None:
    check_images(tmp_path, CoreParameters(lanes=lanes, trace=True), "verilator", slice(None))


def check_images(folder: Path, parameters: CoreParameters, simulator: str, images: slice) -> None:
    """Test images through the core: no difference in any class, state or cycle count."""
    network, x = read_network(NETWORK), load_task("digits").test.x[images]
    generate(network, parameters, folder)
    report = cosimulate(network, folder, quantise_inputs(network, x), simulator=simulator)
    assert report.problems == ()
    assert report.sequences == len(x)
    assert report.states_compared >= x.size * network.hidden_size
    assert report.cycles_per_step == report.formula_cycles_per_step
