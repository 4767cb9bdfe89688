"""Certificates: no sequence exceeds them, some sequence attains their linear part."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from scipy.linalg import block_diag, hadamard

from hadamrnn.errors import InputError
from hadamrnn.quant.certificate import certify, state_bounds, worst_inputs
from hadamrnn.quant.integer import IntegerNetwork, shift_round
from hadamrnn.quant.state_response import StateResponse
from hadamrnn.sim import reference

FORMATS = [
    {"block_size": 1, "input_shift": 0},
    {"block_size": 1, "input_shift": -2},
    {"block_size": 2, "input_shift": 1, "sqrt_half_bits": 3},
    {"block_size": 2, "input_shift": -1, "sqrt_half_bits": 15},
    {"block_size": 4, "input_shift": 0},
    {"block_size": 4, "input_shift": -3, "input_signed": True, "input_bits": 2},
    {"block_size": 4, "input_kind": "index", "input_shift": -1},
    {"block_size": 8, "input_shift": 2, "sqrt_half_bits": 1},
    {"block_size": 8, "input_kind": "index", "input_shift": 3},
]


def network(hidden_size: int, inputs: int = 1, seed: int = 0, **changes: Any) -> IntegerNetwork:
    """Weights and biases drawn from all there are; states of 24 bits, which nothing here fills."""
    random = np.random.default_rng(seed)
    options = {
        "signs": random.choice([-1, 1], hidden_size),
        "input_weight": random.integers(-8, 8, (hidden_size, inputs)),
        "bias": random.integers(-5, 6, hidden_size),
        "output_weight": random.integers(-8, 8, (2, hidden_size)),
        "output_bias": np.zeros(2, np.int64),
        "block_size": hidden_size,
        "state_bits": 24,
        "input_bits": 1,
    }
    return IntegerNetwork(**(options | changes))


def powers(one: IntegerNetwork, lags: int) -> np.ndarray:
    """W^j for j < ``lags``, by dense products: shape ``(lags, d, d)``."""
    n, k = one.block_size, one.block_bits
    gain = one.sqrt_half / 2 ** (one.sqrt_half_bits + k // 2) if k % 2 else n**-0.5
    matrix = one.signs[:, None] * block_diag(*[hadamard(n)] * one.blocks) * gain
    result = [np.eye(one.hidden_size)]
    for _ in range(lags - 1):
        result.append(matrix @ result[-1])
    return np.array(result)


def drives(one: IntegerNetwork) -> np.ndarray:
    """D(x) for every input x of one step: shape ``(inputs, d)``."""
    if one.input_kind == "index":
        return shift_round(one.input_weight.astype(np.int64), one.input_shift).T.astype(float)
    low, high = one.input_range
    inputs = np.array(list(itertools.product(range(low, high + 1), repeat=one.input_size)))
    return inputs @ one.input_weight.T.astype(float) * 2.0**one.input_shift


def sequences(one: IntegerNetwork, steps: int) -> np.ndarray:
    """Every input sequence there is."""
    low, high = one.input_range
    values = range(low, high + 1)
    if one.input_kind == "index":
        return np.array(list(itertools.product(values, repeat=steps)))
    everything = itertools.product(values, repeat=steps * one.input_size)
    return np.array(list(everything)).reshape(-1, steps, one.input_size)


@pytest.mark.quick(8)
@pytest.mark.parametrize("options", FORMATS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_a_small_network_exceeds_the_bounds(options: dict[str, Any], seed: int) -> None:
    inputs, steps = (3, 6) if options.get("input_kind") == "index" else (1, 6)
    one = network(8, inputs, seed, **options)
    bounds = state_bounds(one, steps)
    states = reference.run(one, sequences(one, steps), return_states=True).states
    assert states is not None
    spread = bounds.rounding + bounds.margin[:, None]
    assert (states.max(axis=0) <= bounds.upper + spread).all()
    assert (states.min(axis=0) >= bounds.lower - spread).all()
    certificate = certify(one, steps)
    for t in range(1, steps + 1):
        assert np.abs(states[:, :t]).max() <= certificate.curve[t - 1]
    assert np.abs(states).max() <= certificate.worst_state
    assert certificate.exact
    if one.block_size == 1 and one.input_shift >= 0:  # nothing is rounded: the bound is attained
        assert bounds.rounding.max() == 0
        assert np.abs(states).max() == certificate.worst_state


@pytest.mark.parametrize("options", FORMATS, ids=str)
def test_the_linear_part_is_the_exact_worst_case(options: dict[str, Any]) -> None:
    one, steps = network(16, 3, **options), 9
    bounds = state_bounds(one, steps)
    effects = np.einsum("jil,xl->jxi", powers(one, steps), drives(one))
    fixed = powers(one, steps) @ one.bias
    assert np.allclose(bounds.upper, np.cumsum(effects.max(axis=1) + fixed, axis=0), atol=1e-9)
    assert np.allclose(bounds.lower, np.cumsum(effects.min(axis=1) + fixed, axis=0), atol=1e-9)
    assert (np.abs(bounds.upper - np.cumsum(effects.max(axis=1) + fixed, axis=0)) <= bounds.margin[:, None]).all()
    norms = np.cumsum(np.abs(powers(one, steps)).sum(axis=2), axis=0)
    states, products = float(one.block_size > 1) / 2, float(one.input_shift < 0 and one.input_kind == "vector") / 2
    expected = products * norms
    expected[1:] += states * norms[:-1]
    assert np.allclose(bounds.rounding, expected)


@pytest.mark.parametrize("options", FORMATS, ids=str)
@pytest.mark.parametrize("largest", [True, False])
def test_worst_inputs_attain_the_bound_but_for_roundings(options: dict[str, Any], largest: bool) -> None:
    one, steps = network(16, 3, seed=5, **options), 40
    bounds = state_bounds(one, steps)
    edge = bounds.upper if largest else bounds.lower
    for unit in (0, 7, 15):
        worst = worst_inputs(one, unit, steps, largest=largest)
        states = reference.run(one, worst[None], return_states=True).states
        assert states is not None
        reached = states[0, -1, unit]
        assert abs(reached - edge[-1, unit]) <= bounds.rounding[-1, unit] + bounds.margin[-1]


@pytest.mark.parametrize(("hidden_size", "block_size"), [(64, 64), (64, 32), (128, 16)])
def test_long_random_sequences_stay_within(hidden_size: int, block_size: int) -> None:
    one, steps = network(hidden_size, 2, block_size=block_size, input_bits=4, input_shift=-2), 200
    random = np.random.default_rng(1)
    inputs = random.integers(0, 16, (50, steps, 2))
    inputs[:10] = 15 * random.integers(0, 2, (10, steps, 2))
    loudest = int(np.argmax(state_bounds(one, steps).upper[-1]))
    inputs[10] = worst_inputs(one, loudest, steps)
    states = reference.run(one, inputs, return_states=True).states
    assert states is not None
    curve = certify(one, steps).curve
    assert (np.maximum.accumulate(np.abs(states).max(axis=(0, 2))) <= curve).all()
    assert np.abs(states).max() > curve[-1] / 3  # the worst inputs come near it


def test_safe_bits_and_safe_steps_agree() -> None:
    one = network(32, block_size=16, input_bits=4)
    steps = 30
    certificate = certify(one, steps)
    enough = dataclasses.replace(one, state_bits=certificate.safe_state_bits)
    fewer = dataclasses.replace(one, state_bits=certificate.safe_state_bits - 1)
    assert certify(enough, steps).safe_steps >= steps
    longest = certify(fewer, steps).safe_steps
    assert 0 < longest < steps
    assert certify(fewer, longest).safe_state_bits <= fewer.state_bits
    assert certify(fewer, longest + 1).safe_state_bits > fewer.state_bits
    worst = worst_inputs(enough, int(np.argmax(state_bounds(enough, steps).upper[-1])), steps)
    assert reference.run(enough, worst[None]).saturations == 0


def test_no_safe_step_and_no_end_of_them() -> None:
    loud = network(8, input_bits=8, state_bits=4, input_shift=4)
    assert certify(loud, 3).safe_steps == 0
    silent = network(8, state_bits=4, bias=np.zeros(8, int), input_weight=np.zeros((8, 1), int))
    assert certify(silent, 3).safe_steps is None
    assert certify(silent, 3).worst_state == 0
    shrinking = network(8, sqrt_half_bits=4)  # 11/16 · √2 = 0.97: the loop forgets
    assert certify(shrinking, 3).safe_steps is None
    assert certify(shrinking, 3, work=0).safe_steps is None
    growing = network(8, sqrt_half_bits=2)  # 3/4 · √2 = 1.06
    assert 0 < certify(growing, 3).safe_steps < 1000
    rotating = network(16, bias=np.zeros(16, int))
    longest = certify(rotating, 10).safe_steps
    assert longest > 1000
    assert 10 < certify(rotating, 10, work=0).safe_steps < longest


AGAINST_A_WORST_SEQUENCE: dict[str, dict[str, Any]] = {  # every input pushes the same way, as near as integers come
    "rotating, one unit": {"signs": [1], "input_weight": [[3]], "bias": [1], "block_size": 1, "state_bits": 8},
    "rotating": {"signs": [1, 1, 1, 1], "input_weight": [[6], [2], [2], [2]], "block_size": 4, "state_bits": 8},
    "growing": {"signs": [1, 1], "input_weight": [[5], [2]], "sqrt_half_bits": 2, "state_bits": 10},  # 1.06 a step
    "shrinking": {"signs": [1, 1], "input_weight": [[5], [2]], "sqrt_half_bits": 4, "state_bits": 8},  # 0.97
}


@pytest.mark.parametrize("options", AGAINST_A_WORST_SEQUENCE.values(), ids=AGAINST_A_WORST_SEQUENCE)
def test_safe_steps_end_before_a_worst_sequence_saturates(options: dict[str, Any]) -> None:
    """However much of the response is exact, and from however many steps it is looked beyond."""
    hidden_size = len(options["signs"])
    zero = {"bias": np.zeros(hidden_size, int)}
    one = network(
        hidden_size,
        **zero | {name: np.array(value) if isinstance(value, list) else value for name, value in options.items()},
    )
    saturating = next(
        steps
        for steps in range(1, 200)
        if any(reference.run(one, worst_inputs(one, unit, steps)[None]).saturations for unit in range(hidden_size))
    )
    exact = certify(one, 1).safe_steps
    assert 10 < exact < saturating
    assert certify(one, exact).safe_state_bits <= one.state_bits < certify(one, exact + 1).safe_state_bits
    for steps in (1, 2, 5):
        for work in (0, 3e6, 1e8):
            assert steps <= certify(one, steps, work=work).safe_steps <= exact
    if one.block_size == 1:  # nothing is lost to norms or roundings
        assert exact == saturating - 1
        assert certify(one, 1, work=0).safe_steps == exact


def test_steps_that_are_safe_are_among_the_safe_steps() -> None:
    """Also where the bound lies between the largest state of the format and the next one."""
    signs, weight = np.array([1]), np.array([[1]])
    one = network(1, signs=signs, input_weight=weight, bias=np.array([0]), input_shift=-3, state_bits=3)
    loose = certify(one, 6, work=0)
    assert 3 < loose.curve[-1] < 4
    assert loose.safe_state_bits == 3
    assert loose.safe_steps == 6
    assert certify(one, 6).safe_steps >= 6


def test_safe_bits_hold_the_biases() -> None:
    """Which may be wider than every state, where inputs are never 0."""
    signs, weight, bias = np.array([-1]), np.array([[-8]]), np.array([100])
    one = network(1, signs=signs, input_weight=weight, bias=bias, input_bits=4)
    found = certify(one, 10, input_range=(12, 12), work=1e8)
    assert found.worst_state == 4
    assert found.safe_state_bits == 8
    with pytest.raises(InputError, match="bias"):
        dataclasses.replace(one, state_bits=7)
    assert certify(one, 10, input_range=(0, 12), work=1e8).safe_state_bits >= 8


@pytest.mark.parametrize("options", FORMATS, ids=str)
@pytest.mark.parametrize("aligned", [False, True])
def test_no_input_drives_more_than_the_norm(options: dict[str, Any], aligned: bool) -> None:
    one = network(8, 2, **options)
    if aligned:  # all columns add up, and the bias to them
        column = one.input_weight[:, :1]
        one = dataclasses.replace(one, input_weight=column.repeat(2, axis=1), bias=column[:, 0])
    reached = np.linalg.norm(drives(one) + one.bias, axis=1).max()
    found = StateResponse(one, *one.input_range).drive_norm
    assert reached <= found
    if aligned and one.input_kind == "vector" and not one.input_signed:
        assert found == pytest.approx(reached, rel=1e-9)


def test_norms_stand_in_for_the_exact_response() -> None:
    cases: list[dict[str, Any]] = [{}, {"block_size": 8}, {"input_kind": "index"}]
    for options in cases:
        one = network(32, 2, **options)
        exact, bounded, mixed = (state_bounds(one, 50, work=work) for work in (1e9, 0, 2.5e7))
        assert exact.exact_lags == 50
        assert bounded.exact_lags == 1
        assert 1 < mixed.exact_lags < 50
        for looser in (bounded, mixed):
            assert (looser.upper >= exact.upper - 1e-9).all()
            assert (looser.lower <= exact.lower + 1e-9).all()
            assert (looser.rounding >= exact.rounding - 1e-9).all()
        assert not certify(one, 50, work=0).exact


def test_a_narrower_input_range() -> None:
    one, steps = network(16, 2, input_bits=8), 8
    half = certify(one, steps, input_range=(0, 127))
    assert half.worst_state < certify(one, steps).worst_state
    assert half.input_range == (0, 127)
    worst = worst_inputs(one, 0, steps, input_range=(10, 127))
    assert set(np.unique(worst)) == {10, 127}
    tokens = network(16, 5, input_kind="index", input_shift=2)
    assert certify(tokens, steps, input_range=(1, 2)).worst_state < certify(tokens, steps).worst_state
    assert set(np.unique(worst_inputs(tokens, 0, steps, input_range=(1, 2)))) <= {1, 2}


@pytest.mark.parametrize("block_size", [1, 2, 4])
@pytest.mark.parametrize("largest", [True, False])
def test_worst_tokens_of_every_range_are_the_worst_of_all_sequences(block_size: int, largest: bool) -> None:
    vocabulary, steps = 5, 4
    one = network(4, vocabulary, block_size=block_size, input_kind="index", input_shift=3)
    lags = powers(one, steps)[::-1]  # the first step first
    for low, high in itertools.combinations_with_replacement(range(vocabulary), 2):
        tokens = np.array(list(itertools.product(range(low, high + 1), repeat=steps)))
        linear = np.einsum("tij,stj->si", lags, drives(one)[tokens] + one.bias)
        states = reference.run(one, tokens, return_states=True).states
        assert states is not None
        bounds = state_bounds(one, steps, input_range=(low, high))
        edge = (bounds.upper if largest else bounds.lower)[-1]
        spread = bounds.rounding[-1] + bounds.margin[-1]
        for unit in range(one.hidden_size):
            worst = worst_inputs(one, unit, steps, largest=largest, input_range=(low, high))
            (place,) = np.flatnonzero((tokens == worst).all(axis=1))  # it is one of them
            assert linear[place, unit] == pytest.approx(edge[unit], abs=1e-9)
            assert abs(states[place, -1, unit] - edge[unit]) <= spread[unit]
        assert np.allclose(linear.max(axis=0) if largest else linear.min(axis=0), edge, atol=1e-9)


def test_the_certificate_as_json() -> None:
    found = certify(network(8), 10).to_json()
    assert [steps for steps, _ in found["curve"]] == [1, 2, 4, 8, 10]
    assert found["input_range"] == [0, 1]
    assert found["worst_state"] == int(found["curve"][-1][1])


@pytest.mark.parametrize("steps", [0, -1, 2.0, True])
def test_refuses_steps_that_are_none(steps: Any) -> None:
    with pytest.raises(InputError, match=r"^steps must be a positive integer, not "):
        certify(network(8), steps)


@pytest.mark.parametrize("input_range", [(0, 2), (-1, 1), (1, 0), (0.0, 1)])
def test_refuses_a_range_outside_the_format(input_range: Any) -> None:
    with pytest.raises(InputError, match=r"^input_range must be within 0 to 1, not \("):
        certify(network(8), 3, input_range=input_range)
