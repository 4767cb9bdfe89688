"""Every bad parameter of a core is refused with its name, its value and what was expected."""

import re
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.parameters import CoreParameters

from .networks import random_network


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"lanes": 0}, "lanes must be an integer of at least 1, not 0"),
        ({"lanes": -4}, "lanes must be an integer of at least 1, not -4"),
        ({"lanes": 2.0}, "lanes must be an integer of at least 1, not 2.0"),
        ({"lanes": True}, "lanes must be an integer of at least 1, not True"),
        ({"lanes": "2"}, "lanes must be an integer of at least 1, not '2'"),
        ({"stages_per_register": -1}, "stages_per_register must be an integer of at least 0, not -1"),
        ({"readout_multipliers": 0}, "readout_multipliers must be an integer of at least 1, not 0"),
        ({"recurrent_multipliers": 0}, "recurrent_multipliers must be an integer of at least 1, not 0"),
        ({"input_beat": 0}, "input_beat must be an integer of at least 1, not 0"),
        ({"input_beat": None}, "input_beat must be an integer of at least 1, not None"),
        ({"input_multipliers": 0}, "input_multipliers must be an integer of at least 1, not 0"),
        ({"input_multipliers": "all"}, "input_multipliers must be an integer of at least 1, not 'all'"),
        ({"memory_depth": 1}, "memory_depth must be an integer of at least 2, not 1"),
        ({"memory_depth": None}, "memory_depth must be an integer of at least 2, not None"),
        ({"output": "classes"}, "output must be one of logits, class, not 'classes'"),
        ({"output": None}, "output must be one of logits, class, not None"),
        ({"arrangement": "delay"}, "arrangement must be one of feedback, commutator, not 'delay'"),
        ({"lane_difference": "sum"}, "lane_difference must be one of direct, from-sum, not 'sum'"),
        ({"registers": "division"}, "registers must be names of registers, not 'division'"),
        ({"registers": (1,)}, "registers must be names of registers, not (1,)"),
        ({"channels": 0}, "channels must be an integer of at least 1, not 0"),
        ({"channels": 257}, "channels must be at most 256, not 257"),
        ({"trace": 1}, "trace must be true or false, not 1"),
    ],
)
def test_bad_value_is_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        CoreParameters(**choices)


@pytest.mark.parametrize(
    "hidden_size, choices, formats, message",
    [
        (24, {"lanes": 3}, {}, "lanes must be a power of two, not 3"),
        (24, {"lanes": 12}, {}, "lanes must be a power of two, not 12"),
        (
            8,
            {"recurrent_multipliers": 2},
            {},
            "recurrent_multipliers must be 1 for a network of family hadamard, not 2",
        ),
        (8, {"lanes": 16}, {}, "lanes must divide the hidden size 8 and be at most 8, not 16"),
        (24, {"lanes": 16}, {}, "lanes must divide the hidden size 24 and be at most 24, not 16"),
        (8, {"readout_multipliers": 4}, {}, "readout_multipliers must be at most the number of logits, 3, not 4"),
    ],
)
def test_what_does_not_fit_the_network_is_refused(
    hidden_size: int, choices: dict[str, Any], formats: dict[str, Any], message: str
) -> None:
    network = random_network(hidden_size, 8, **formats)
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        CoreParameters(**choices).check(network)


@pytest.mark.parametrize("choices", [{"lanes": 8, "readout_multipliers": 3}, {"lanes": 1, "stages_per_register": 0}])
def test_what_fits_is_accepted(choices: dict[str, Any]) -> None:
    CoreParameters(**choices).check(random_network(8, 8))


def test_parameters_are_immutable_and_plain_json() -> None:
    parameters = CoreParameters(lanes=4, trace=True)
    assert CoreParameters(**parameters.to_json()) == parameters
    with pytest.raises(FrozenInstanceError):
        parameters.lanes = 8  # pyright: ignore[reportAttributeAccessIssue]
