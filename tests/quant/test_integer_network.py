"""Every rule of the integer network, each with the line that a user reads."""

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import IntegerNetwork


def fields(**changes: Any) -> dict[str, Any]:
    """A small valid network as arguments, with changes."""
    random = np.random.default_rng(1)
    return {
        "signs": random.choice([-1, 1], 8),
        "input_weight": random.integers(-8, 8, (8, 2)),
        "bias": random.integers(-100, 100, 8),
        "output_weight": random.integers(-8, 8, (3, 8)),
        "output_bias": random.integers(-1000, 1000, 3),
        "block_size": 4,
        "state_bits": 12,
        "labels": ("a", "b", "c"),
    } | changes


def with_value(name: str, value: int) -> dict[str, np.ndarray]:
    """The array ``name`` with one value replaced."""
    array = np.array(fields()[name], dtype=np.int64)
    array.flat[-1] = value
    return {name: array}


def test_sizes_follow_from_the_arrays() -> None:
    network = IntegerNetwork(**fields())
    assert (network.hidden_size, network.input_size, network.output_size) == (8, 2, 3)
    assert (network.blocks, network.block_bits) == (2, 2)
    assert network.input_range == (0, 255)
    assert IntegerNetwork(**fields(input_signed=True)).input_range == (-128, 127)
    assert IntegerNetwork(**fields(input_kind="index")).input_range == (0, 1)


def test_arrays_are_copies_and_read_only() -> None:
    signs = np.ones(8, dtype=np.int8)
    network = IntegerNetwork(**fields(signs=signs))
    signs[0] = -1
    assert network.signs[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        network.signs[0] = -1


def test_equality_is_by_value() -> None:
    assert IntegerNetwork(**fields()) == IntegerNetwork(**fields())
    assert IntegerNetwork(**fields()) != IntegerNetwork(**fields(state_bits=13))
    assert IntegerNetwork(**fields()) != IntegerNetwork(**fields(**with_value("bias", 7)))


@pytest.mark.parametrize("bits", range(1, 31))
def test_sqrt_half_is_rounded_correctly(bits: int) -> None:
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(2) ** bits / Decimal(2).sqrt()
    network = IntegerNetwork(**fields(block_size=4, sqrt_half_bits=bits))
    assert network.sqrt_half == int(exact.to_integral_value())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block_size": 3}, "block_size must be a power of two, not 3"),
        ({"block_size": 0}, "block_size must be a power of two, not 0"),
        ({"block_size": True}, "block_size must be a power of two, not True"),
        ({"block_size": 16}, "block_size must divide the hidden size 8, not 16"),
        ({"state_bits": 1}, "state_bits must be an integer from 2 to 32, not 1"),
        ({"state_bits": 12.0}, "state_bits must be an integer from 2 to 32, not 12.0"),
        ({"weight_bits": 9}, "weight_bits must be an integer from 1 to 8, not 9"),
        ({"input_bits": 33}, "input_bits must be an integer from 1 to 32, not 33"),
        ({"input_shift": 40}, "input_shift must be an integer from -32 to 32, not 40"),
        ({"sqrt_half_bits": 0}, "sqrt_half_bits must be an integer from 1 to 30, not 0"),
        ({"input_kind": "image"}, "input_kind must be one of vector, index, not 'image'"),
        ({"readout": "first"}, "readout must be one of last, every, not 'first'"),
        ({"readout_activation": "gelu"}, "readout_activation must be one of relu, none, not 'gelu'"),
        ({"input_signed": 1}, "input_signed must be true or false, not 1"),
        (
            {"input_kind": "index", "input_signed": True},
            "input_signed must be false where input_kind is index",
        ),
        ({"state_scale": math.nan}, "state_scale must be a positive finite number, not nan"),
        ({"logit_scale": 0.0}, "logit_scale must be a positive finite number, not 0.0"),
        ({"input_scale": "1"}, "input_scale must be a positive finite number, not '1'"),
        ({"trained": []}, "trained must be a JSON object, not []"),
        ({"labels": ("a", "b")}, "labels must be 3 strings or null, not ['a', 'b']"),
        ({"labels": ("a", "b", 3)}, "labels must be 3 strings or null, not ['a', 'b', 3]"),
        ({"signs": np.ones(8)}, "signs must hold integers, not float64"),
        ({"signs": np.ones((8, 1), dtype=int)}, "signs must have 1 dimension, not 2"),
        ({"signs": np.ones(0, dtype=int)}, "block_size must divide the hidden size 0, not 4"),
        (with_value("signs", 0), "signs must be -1 or +1, not 0"),
        (with_value("signs", 300), "signs must fit int8, not 300"),
        (with_value("input_weight", 8), "input_weight must be from -8 to 7 (4 bits), not 8"),
        (with_value("output_weight", -9), "output_weight must be from -8 to 7 (4 bits), not -9"),
        (with_value("bias", 2048), "bias must be from -2048 to 2047 (12 bits), not 2048"),
        (with_value("output_bias", 1 << 62), "output_bias must be smaller than 2^61 in magnitude"),
        (
            {"input_weight": np.ones((7, 1), dtype=int)},
            "input_weight must have shape (8, m) with m at least 1, not (7, 1)",
        ),
        (
            {"input_weight": np.ones((8, 0), dtype=int)},
            "input_weight must have shape (8, m) with m at least 1, not (8, 0)",
        ),
        ({"bias": np.ones(9, dtype=int)}, "bias must have shape (8,), not (9,)"),
        (
            {"output_weight": np.ones((3, 9), dtype=int)},
            "output_weight must have shape (o, 8) with o at least 1, not (3, 9)",
        ),
        ({"output_bias": np.ones(2, dtype=int)}, "output_bias must have shape (3,), not (2,)"),
    ],
)
def test_refusals_are_one_line_with_the_value(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        IntegerNetwork(**fields(**changes))
    assert str(refusal.value) == message


def test_refuses_intermediates_beyond_64_bits() -> None:
    with pytest.raises(InputError, match=r"state_bits 32, block_size 2 and sqrt_half_bits 30 need 64 bits"):
        IntegerNetwork(**fields(block_size=2, state_bits=32, sqrt_half_bits=30))
    with pytest.raises(InputError, match=r"input_shift must keep the input products below 2\^62, not 32"):
        IntegerNetwork(**fields(input_bits=32, input_shift=32))
