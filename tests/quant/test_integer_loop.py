"""The fast loop equals the reference in every state, logit and count of saturations."""

from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.quant import integer_loop
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.quant.integer_loop import IntegerLoop
from hadamrnn.sim import reference

GRID = [
    {"block_size": block, "input_shift": shift, "state_bits": bits, "input_kind": kind, "readout": readout}
    for block, shift, bits, kind, readout in [
        (1, 0, 6, "vector", "last"),
        (1, -2, 8, "index", "every"),
        (2, 3, 5, "vector", "every"),
        (2, -4, 12, "vector", "last"),
        (4, -1, 8, "vector", "last"),
        (4, 2, 8, "index", "last"),
        (8, -3, 12, "vector", "every"),
        (8, 5, 6, "index", "every"),
        (32, 0, 4, "vector", "last"),
        (32, -2, 24, "vector", "every"),
        (16, -2, 24, "index", "last"),
        (16, 12, 24, "vector", "last"),
    ]
]


def network(seed: int = 0, **changes: Any) -> IntegerNetwork:
    """d = 32, of weights and biases from all there are."""
    random = np.random.default_rng(seed)
    limit = 1 << (changes.get("state_bits", 8) - 1)
    options = {
        "signs": random.choice([-1, 1], 32),
        "input_weight": random.integers(-8, 8, (32, 3)),
        "bias": random.integers(-min(limit, 1000) // 8, min(limit, 1000) // 8, 32),
        "output_weight": random.integers(-8, 8, (4, 32)),
        "output_bias": random.integers(-(10**6), 10**6, 4),
        "block_size": 32,
        "state_bits": 8,
        "input_bits": 4,
        "input_signed": changes.get("input_kind") != "index",
    }
    return IntegerNetwork(**(options | changes))


def inputs(one: IntegerNetwork, count: int, steps: int, seed: int = 1) -> np.ndarray:
    """Random inputs; the first sequences of extremes only."""
    random = np.random.default_rng(seed)
    low, high = one.input_range
    shape = (count, steps) if one.input_kind == "index" else (count, steps, one.input_size)
    drawn = random.integers(low, high + 1, shape)
    drawn[: count // 4] = random.choice([low, high], drawn[: count // 4].shape)
    return drawn


@pytest.mark.parametrize("options", GRID, ids=str)
@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("uneven", [False, True])
def test_equals_the_reference(
    options: dict[str, Any], activation: str, uneven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integer_loop, "_CHUNK", 32 * 7)  # seven sequences at once
    one = network(readout_activation=activation, **options)
    x = inputs(one, 24, 60)
    lengths = np.random.default_rng(2).integers(1, 61, 24) if uneven else None
    expected = reference.run(one, x, lengths=lengths, return_states=True)
    found = IntegerLoop(one).run(
        torch.from_numpy(x), None if lengths is None else torch.from_numpy(lengths), keep_states=True, count=True
    )
    assert found.states is not None
    assert expected.states is not None
    assert np.array_equal(found.states.numpy(), expected.states)
    assert np.array_equal(found.last.numpy(), expected.states[:, -1])
    assert np.array_equal(found.logits.numpy(), expected.logits)
    assert found.saturations == expected.saturations


def test_the_grid_saturates_and_has_ties() -> None:
    clipped, ties = 0, 0
    for options in GRID:
        one = network(**options)
        result = reference.run(one, inputs(one, 24, 60), return_states=True)
        clipped += bool(result.saturations)
        if one.block_bits == 2:  # G / 2: every odd G is a tie
            assert result.states is not None
            ties += int((result.states.reshape(-1, 4).sum(axis=1) % 2).sum())
    assert clipped >= 4
    assert ties > 100


def test_types_are_the_smallest_that_are_exact() -> None:
    def loop(**changes: Any) -> IntegerLoop:
        return IntegerLoop(network(output_bias=np.zeros(4, int), **changes))

    assert loop(state_bits=12, block_size=16).dtype == torch.float32
    assert loop(state_bits=24, block_size=16).dtype == torch.float64
    assert loop(state_bits=12, block_size=16, input_shift=20).dtype == torch.float64
    assert loop(state_bits=19, block_size=32).dtype == torch.float32  # 2^18 · 2^5, and a little input
    with pytest.raises(InputError, match=r"^the division by √n needs 60 bits, expected at most 53 "):
        loop(state_bits=32, block_size=32, sqrt_half_bits=24, input_shift=0)
    with pytest.raises(InputError, match=r"^a logit needs 60 bits, expected at most 53 "):
        IntegerLoop(network(output_bias=np.full(4, 1 << 59)))


def test_largest_sums_that_are_still_exact() -> None:
    """States at their limits, the transform near 2^23 and every tie: what float32 just holds."""
    for limit in (-(1 << 19), (1 << 19) - 1):
        one = network(state_bits=20, bias=np.full(32, limit), block_size=16, signs=np.ones(32, int))
        assert IntegerLoop(one).dtype == torch.float32
        x = inputs(one, 8, 20)
        expected = reference.run(one, x, return_states=True)
        found = IntegerLoop(one).run(torch.from_numpy(x), keep_states=True)
        assert found.states is not None
        assert np.array_equal(found.states.numpy(), expected.states)
        assert expected.saturations


def test_torch_s_faster_and_rounded_products_are_not_used() -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        assert IntegerLoop(network(block_size=16)).dtype == torch.float64
    finally:
        torch.set_float32_matmul_precision(before)
