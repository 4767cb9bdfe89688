"""Small integer networks for the tests of the hardware: random, and with every weight at a corner."""

from typing import Any

import numpy as np

from hadamrnn.quant.integer import IntegerNetwork


def random_network(
    hidden_size: int,
    block_size: int,
    *,
    input_size: int = 1,
    output_size: int = 3,
    state_bits: int = 10,
    weight_bits: int = 4,
    corners: bool = False,
    seed: int = 0,
    **formats: Any,
) -> IntegerNetwork:
    """A network with weights and biases over their whole range; with ``corners`` only of its ends, 0 and −1."""
    generator = np.random.default_rng(seed)

    def draw(bits: int, *shape: int) -> np.ndarray:
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        if corners:
            return generator.choice([low, high, 0, -1], shape)
        return generator.integers(low, high, shape, endpoint=True)

    return IntegerNetwork(
        signs=generator.choice([-1, 1], hidden_size),
        input_weight=draw(weight_bits, hidden_size, input_size),
        bias=draw(state_bits if corners else max(state_bits - 2, 1), hidden_size),
        output_weight=draw(weight_bits, output_size, hidden_size),
        output_bias=draw(state_bits + 2, output_size),
        block_size=block_size,
        state_bits=state_bits,
        weight_bits=weight_bits,
        **formats,
    )


def random_inputs(network: IntegerNetwork, sequences: int, steps: int, *, seed: int = 0) -> np.ndarray:
    """Inputs of shape ``(sequences, steps, m)``, indices ``(sequences, steps)``: a third smallest, largest, or 0."""
    generator = np.random.default_rng(seed)
    low, high = network.input_range
    shape = (sequences, steps) + (network.input_size,) * (network.input_kind == "vector")
    inputs = generator.integers(low, high, shape, endpoint=True)
    return np.where(generator.random(shape) < 1 / 3, generator.choice([low, high, 0], shape), inputs)
