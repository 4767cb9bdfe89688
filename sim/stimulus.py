"""Networks and sequences that go where hardware breaks: corners, saturation, ties in rounding, sequences of one step.

Seeded: equal arguments give equal networks and sequences. Whether a stimulus got there is counted by
:mod:`~hadamrnn.sim.coverage`, not assumed.
"""

from typing import Any

import numpy as np

from ..errors import InputError
from ..quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork


def random_network(
    seed: int,
    *,
    hidden_size: int,
    block_size: int,
    input_size: int = 1,
    output_size: int = 10,
    extremes: float = 0.25,
    input_shift: int | None = None,
    **formats: Any,
) -> IntegerNetwork:
    """A random network with a share of corner values.

    Parameters
    ----------
    extremes : from 0 to 1
        Share of weights and biases that are the smallest or the largest of their format; the others are uniform.
    input_shift : optional
        Unless given, such that the largest input products are one to two times full scale: they saturate.
    **formats
        Fields of :class:`~hadamrnn.quant.integer.IntegerNetwork`: ``state_bits`` (12 unless given), ``weight_bits``,
        ``input_bits``, ``input_signed``, ``input_kind``, ``sqrt_half_bits``, ``readout``, ``readout_activation``.

    Raises
    ------
    InputError
        Sizes and formats that are no network.
    """
    random = np.random.default_rng(seed)
    signs = random.choice([-1, 1], hidden_size)
    fields = _around(random, (hidden_size, input_size, output_size), extremes, input_shift, formats)
    return IntegerNetwork(signs=signs, block_size=block_size, **fields)


def random_dense_network(
    seed: int,
    *,
    hidden_size: int,
    input_size: int = 1,
    output_size: int = 10,
    recurrent_bits: int = 4,
    recurrent_multiplier: int | None = None,
    binary: bool = False,
    extremes: float = 0.25,
    input_shift: int | None = None,
    **formats: Any,
) -> DenseNetwork:
    """The same with a dense recurrent matrix, whose product is about as large as the state.

    Parameters
    ----------
    recurrent_multiplier : optional
        A power of two makes division tie often; drawn unless given. The shift is such that M / 2^S fits the matrix.
    binary : whether all recurrent weights are +1 or −1
    **formats
        Fields of :class:`~hadamrnn.quant.integer.DenseNetwork`; ``threshold`` is drawn for ``activation`` modrelu.

    Others as of :func:`random_network`.

    Raises
    ------
    InputError
        Sizes and formats that are no network.
    """
    random = np.random.default_rng(seed)
    square = (hidden_size, hidden_size)
    weight = random.choice([-1, 1], square) if binary else _with_corners(random, recurrent_bits, square, extremes)
    factor = int(random.integers(1, 1 << 15)) if recurrent_multiplier is None else recurrent_multiplier
    gain = max(float(np.sqrt((weight.astype(float) ** 2).sum(axis=1).mean())), 1.0)  # of a random state
    fields = _around(random, (hidden_size, input_size, output_size), extremes, input_shift, formats)
    if formats.get("activation") == "modrelu" and "threshold" not in formats:
        largest = 1 << max(fields["state_bits"] - 3, 0)
        fields["threshold"] = random.integers(-largest, largest, hidden_size, endpoint=True)
    return DenseNetwork(
        recurrent_weight=weight,
        recurrent_bits=recurrent_bits,
        recurrent_multiplier=factor,
        recurrent_shift=max(0, round(float(np.log2(factor * gain)))),
        **fields,
    )


def _around(
    random: np.random.Generator,
    sizes: tuple[int, int, int],
    extremes: float,
    input_shift: int | None,
    formats: dict[str, Any],
) -> dict[str, Any]:
    """All fields of a network but its recurrence."""
    d, m, o = sizes
    formats = {"state_bits": 12, "weight_bits": 4} | formats
    state_bits, weight_bits = formats["state_bits"], formats["weight_bits"]
    if not 0 <= extremes <= 1:
        raise InputError(f"extremes must be from 0 to 1, not {extremes!r}")
    fields = {
        "input_weight": _with_corners(random, weight_bits, (d, m), extremes),
        "bias": _with_corners(random, state_bits - 2, (d,), extremes),
        "output_weight": _with_corners(random, weight_bits, (o, d), extremes),
        "output_bias": random.integers(-(1 << state_bits), 1 << state_bits, o, endpoint=True),
    }
    if d > 1:
        fields["bias"][random.choice(d, 2, replace=False)] = -(1 << (state_bits - 1)), (1 << (state_bits - 1)) - 1
    fitting = state_bits - _largest_product(fields["input_weight"], formats).bit_length()
    return fields | formats | {"input_shift": fitting if input_shift is None else input_shift}


