"""The Brevitas quantisers: values, gradients, integers, and options that are refused."""

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from brevitas.inject import ExtendedInjector

from hadamrnn.errors import InputError
from hadamrnn.quant.quantisers import (
    PublishedWeights,
    Quantiser,
    SignWeights,
    TernaryWeights,
    sign_quantiser,
    weight_quantiser,
)


def latent(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def test_signs_are_one_with_zero_positive() -> None:
    signs = sign_quantiser()
    assert signs(latent(-2.0, -1e-30, -0.0, 0.0, 1e-30, 3.0)).tolist() == [-1, -1, 1, 1, 1, 1]
    integers, step = signs.integers(latent(-0.1, 0.0, 0.1))
    assert (integers.tolist(), step) == ([-1, 1, 1], 1)


def test_published_scheme_by_hand() -> None:
    # α = 0.8, four bits: a step of 0.1 and integers from −8 to 7; ties at 0.05, 0.15, 0.25 go to the even one
    weights = weight_quantiser(4)
    values = latent(0.8, -0.79, 0.05, 0.15, 0.25, -0.05, 0.34, 0.76)
    integers, step = weights.integers(values.double())
    assert step == pytest.approx(0.1)
    assert integers.tolist() == [7, -8, 0, 2, 2, 0, 3, 7]
    torch.testing.assert_close(weights(values), torch.tensor([0.7, -0.8, 0, 0.2, 0.2, 0, 0.3, 0.7]))


def test_the_most_negative_integer_is_used_and_the_most_positive_is_clamped() -> None:
    for bits in range(2, 9):
        weights, levels = weight_quantiser(bits), 2 ** (bits - 1)
        assert weights.integers(latent(1.0, -1.0, 0.0))[0].tolist() == [levels - 1, -levels, 0]


def test_ternary_by_hand() -> None:
    # α = 0.8: ±1 beyond 0.4, and the tie at 0.4 goes to 0
    ternary = weight_quantiser("ternary")
    integers, step = ternary.integers(latent(0.8, -0.41, 0.4, -0.4, 0.1, 0.39))
    assert (integers.tolist(), step) == ([1, -1, 0, 0, 0, 0], pytest.approx(0.8))
    torch.testing.assert_close(ternary(latent(0.8, -0.5, 0.1)), torch.tensor([0.8, -0.8, 0]))


@pytest.mark.parametrize("weight_bits", [2, 3, 4, 8, "ternary"])
def test_values_are_the_integers_times_the_step(weight_bits: int | str) -> None:
    weights, values = weight_quantiser(weight_bits), torch.randn(40, 7, generator=torch.Generator().manual_seed(0))
    integers, step = weights.integers(values)
    quantised = weights(values)
    assert np.array_equal(quantised.numpy(), integers.numpy().astype(np.float32) * np.float32(step))
    assert integers.dtype == torch.int64
    low, high = (-1, 1) if weight_bits == "ternary" else (-(2 ** (weight_bits - 1)), 2 ** (weight_bits - 1) - 1)
    assert low <= integers.min()
    assert integers.max() <= high
    assert weights.bits == (2 if weight_bits == "ternary" else weight_bits)
    error = (quantised - values).abs()
    inside = integers < high if weight_bits != "ternary" else torch.ones_like(integers, dtype=torch.bool)
    assert error[inside].max() <= step / 2 * (1 + 1e-6)


@pytest.mark.parametrize("quantiser", [sign_quantiser(), weight_quantiser(4), weight_quantiser("ternary")])
def test_gradient_passes_straight_through_also_where_clamped(quantiser: Quantiser) -> None:
    values = latent(1.0, -1.0, 0.0, 0.3)
    (quantiser(values) * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert values.grad.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("weight_bits", [4, "ternary"])
def test_a_tensor_of_zeros_stays_zero(weight_bits: int | str) -> None:
    integers, step = weight_quantiser(weight_bits).integers(torch.zeros(3))
    assert integers.tolist() == [0, 0, 0]
    assert step > 0


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: PublishedWeights.let(bitwidth=3),
            "PublishedWeights has no option 'bitwidth'; it has: bit_width, signed",
        ),
        (lambda: TernaryWeights.let(bit_width=3), "TernaryWeights has no option 'bit_width'; it has: signed"),
        (lambda: SignWeights.let(thresold=1), "SignWeights has no option 'thresold'; it has: signed"),
        (
            lambda: qnn.QuantLinear(3, 4, False, weight_quant=PublishedWeights, weight_bit_wdith=3),
            "PublishedWeights has no option 'bit_wdith'; it has: bit_width, signed",
        ),
    ],
)
def test_misspelt_options_are_refused(build: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        build()
    assert str(error.value) == message


def test_misspelt_options_in_a_class_are_refused() -> None:
    with pytest.raises(InputError, match=r"^Mine has no option 'bits'; it has: bit_width, signed$"):

        class Mine(PublishedWeights):
            bits = 3


def test_options_of_a_class_are_used() -> None:
    class Mine(PublishedWeights):
        bit_width = 3

    assert Quantiser(Mine).integers(latent(1.0, -1.0))[0].tolist() == [3, -4]
    assert issubclass(Mine, ExtendedInjector)


@pytest.mark.parametrize("bit_width", [1, 9, 4.5, "4", True])
def test_bits_out_of_range_are_refused(bit_width: object) -> None:
    with pytest.raises(InputError, match=r"^weight_bits must be 2 to 8 or 'ternary', not "):
        weight_quantiser(bit_width)
    with pytest.raises(InputError, match=r"^bit_width must be 2 to 8, not "):
        Quantiser(PublishedWeights.let(bit_width=bit_width))


@pytest.mark.parametrize(("injector", "bits"), [(PublishedWeights, 4), (TernaryWeights, 2), (SignWeights, 1)])
def test_layers_of_brevitas_take_them(injector: type[ExtendedInjector], bits: int) -> None:
    layer = qnn.QuantLinear(5, 3, bias=False, weight_quant=injector)
    quantised, ours = layer.quant_weight(), Quantiser(injector)
    assert torch.equal(quantised.value, ours(layer.weight))
    assert quantised.bit_width == bits
    x = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer(x), x @ ours(layer.weight).T)
    if bits > 1:  # Brevitas reads a single bit as a range of 0 and 1
        assert torch.equal(quantised.int().long(), ours.integers(layer.weight)[0])


def test_options_reach_through_a_layer_of_brevitas() -> None:
    layer = qnn.QuantLinear(5, 3, bias=False, weight_quant=PublishedWeights, weight_bit_width=3)
    assert torch.equal(layer.quant_weight().value, weight_quantiser(3)(layer.weight))
