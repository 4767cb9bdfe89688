"""Beats and multipliers of the input: what is chosen, what fits, and what is refused."""

from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.inputs.input_format import InputFormat, bytes_for
from hadamrnn.hw.parameters import CoreParameters

from ..networks import random_network


def form_of(input_size: int, *, input_kind: str = "vector", **choices: Any) -> InputFormat:
    network = random_network(4, 4, input_size=input_size, input_kind=input_kind)
    return InputFormat.of(network, CoreParameters(**choices))


@pytest.mark.parametrize("bits, expected", [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3), (32, 4)])
def test_bytes_for(bits: int, expected: int) -> None:
    assert bytes_for(bits) == expected


@pytest.mark.parametrize(
    "size, beat, multipliers",
    [(1, 1, 1), (8, 1, 8), (8, 3, 8), (9, 1, 8), (9, 3, 6), (1024, 1, 8), (1024, 5, 5), (100, 9, 3), (100, 32, 8)],
)
def test_multipliers_that_are_chosen(size: int, beat: int, multipliers: int) -> None:
    form = form_of(size, input_beat=beat)
    assert form.multipliers == multipliers
    assert form_of(size, input_beat=beat, input_multipliers=multipliers) == form


@pytest.mark.parametrize(
    "size, beat, multipliers, beats, fold, latency",
    [
        (1, 1, 1, 1, 1, 3),
        (5, 1, 5, 5, 1, 6),
        (5, 2, 5, 3, 1, 6),
        (5, 1, 1, 5, 5, 3 + 6),
        (5, 2, 4, 3, 2, 3 + 2 + 3),
        (9, 4, 2, 3, 5, 3 + 1 + 6),
    ],
)
def test_beats_and_folds(size: int, beat: int, multipliers: int, beats: int, fold: int, latency: int) -> None:
    form = form_of(size, input_beat=beat, input_multipliers=multipliers)
    assert (form.beats_per_step, form.fold, form.latency) == (beats, fold, latency)


@pytest.mark.parametrize(
    "size, bits, count", [(1, 1, 1), (2, 1, 1), (3, 2, 1), (256, 8, 1), (257, 9, 2), (1501, 11, 2)]
)
def test_an_index_has_the_bits_that_it_needs(size: int, bits: int, count: int) -> None:
    form = form_of(size, input_kind="index")
    assert (form.element_bits, form.element_bytes, form.beats_per_step, form.fold) == (bits, count, 1, 1)


@pytest.mark.parametrize(
    "size, choices, message",
    [
        (3, {"input_beat": 4}, "input_beat must be at most the number of input elements, 3, not 4"),
        (3, {"input_multipliers": 4}, "input_multipliers must be at most the number of input elements, 3, not 4"),
        (
            9,
            {"input_beat": 2, "input_multipliers": 3},
            "input_multipliers must be 9, or a multiple or a divisor of input_beat 2, not 3",
        ),
    ],
)
def test_what_does_not_fit_is_refused(size: int, choices: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}$"):
        form_of(size, **choices)


@pytest.mark.parametrize("choices", [{"input_beat": 2}, {"input_multipliers": 1}])
def test_what_an_index_has_no_use_for_is_refused(choices: dict[str, int]) -> None:
    (name,) = choices
    message = f"{name} goes with input_kind vector: an index is one beat and takes no multiplier"
    with pytest.raises(InputError, match=f"^{message}$"):
        form_of(4, input_kind="index", **choices)
