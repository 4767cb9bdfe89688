from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.coverage import cover
from hadamrnn.sim.stimulus import corner_inputs, random_network, tie_inputs, tie_network

from . import scalar_model

FORMATS: list[dict[str, Any]] = [
    {"hidden_size": 16, "block_size": 4, "state_bits": 8},
    {"hidden_size": 64, "block_size": 64, "state_bits": 12},
    {"hidden_size": 64, "block_size": 8, "state_bits": 16, "sqrt_half_bits": 4},
    {"hidden_size": 24, "block_size": 8, "state_bits": 9, "sqrt_half_bits": 6, "input_signed": True, "input_size": 3},
    {"hidden_size": 16, "block_size": 16, "state_bits": 10, "input_kind": "index", "input_size": 4},
    {"hidden_size": 32, "block_size": 4, "state_bits": 11, "weight_bits": 1, "input_bits": 1},
]


@pytest.mark.parametrize("fields", FORMATS)
def test_saturation_on_both_sides_and_ties_are_reached(fields: dict[str, Any]) -> None:
    network = random_network(7, **fields)
    inputs, lengths = corner_inputs(network, 8, sequences=8, steps=20)
    coverage = cover(network, inputs, lengths)
    assert coverage.steps == lengths.sum()
    assert min(coverage.saturated_low, coverage.saturated_high) > 0
    assert 0 < coverage.division_ties_up < coverage.division_ties
    assert coverage.saturated_low + coverage.saturated_high < coverage.steps * network.hidden_size / 2


def test_input_ties_are_reached_where_the_shift_goes_right() -> None:
    network = random_network(7, hidden_size=16, block_size=4, state_bits=8, input_shift=-4, input_signed=True)
    inputs, lengths = corner_inputs(network, 8, sequences=8, steps=20)
    assert cover(network, inputs, lengths).input_ties > 0
    left = random_network(7, hidden_size=16, block_size=4, input_shift=4)
    assert cover(left, *corner_inputs(left, 8, sequences=8, steps=20)).input_ties == 0


@pytest.mark.parametrize(
    "block_size, state_bits, sqrt_half_bits", [(4, 8, 15), (256, 8, 15), (8, 16, 15), (128, 16, 8)]
)
def test_a_tie_network_ties_in_every_unit(block_size: int, state_bits: int, sqrt_half_bits: int) -> None:
    network = tie_network(
        1, hidden_size=block_size * 2, block_size=block_size, state_bits=state_bits, sqrt_half_bits=sqrt_half_bits
    )
    coverage = cover(network, tie_inputs(2)[:2])
    assert coverage.division_ties == 2 * network.hidden_size
    assert coverage.division_ties_up == network.hidden_size


def test_coverage_counts_as_the_scalar_model_does() -> None:
    network = random_network(2, hidden_size=12, block_size=4, state_bits=6, input_shift=-2, input_signed=True)
    inputs, lengths = corner_inputs(network, 3, sequences=6, steps=7)
    counts = dict.fromkeys(("tie", "input tie", "low", "high"), 0)
    for sequence, length in zip(inputs, lengths, strict=True):
        for _, _, events in scalar_model.run(network, sequence[:length].tolist()):
            for name, _ in events:
                counts[name] += 1
    coverage = cover(network, inputs, lengths)
    measured = coverage.division_ties, coverage.input_ties, coverage.saturated_low, coverage.saturated_high
    assert measured == tuple(counts.values())
    assert min(measured) > 0


@pytest.mark.parametrize("extremes", [0, 0.25, 1])
def test_weights_take_their_corners(extremes: float) -> None:
    network = random_network(1, hidden_size=64, block_size=64, weight_bits=4, state_bits=10, extremes=extremes)
    weights = np.concatenate([network.input_weight.ravel(), network.output_weight.ravel()])
    assert (weights.min(), weights.max()) == (-8, 7)
    share = np.isin(weights, (-8, 7)).mean()
    assert abs(share - (extremes + (1 - extremes) / 8)) < 0.06
    assert (network.bias.min(), network.bias.max()) == (-512, 511)


def test_the_largest_products_are_one_to_two_times_full_scale() -> None:
    for state_bits in range(4, 17):
        network = random_network(1, hidden_size=16, block_size=4, input_size=3, state_bits=state_bits)
        largest = int(np.abs(network.input_weight.astype(int)).sum(axis=1).max()) * 255 * 2.0**network.input_shift
        assert 2 ** (state_bits - 1) <= largest < 2**state_bits


def test_equal_seeds_give_equal_stimuli_and_others_do_not() -> None:
    fields = {"hidden_size": 16, "block_size": 4}
    assert random_network(1, **fields) == random_network(1, **fields)
    assert random_network(1, **fields) != random_network(2, **fields)
    network = random_network(1, **fields)
    first, again, other = (corner_inputs(network, seed, sequences=3, steps=9) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_sequences_have_the_promised_lengths_and_values() -> None:
    network = random_network(1, hidden_size=16, block_size=4, input_signed=True, input_size=2)
    inputs, lengths = corner_inputs(network, 1, sequences=9, steps=6)
    assert lengths[:5].tolist() == [6, 1, 1, 2, 6]
    assert ((lengths >= 1) & (lengths <= 6)).all()
    assert set(np.unique(inputs[1])) == {-128, 127}
    assert np.abs(inputs[2]).max() <= 1
    assert (inputs[3] == 127).all()
    assert (inputs[5] == -128).all()
    assert corner_inputs(network, 1, sequences=2, steps=1)[1].tolist() == [1, 1]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"extremes must be from 0 to 1, not 1\.5"):
        random_network(1, hidden_size=4, block_size=4, extremes=1.5)
    with pytest.raises(InputError, match="block_size must divide the hidden size 6, not 4"):
        random_network(1, hidden_size=6, block_size=4)
    with pytest.raises(InputError, match=r"block_size 32 with sqrt_half_bits 15 ties at states of 2\^15"):
        tie_network(1, hidden_size=32, block_size=32, state_bits=16)
    with pytest.raises(InputError, match="block_size 1 "):
        tie_network(1, hidden_size=4, block_size=1, state_bits=16)
