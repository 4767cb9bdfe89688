"""A network of the zoo on images of its own test set, as it runs in hardware, with the classes that its labels tell."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn import zoo
from hadamrnn.errors import InputError
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.integer import quantise_inputs, read_network
from hadamrnn.sim import reference
from hadamrnn.sim.native.verification import verify

IMAGES = 300


@pytest.mark.long
def test_permuted_mnist_every_state(tmp_path: Path) -> None:
    entry = zoo.entry("pmnist-d64")
    try:
        test = load_task("mnist", permuted=True).test
    except InputError as error:
        pytest.skip(f"the data are not here: {error}")
    x, labels, lengths = test.batch(np.arange(IMAGES))
    network = read_network(entry.network)
    inputs = quantise_inputs(network, x)
    generate(network, CoreParameters(lanes=16, output="class", trace=True), tmp_path / "core")
    report = verify(network, tmp_path / "core", inputs, lengths=lengths, jobs=2, build_folder=tmp_path)
    assert report.problems == ()
    steps = IMAGES * 784
    assert (report.sequences, report.steps, report.sequences_with_states) == (IMAGES, steps, IMAGES)
    assert report.results_compared == IMAGES + 3
    assert report.states_compared == (steps + 1 + 2 + 4) * 64
    assert report.clocks > steps * report.formula_cycles_per_step
    # What the core was compared with is a network that works, on the images that it was trained for.
    accuracy = (reference.run(network, inputs).classes == labels).mean()
    assert abs(accuracy - entry.description["integer"]["accuracy"]) < 4 * np.sqrt(0.25 / IMAGES)
