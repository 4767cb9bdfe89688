"""The integer network in software: the reference that simulated hardware must equal, bit for bit.

numpy ``int64``, batched. Imports without torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..quant.integer import (
    DenseNetwork,
    FrozenNetwork,
    IntegerNetwork,
    modrelu,
    round_half_even_shift,
    saturate,
    shift_round,
    walsh_hadamard,
)


@dataclass(frozen=True)
class ReferenceResult:
    """What the integer network computes for a batch of sequences.

    Attributes
    ----------
    logits : int64, shape ``(N, o)`` for read-out ``last``, ``(N, T, o)`` for ``every``
        Steps beyond a sequence's length are zero.
    classes : int64, shape ``(N,)`` or ``(N, T)``
        The smallest index of a largest logit.
    saturations : int
        How many states were clipped, over all steps and units.
    states : int32, shape ``(N, T, d)``, or None
        The state after every step, where asked for; steps beyond a sequence's length repeat the last state.
    """

    logits: np.ndarray
    classes: np.ndarray
    saturations: int
    states: np.ndarray | None


def run(
    network: FrozenNetwork,
    inputs: np.ndarray,
    *,
    lengths: Sequence[int] | np.ndarray | None = None,
    return_states: bool = False,
) -> ReferenceResult:
    """Run ``network`` over a batch of sequences, as docs/integer-network.md defines one step.

    Parameters
    ----------
    network : FrozenNetwork
    inputs : integers, shape ``(N, T, m)``; for ``input_kind`` ``index`` shape ``(N, T)``
    lengths : integers from 1 to T, shape ``(N,)``, optional
        Steps of each sequence; all T unless given.
    return_states : bool
        Whether to keep every state of every step.

    Raises
    ------
    InputError
        Inputs of a wrong shape or type, or outside the input format.
    """
    inputs = checked_inputs(network, inputs)
    count, steps = inputs.shape[:2]
    lengths = checked_lengths(lengths, count, steps)
    every = network.readout == "every"
    logits = np.zeros((count, steps, network.output_size) if every else (count, network.output_size), dtype=np.int64)
    states = np.zeros((count, steps, network.hidden_size), dtype=np.int32) if return_states else None
    state = np.zeros((count, network.hidden_size), dtype=np.int64)
    saturations = 0
    for t in range(steps):
        running = t < lengths
        following, clipped = step(network, state, inputs[:, t])
        saturations += int(np.count_nonzero(clipped[running]))
        state = np.where(running[:, None], following, state)
        if states is not None:
            states[:, t] = state
        if every:
            logits[running, t] = read_out(network, state[running])
    if not every:
        logits = read_out(network, state)
    return ReferenceResult(logits, np.argmax(logits, axis=-1), saturations, states)


def step(network: FrozenNetwork, state: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One step of the recurrence.

    Parameters
    ----------
    state : int64, shape ``(N, d)``
    x : int64, shape ``(N, m)``; for ``input_kind`` ``index`` shape ``(N,)``

    Returns
    -------
    (ndarray, ndarray)
        The next state, int64, and a mask of the units that were clipped, both of shape ``(N, d)``.
    """
    activated = activate(network, total(network, state, x))
    following, _ = saturate(activated, network.state_bits)
    return following, following != activated


def total(network: FrozenNetwork, state: np.ndarray, x: np.ndarray) -> np.ndarray:
    """R + B + shift(U x, f), before activation and saturation: arguments as of :func:`step`, int64, ``(N, d)``."""
    weight = network.input_weight.astype(np.int64)
    driven = weight[:, x].T if network.input_kind == "index" else x @ weight.T
    recurrent = round_half_even_shift(*recurrent_product(network, state))
    return recurrent + network.bias + shift_round(driven, network.input_shift)


def recurrent_product(network: FrozenNetwork, state: np.ndarray) -> tuple[np.ndarray, int]:
    """The product of the recurrent matrix and ``state``, exact, and its bits behind the point: R is rounded of it."""
    if isinstance(network, DenseNetwork):
        product = state @ network.recurrent_weight.astype(np.int64).T
        return product * network.recurrent_multiplier, network.recurrent_shift
    assert isinstance(network, IntegerNetwork)
    rotated = network.signs * walsh_hadamard(state, network.block_size)
    half = network.block_bits // 2
    return (rotated * network.sqrt_half, network.sqrt_half_bits + half) if network.block_bits % 2 else (rotated, half)


def activate(network: FrozenNetwork, total: np.ndarray) -> np.ndarray:
    """The activation of a dense network, of integers or float64; a Hadamard RNN has none."""
    if not isinstance(network, DenseNetwork) or network.activation == "none":
        return total
    if network.activation == "relu":
        return np.maximum(total, 0)
    assert network.threshold is not None
    return modrelu(total, network.threshold.astype(np.int64))


def read_out(network: FrozenNetwork, state: np.ndarray) -> np.ndarray:
    """Logits of states: int64, shape ``(N, d)`` to ``(N, o)``."""
    if network.readout_activation == "relu":
        state = np.maximum(state, 0)
    return state @ network.output_weight.astype(np.int64).T + network.output_bias


def checked_inputs(network: FrozenNetwork, inputs: np.ndarray) -> np.ndarray:
    """The inputs as int64, or an :class:`InputError` that says what is wrong with them."""
    inputs = np.asarray(inputs)
    vector = network.input_kind == "vector"
    expected = f"(N, T, {network.input_size})" if vector else "(N, T)"
    if not np.issubdtype(inputs.dtype, np.integer):
        raise InputError(f"inputs must be integers, not {inputs.dtype}")
    if inputs.ndim != 2 + vector or (vector and inputs.shape[2] != network.input_size):
        raise InputError(f"inputs must have shape {expected}, not {inputs.shape}")
    if 0 in inputs.shape:
        raise InputError(f"inputs must hold at least one step of one sequence, not shape {inputs.shape}")
    low, high = network.input_range
    wrong = inputs[(inputs < low) | (inputs > high)]
    if wrong.size:
        raise InputError(f"inputs must be from {low} to {high}, not {int(wrong[0])}")
    return inputs.astype(np.int64)


def checked_lengths(lengths: Sequence[int] | np.ndarray | None, count: int, steps: int) -> np.ndarray:
    """The lengths of ``count`` sequences, each from 1 to ``steps``; all of them ``steps`` unless given."""
    if lengths is None:
        return np.full(count, steps)
    lengths = np.asarray(lengths)
    if lengths.shape != (count,) or not np.issubdtype(lengths.dtype, np.integer):
        raise InputError(f"lengths must be {count} integers, not {lengths.dtype} of shape {lengths.shape}")
    wrong = lengths[(lengths < 1) | (lengths > steps)]
    if wrong.size:
        raise InputError(f"lengths must be from 1 to {steps}, not {int(wrong[0])}")
    return lengths
