"""The largest networks for a device and a rate, against every core there is."""

from dataclasses import replace

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.estimate.exploration import Candidate, candidates, front
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.quant.integer import IntegerNetwork

TARGET = get_target("ice40-hx8k")
SIZES = (16, 64, 256, 1024)


def shape(hidden_size: int, block_size: int, bits: int) -> IntegerNetwork:
    return worst_case_network(hidden_size, block_size, state_bits=bits)


def found(rate: float, **choices: float) -> list[Candidate]:
    sizes = {"hidden_sizes": SIZES, "state_bits": (8, 12)}
    return list(candidates(TARGET, rate, shape, CoreParameters(), **sizes, **choices))


@pytest.mark.parametrize("rate", [1e3, 3e5, 4e6])
def test_every_candidate_fits_and_is_fast_enough_with_as_few_lanes_as_are(rate: float) -> None:
    some = found(rate)
    assert some
    for one in some:
        assert one.figures == estimate(one.network, one.parameters, target=TARGET)
        assert one.figures.fits
        assert one.figures.steps_per_second >= rate
        assert one.share == max(
            (getattr(one.figures, resource.name) or 0) / resource.available for resource in TARGET.resources
        )
        if one.parameters.lanes > 1:
            fewer = replace(one.parameters, lanes=one.parameters.lanes // 2)
            assert estimate(one.network, fewer, target=TARGET).steps_per_second < rate


def test_a_faster_rate_leaves_smaller_networks() -> None:
    largest = [max(one.network.hidden_size for one in found(rate)) for rate in (1e3, 1e6, 4e6)]
    assert largest == sorted(largest, reverse=True)
    assert largest[0] == 1024
    assert largest[-1] < 1024


def test_no_candidate_is_better_than_one_of_the_front() -> None:
    some = found(3e5)
    best = front(some)
    assert best[0].network.hidden_size == max(one.network.hidden_size for one in some)
    for one in some:
        assert any(
            other.network.hidden_size >= one.network.hidden_size
            and other.network.state_bits >= one.network.state_bits
            and other.share <= one.share
            and other.figures.logic_cells <= one.figures.logic_cells
            for other in best
        )


def test_a_clock_that_is_given_takes_the_place_of_the_expected_one() -> None:
    slow = found(1e5, clock_mhz=12.0)
    assert all(1e5 * one.figures.cycles_per_step <= 12e6 for one in slow)
    assert found(1e5, clock_mhz=500.0) == []  # none is expected to reach it


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"rate": 0.0}, "rate must be a positive number of steps a second, not 0.0"),
        ({"rate": 1e3, "filled": 1.5}, "filled must be above 0 and at most 1, not 1.5"),
        ({"rate": 1e3, "clock_mhz": -1.0}, "clock_mhz must be a positive number of MHz, not -1.0"),
    ],
)
def test_what_cannot_be_is_refused(choices: dict[str, float], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        found(**choices)
    assert str(refusal.value) == message


def test_a_device_that_is_not_known_enough_says_so() -> None:
    target = get_target("xilinx-7a35t")
    with pytest.raises(InputError, match="xilinx-7a35t: not estimated for this device"):
        list(candidates(target, 1e3, shape, CoreParameters(), state_bits=(12,), hidden_sizes=(16,)))
