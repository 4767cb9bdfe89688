"""The Walsh–Hadamard product against its definition, and the gain against the hardware's constant."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.walsh_hadamard import hadamard_matrix, recurrent_gain, walsh_hadamard


def definition(block_size: int) -> np.ndarray:
    """Entry (i, j) is −1 to the number of ones that i and j share in binary: Sylvester order, by another way."""
    index = np.arange(block_size)
    return np.array([[(-1) ** (int(i) & int(j)).bit_count() for j in index] for i in index])


@pytest.mark.parametrize("block_size", [1, 2, 4, 32, 128])
def test_matrix_is_in_sylvester_order(block_size: int) -> None:
    assert np.array_equal(hadamard_matrix(block_size).numpy(), definition(block_size))


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("block_size", [1, 2, 8, 32, 64, 128, 256, 512])
def test_product_is_that_of_every_block(block_size: int, blocks: int) -> None:
    x = torch.randint(-1000, 1000, (2, 3, blocks * block_size), generator=torch.Generator().manual_seed(0)).double()
    expected = x.numpy().reshape(2, 3, blocks, block_size) @ definition(block_size)
    assert np.array_equal(walsh_hadamard(x, block_size).numpy(), expected.reshape(x.shape))  # integers: exact


def test_product_is_differentiable() -> None:
    x = torch.randn(3, 128, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    weight = torch.arange(128, dtype=torch.float64)
    (walsh_hadamard(x, 128) * weight).sum().backward()
    assert torch.equal(x.grad, walsh_hadamard(weight, 128).expand(3, -1))  # H is symmetric


@pytest.mark.parametrize("block_size", [1, 4, 64, 1024])
def test_gain_of_even_powers_is_exact(block_size: int) -> None:
    assert Fraction(recurrent_gain(block_size)) ** 2 * block_size == 1


@pytest.mark.parametrize(("block_size", "denominator"), [(2, 2**15), (8, 2**16), (512, 2**19)])
def test_gain_of_odd_powers_is_the_hardware_constant(block_size: int, denominator: int) -> None:
    assert Fraction(recurrent_gain(block_size)) == Fraction(23170, denominator)  # 23170 = round(2^15 / √2)


@pytest.mark.parametrize("bits", [8, 11, 15, 20])
def test_gain_uses_the_fraction_bits_given(bits: int) -> None:
    assert recurrent_gain(2, bits) == round(2**bits * 0.5**0.5) / 2**bits
    assert recurrent_gain(4, bits) == 0.5


@pytest.mark.parametrize("block_size", [0, -4, 3, 48, 4.0, True, "4"])
def test_refuses_what_is_no_power_of_two(block_size: object) -> None:
    with pytest.raises(InputError, match=rf"^block_size must be a power of two, not {block_size!r}$"):
        recurrent_gain(block_size)
