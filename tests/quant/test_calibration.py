"""Formats of inputs and states, chosen on training data."""

from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.task import Split, Task
from hadamrnn.quant import calibration
from hadamrnn.quant.calibration import InputFormat, input_format, input_shift, largest_state, quantised


def task(train: np.ndarray, **changes: Any) -> Task:
    def split(x: np.ndarray) -> Split:
        return Split(x=x.astype(np.float32), y=np.zeros(len(x), np.int64))

    other = split(1000 * np.ones((1, *train.shape[1:])))  # calibration must not look at it
    return Task(
        **{"name": "toy", "labels": ("a",), "train": split(train), "validation": other, "test": other} | changes
    )


def test_a_task_of_integers_keeps_its_format() -> None:
    found = input_format(task(np.ones((2, 3, 1)), input_scale=1 / 16, input_bits=5))
    assert found == InputFormat(bits=5, signed=False, scale=1 / 16)
    assert found.limits == (0, 31)


@pytest.mark.parametrize(
    ("low", "high", "bits", "expected"),
    [
        (0.0, 2.0, 8, InputFormat(bits=8, signed=False, scale=2 / 255)),
        (-3.0, 2.0, 8, InputFormat(bits=8, signed=True, scale=3 / 127)),
        (-0.5, 4.0, 4, InputFormat(bits=4, signed=True, scale=4 / 7)),
        (0.0, 0.0, 8, InputFormat(bits=8, signed=False, scale=1 / 255)),
    ],
)
def test_other_tasks_get_one_that_just_holds_their_training_data(
    low: float, high: float, bits: int, expected: InputFormat
) -> None:
    train = np.linspace(low, high, 12).reshape(4, 3, 1)
    found = input_format(task(train), bits)
    assert (found.bits, found.signed) == (expected.bits, expected.signed)
    assert found.scale == pytest.approx(expected.scale)
    integers = quantised(train, found) / found.scale
    assert found.limits[0] - 1e-6 <= integers.min()
    assert integers.max() <= found.limits[1] + 1e-6
    assert np.abs(quantised(train, found) - train).max() <= found.scale / 2 * (1 + 1e-6)


def test_rounding_is_half_to_even_and_clips() -> None:
    form = InputFormat(bits=4, signed=True, scale=0.5)
    x = np.array([0.25, 0.75, 1.25, -0.25, -0.75, 9.0, -9.0])
    assert quantised(x, form).tolist() == [0, 1, 1, 0, -1, 3.5, -4]


def test_largest_state_is_over_all_steps_and_units(monkeypatch: pytest.MonkeyPatch) -> None:
    network = HadamardRNN(input_size=1, hidden_size=8, output_size=1, generator=torch.Generator().manual_seed(0))
    x = np.zeros((7, 5, 1))
    x[:, 0] = np.arange(7).reshape(7, 1)  # the largest last, after which states shrink in no norm
    form = InputFormat(bits=8, signed=False, scale=1.0)
    monkeypatch.setattr(calibration, "_BATCH", 3)
    with torch.no_grad():
        expected = float(network.states(torch.from_numpy(x).float()).abs().max())
    assert largest_state(network, task(x), form) == pytest.approx(expected)
    monkeypatch.setattr(calibration, "SEQUENCES", 4)
    assert largest_state(network, task(x), form) == pytest.approx(expected / 2)  # 3 in the place of 6: it is linear


@pytest.mark.parametrize("state_bits", [4, 8, 12, 24])
@pytest.mark.parametrize("product_scale", [0.01, 0.3])
def test_shift_is_the_largest_that_holds_states_and_biases(state_bits: int, product_scale: float) -> None:
    limit = 2 ** (state_bits - 1) - 1
    for largest, bias in ((3.0, 0.1), (0.02, 1.5), (0.7, 0.7), (limit * product_scale, 0.0)):
        shift = input_shift(largest, bias, product_scale, state_bits)
        unit = product_scale * 2.0**-shift
        assert round(max(largest, bias) / unit) <= limit
        assert round(max(largest, bias) / (unit / 2)) > limit


def test_states_that_are_always_zero_have_the_finest_unit() -> None:
    assert input_shift(0.0, 0.0, 1.0, 8) == 32


@pytest.mark.parametrize("largest", [np.nan, np.inf])
def test_states_that_are_not_finite_are_refused(largest: float) -> None:
    with pytest.raises(InputError, match=r"^states must be finite to be calibrated, not up to (nan|inf)$"):
        input_shift(largest, 0.0, 1.0, 8)
    with pytest.raises(InputError, match=r"^states must be finite to be calibrated, not up to (nan|inf)$"):
        input_shift(0.0, largest, 1.0, 8)


def test_states_beyond_every_shift_are_refused() -> None:
    with pytest.raises(InputError, match=r"^state_bits 4 are too few for states up to 1e\+12"):
        input_shift(1e12, 0.0, 1e-3, 4)
