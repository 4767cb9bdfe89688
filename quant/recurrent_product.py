"""R of the integer step, the rounded product with the recurrent matrix, in floating point and exactly."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..model.walsh_hadamard import walsh_hadamard
from .integer import DenseNetwork, FrozenNetwork, IntegerNetwork


def product_magnitudes(network: FrozenNetwork) -> tuple[int, int]:
    """The largest magnitudes of the product before it is divided: as a sum, partial ones too, and once multiplied.

    The multiplication is that with C_half (odd k), or with M of a dense network.
    """
    state = 1 << (network.state_bits - 1)
    if isinstance(network, DenseNetwork):
        return network.largest_product // network.recurrent_multiplier, network.largest_product
    assert isinstance(network, IntegerNetwork)
    transform = state * network.block_size
    return transform, transform * network.sqrt_half if network.block_bits % 2 else transform


def recurrent_product(network: FrozenNetwork, dtype: torch.dtype, device: torch.device) -> Callable[[Tensor], Tensor]:
    """R as a function of states of type ``dtype``, which makes new tensors of that type.

    The multiplication by what is no power of two is done in float64, one product that is exact there.
    """
    if isinstance(network, DenseNetwork):
        weight = torch.tensor(network.recurrent_weight.T, device=device).to(dtype).contiguous()
        scale = network.recurrent_scale
        return lambda state: (state @ weight).double().mul_(scale).round_().to(dtype)
    assert isinstance(network, IntegerNetwork)
    k, fraction = network.block_bits, network.sqrt_half_bits + network.block_bits // 2
    gain = network.sqrt_half / 2.0**fraction if k % 2 else 2.0 ** -(k // 2)
    signed_gain = torch.from_numpy(network.signs * gain).to(device, torch.float64 if k % 2 else dtype)
    block = network.block_size
    return lambda state: (walsh_hadamard(state, block) * signed_gain).round_().to(dtype)


def activation(network: FrozenNetwork, dtype: torch.dtype, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What is applied to the sum of a step, in integers of type ``dtype``."""
    if not isinstance(network, DenseNetwork) or network.activation == "none":
        return lambda total: total
    if network.activation == "relu":
        return torch.relu
    assert network.threshold is not None
    threshold = torch.from_numpy(network.threshold.astype(np.float64)).to(device, dtype)
    return lambda total: total.sign() * (total.abs() + threshold).clamp_min_(0)
