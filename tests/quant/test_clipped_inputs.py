"""Inputs beyond the input format are counted."""

from dataclasses import replace

import numpy as np
import pytest

from hadamrnn.model.split import Split
from hadamrnn.quant import clipped_inputs as module
from hadamrnn.quant.clipped_inputs import ClippedInputs, clipped_inputs
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.integer import IntegerNetwork

from .tasks import toy_network, toy_task


@pytest.fixture
def frozen() -> IntegerNetwork:
    """Inputs of 8 bits, unsigned."""
    task = toy_task()
    return freeze(toy_network(task), replace(task, input_scale=None), input_bits=8)[0]


@pytest.mark.parametrize("batch", [1000, 2])
def test_inputs_beyond_the_range_are_counted(
    frozen: IntegerNetwork, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", batch)
    assert frozen.input_range == (0, 255)
    network = replace(frozen, input_scale=0.25)
    x, y = np.zeros((5, 4, 3), np.float32), np.zeros(5, np.int64)
    x[1, 0] = -1
    x[3, 0], x[3, 1] = 0.25 * np.array([[0, 255, 255.25], [-0.5, -0.75, 255.5]])  # half to even: 0 and 256
    x[3, 3] = 0.25 * np.array([264, 1e30, 100])
    assert clipped_inputs(network, Split(x=x, y=y)) == ClippedInputs(clipped=3 + 2 + 2, inputs=60)
    lengths = np.array([1, 2, 1, 4, 2])
    assert clipped_inputs(network, Split(x=x, y=y, lengths=lengths)) == ClippedInputs(clipped=3 + 2 + 2, inputs=30)


def test_what_calibration_has_seen_is_in_the_range(frozen: IntegerNetwork) -> None:
    task = toy_task()
    found = clipped_inputs(frozen, task.train)
    assert found is not None
    assert found.to_json() == {"clipped": 0, "inputs": task.train.x.size}


def test_tokens_are_not_clipped() -> None:
    task = toy_task(input_kind="index")
    assert clipped_inputs(freeze(toy_network(task), task)[0], task.test) is None
