"""Biases rounded for where they end up: closer after T steps than nearest integers, and never far from them."""

import numpy as np
import pytest
from scipy.linalg import block_diag, hadamard

from hadamrnn.quant.bias_rounding import BiasRounding


def accumulated(signs: np.ndarray, block_size: int, gain: float, steps: int) -> np.ndarray:
    """Σ_{j<T} W^j, term by term."""
    matrix = signs[:, None] * block_diag(*[hadamard(block_size)] * (len(signs) // block_size)) * gain
    total, power = np.zeros_like(matrix), np.eye(len(signs))
    for _ in range(steps):
        total, power = total + power, matrix @ power
    return total


@pytest.mark.parametrize(("size", "block"), [(64, 64), (64, 16), (32, 8)])
@pytest.mark.parametrize("steps", [64, 300])
def test_ends_up_closer_than_the_nearest_integers(size: int, block: int, steps: int) -> None:
    random = np.random.default_rng(size + steps)
    ratios = []
    for _ in range(5):
        bias, signs = random.normal(0, 30, size), random.choice([-1, 1], size)
        total = accumulated(signs, block, block**-0.5, steps)
        ours = BiasRounding(signs, block, block**-0.5, steps)(bias) - bias
        nearest = np.rint(bias) - bias
        ratios.append(np.linalg.norm(total @ ours) / np.linalg.norm(total @ nearest))
        assert np.abs(ours).max() < 4
    assert max(ratios) <= 1.001  # not 1: staying near the biases counts too
    assert np.mean(ratios) < 0.8


def test_one_step_is_the_nearest_integer() -> None:
    bias = np.array([0.4, -3.6, 2.5, 1.5, 7.0, -0.49, 100.2, -100.7])
    signs = np.array([1, -1, 1, 1, -1, 1, -1, -1])
    assert np.array_equal(BiasRounding(signs, 8, 8**-0.5, 1)(bias), np.rint(bias))


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 64])
def test_integers_stay_as_they_are(steps: int) -> None:
    bias = np.arange(-8.0, 8.0)
    signs = np.random.default_rng(0).choice([-1, 1], 16)
    assert np.array_equal(BiasRounding(signs, 16, 0.25, steps)(bias), bias)


@pytest.mark.parametrize(("size", "block"), [(64, 64), (64, 32), (32, 8)])
@pytest.mark.parametrize("kind", ["every", "two lengths"])
def test_states_after_different_numbers_of_steps_are_closer_on_average(size: int, block: int, kind: str) -> None:
    random = np.random.default_rng(size + block)
    weights = np.ones(150) if kind == "every" else np.bincount([39, 149, 149], minlength=150).astype(float)
    gain = (1 - 1e-5) * block**-0.5
    ratios, singles = [], []
    for _ in range(4):
        bias, signs = random.normal(0, 30, size), random.choice([-1, 1], size)
        totals = [(weight, accumulated(signs, block, gain, t + 1)) for t, weight in enumerate(weights) if weight]

        def effect(integers: np.ndarray, bias: np.ndarray = bias, totals: list = totals) -> float:
            return float(
                np.sqrt(sum(weight * np.linalg.norm(total @ (integers - bias)) ** 2 for weight, total in totals))
            )

        ours = BiasRounding(signs, block, gain, weights)(bias)
        ratios.append(effect(ours) / effect(np.rint(bias)))
        singles.append(effect(ours) / effect(BiasRounding(signs, block, gain, 150)(bias)))
        assert np.abs(ours - bias).max() < 4
    assert max(ratios) <= 1.001
    assert np.mean(ratios) < 0.9
    assert np.mean(singles) < 1.1  # no worse than for the longest alone, but for the luck of two roundings


def test_one_number_of_steps_may_be_given_as_a_weight() -> None:
    random = np.random.default_rng(0)
    bias, signs = random.normal(0, 30, 32), random.choice([-1, 1], 32)
    rounding = BiasRounding(signs, 16, 0.25, np.eye(1, 50, 49)[0])
    assert np.array_equal(rounding(bias), BiasRounding(signs, 16, 0.25, 50)(bias))
    assert np.array_equal(rounding(2 * bias), BiasRounding(signs, 16, 0.25, 50)(2 * bias))
