"""Every rule of the dense network, each with the line that a user reads."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.certificate import certify, state_bounds, worst_inputs
from hadamrnn.quant.integer import DenseNetwork, IntegerNetwork, modrelu
from hadamrnn.quant.integer.size import stored_bits

from .dense_networks import dense_fields, dense_network


def test_sizes_and_scale() -> None:
    network = dense_network()
    assert (network.hidden_size, network.input_size, network.output_size) == (8, 2, 3)
    assert network.recurrent_scale == 21845 / 2**18
    assert network.arrays() == ("recurrent_weight", "input_weight", "bias", "output_weight", "output_bias")
    assert dense_network(activation="modrelu").arrays()[1] == "threshold"


def test_equality_is_by_value_and_family() -> None:
    assert dense_network(activation="modrelu") == dense_network(activation="modrelu")
    assert dense_network() != dense_network(recurrent_shift=19)
    assert dense_network() != dense_network(seed=2)
    assert dense_network(activation="modrelu") != dense_network(activation="modrelu", threshold=np.zeros(8, np.int32))
    fields = dense_fields()
    common = {name: fields[name] for name in ("input_weight", "bias", "output_weight", "output_bias", "state_bits")}
    assert IntegerNetwork(signs=np.ones(8, np.int8), block_size=8, **common) != dense_network()


def test_stored_bits() -> None:
    common = 8 * 2 * 4 + 8 * 8 + 3 * 8 * 4 + 3 * 11  # U, B, V, C of up to 1000
    plain = dense_network(output_bias=np.array([1000, -1, 0]))
    assert stored_bits(plain) == 64 * 4 + common
    thresholds = np.array([-20, 3, 0, 0, 0, 0, 0, 0])  # 6 bits
    assert stored_bits(dense_network(output_bias=[1000, 0, 0], activation="modrelu", threshold=thresholds)) == (
        64 * 4 + 8 * 6 + common
    )


def test_modrelu() -> None:
    values, threshold = np.array([[5, -5, 3, -3, 0, 2]]), np.array([-2, -2, -3, -4, 7, 7])
    assert modrelu(values, threshold).tolist() == [[3, -3, 0, 0, 0, 9]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recurrent_weight": np.ones((8, 7), int)}, "recurrent_weight must have shape (8, 8), not (8, 7)"),
        ({"recurrent_weight": np.ones(8, int)}, "recurrent_weight must have 2 dimensions, not 1"),
        ({"recurrent_weight": np.ones((8, 8))}, "recurrent_weight must hold integers, not float64"),
        ({"recurrent_weight": np.full((8, 8), 8)}, "recurrent_weight must be from -8 to 7 (4 bits), not 8"),
        ({"recurrent_weight": np.full((8, 8), 128)}, "recurrent_weight must fit int8, not 128"),
        ({"recurrent_bits": 9, "recurrent_weight": np.ones((8, 8), int)}, "recurrent_bits must be an integer from 1"),
        ({"recurrent_multiplier": 0}, "recurrent_multiplier must be an integer from 1 to 32767, not 0"),
        ({"recurrent_multiplier": 1 << 15}, "recurrent_multiplier must be an integer from 1 to 32767, not 32768"),
        ({"recurrent_multiplier": 2.0}, "recurrent_multiplier must be an integer from 1 to 32767, not 2.0"),
        ({"recurrent_shift": 63}, "recurrent_shift must be an integer from 0 to 62, not 63"),
        ({"activation": "tanh"}, "activation must be one of none, relu, modrelu, not 'tanh'"),
        (
            {"threshold": np.zeros(8, int)},
            "threshold must be given for activation 'modrelu' and for no other, not given",
        ),
        (
            {"activation": "modrelu", "threshold": None},
            "threshold must be given for activation 'modrelu' and for no oth",
        ),
        ({"activation": "modrelu", "threshold": np.zeros(7, int)}, "threshold must have shape (8,), not (7,)"),
        ({"activation": "modrelu", "threshold": np.full(8, 1 << 31)}, "threshold must fit int32, not 2147483648"),
        ({"bias": np.zeros(0, int)}, "bias must hold at least one value, not none"),
        ({"bias": np.full(8, 128)}, "bias must be from -128 to 127 (8 bits), not 128"),
        ({"state_scale": 10**400}, "state_scale must be a positive finite number, not 1000"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        DenseNetwork(**(dense_fields() | changes))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_products_must_fit_the_reference() -> None:
    d = 1024
    fields = dense_fields(
        recurrent_weight=np.full((d, d), -128),
        recurrent_bits=8,
        state_bits=32,
        input_weight=np.ones((d, 1), int),
        bias=np.zeros(d, int),
        output_weight=np.ones((3, d), int),
    )
    # 2^31 · 1024 · 128 = 2^48: with M below 2^13 the product stays below 2^61
    assert DenseNetwork(**fields | {"recurrent_multiplier": (1 << 13) - 1}).largest_product == ((1 << 13) - 1) << 48
    with pytest.raises(InputError, match=r"state_bits 32, recurrent_weight and recurrent_multiplier 8192 need 63 bits"):
        DenseNetwork(**fields | {"recurrent_multiplier": 1 << 13})


@pytest.mark.parametrize(
    "use",
    [
        lambda network: certify(network, 3),
        lambda network: state_bounds(network, 3),
        lambda network: worst_inputs(network, 0, 3),
    ],
)
def test_what_only_a_hadamard_network_has_is_refused(use: Any) -> None:
    with pytest.raises(InputError, match=r"^network must be of family hadamard for this, not dense$"):
        use(dense_network())