def tie_network(
    seed: int, *, hidden_size: int, block_size: int, state_bits: int, sqrt_half_bits: int = 15
) -> IntegerNetwork:
    """A network whose second step divides to exactly half an integer in every unit.

    The first input x, an odd number, makes the state x · 2^f in the first unit of each block and 0 elsewhere; what the
    transform makes of it is ±x · 2^f in every unit, and f is such that the division by √n leaves an odd multiple of ½.
    The inputs are signed, of 8 bits; steps after the first should bring 0.

    Raises
    ------
    InputError
        A block size of 1 (nothing is divided), or ``state_bits`` that do not hold 2^f.
    """
    random = np.random.default_rng(seed)
    block_bits = block_size.bit_length() - 1
    if block_bits % 2:
        probe = random_network(
            0, hidden_size=2, block_size=2, state_bits=8, sqrt_half_bits=sqrt_half_bits, output_size=1
        )
        factors_of_two = (probe.sqrt_half & -probe.sqrt_half).bit_length() - 1
        shift = sqrt_half_bits + block_bits // 2 - 1 - factors_of_two
    else:
        shift = block_bits // 2 - 1
    if shift < 0 or 1 << shift >= 1 << (state_bits - 1):
        raise InputError(
            f"block_size {block_size} with sqrt_half_bits {sqrt_half_bits} ties at states of 2^{shift}, "
            f"which state_bits {state_bits} do not hold"
        )
    return IntegerNetwork(
        signs=random.choice([-1, 1], hidden_size),
        input_weight=(np.arange(hidden_size) % block_size == 0)[:, None].astype(np.int8),
        bias=np.zeros(hidden_size, dtype=np.int32),
        output_weight=_with_corners(random, 4, (3, hidden_size), 0.25),
        output_bias=np.zeros(3, dtype=np.int64),
        block_size=block_size,
        state_bits=state_bits,
        input_signed=True,
        input_shift=shift,
        sqrt_half_bits=sqrt_half_bits,
    )


def tie_inputs(steps: int) -> np.ndarray:
    """Sequences for a :func:`tie_network`: 1, −1, 3 or −3 (which may saturate), then 0; shape ``(4, steps, 1)``."""
    inputs = np.zeros((4, steps, 1), dtype=np.int64)
    inputs[:, 0, 0] = 1, -1, 3, -3
    return inputs


def corner_inputs(network: FrozenNetwork, seed: int, *, sequences: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of six kinds in turn: uniform, corners only, quiet, the largest, an impulse, the smallest.

    Parameters
    ----------
    sequences : how many, at least 1
    steps : of the longest, at least 1

    Returns
    -------
    (ndarray, ndarray)
        Inputs, shape ``(sequences, steps, m)`` (``(sequences, steps)`` for ``input_kind`` ``index``), and lengths: full
        ones, two of one step and one of two back to back, then random ones.
    """
    random = np.random.default_rng(seed)
    low, high = network.input_range
    shape = (steps,) + (network.input_size,) * (network.input_kind == "vector")
    zero = min(max(0, low), high)
    impulse = np.full(shape, zero)
    impulse[0] = high
    kinds = (
        lambda: random.integers(low, high, shape, endpoint=True),
        lambda: random.choice([low, high], shape),
        lambda: np.clip(random.integers(-1, 1, shape, endpoint=True), low, high),
        lambda: np.full(shape, high),
        lambda: impulse,
        lambda: np.full(shape, low),
    )
    inputs = np.stack([kinds[i % len(kinds)]() for i in range(sequences)])
    lengths = random.integers(1, steps, sequences, endpoint=True)
    for place, length in enumerate((steps, 1, 1, min(2, steps), steps)[:sequences]):
        lengths[place] = length
    return inputs, lengths


def _with_corners(random: np.random.Generator, bits: int, shape: tuple[int, ...], extremes: float) -> np.ndarray:
    bits = max(bits, 1)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    corners = random.random(shape) < extremes
    return np.where(corners, random.choice([low, high], shape), random.integers(low, high, shape, endpoint=True))


def _largest_product(input_weight: np.ndarray, formats: dict[str, Any]) -> int:
    """The largest magnitude that the input products of one unit can have."""
    if formats.get("input_kind") == "index":
        return int(np.abs(input_weight).max())
    bits = formats.get("input_bits", 8)
    largest = 1 << (bits - 1) if formats.get("input_signed") else (1 << bits) - 1
    return int(np.abs(input_weight).sum(axis=1).max()) * largest
