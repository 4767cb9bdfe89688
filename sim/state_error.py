"""How far rounding and saturation take the integer states from exact arithmetic, step by step.

The same integers, weights and inputs, run twice: as the reference computes, and in float64 without rounding and without
saturation. What is left between the two is what a state of w bits costs. Imports without torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork, walsh_hadamard
from . import reference


@dataclass(frozen=True, kw_only=True, eq=False)
class StateError:
    """Distance of integer states from exact ones, in LSB of the state, over the sequences that still run at a step.

    Attributes
    ----------
    mean, largest : float64, shape ``(T,)``
        Mean and largest absolute difference over units and sequences after each step.
    sequences : int64, shape ``(T,)``
        Sequences that a step is of: those at least so long.
    saturated : int64, shape ``(T,)``
        States that the step clipped, of ``sequences`` · d.
    hidden_size : d
    """

    mean: np.ndarray
    largest: np.ndarray
    sequences: np.ndarray
    saturated: np.ndarray
    hidden_size: int

    @property
    def states(self) -> int:
        """Words that were compared."""
        return int(self.sequences.sum()) * self.hidden_size

    @property
    def saturations(self) -> int:
        """How many of them were clipped."""
        return int(self.saturated.sum())


def state_error(
    network: FrozenNetwork, inputs: np.ndarray, *, lengths: Sequence[int] | np.ndarray | None = None
) -> StateError:
    """Run ``network`` over ``inputs`` in integers and exactly, and compare every state of every step.

    Parameters
    ----------
    inputs, lengths : as for :func:`~hadamrnn.sim.reference.run`

    Raises
    ------
    InputError
        Inputs of a wrong shape or type, or outside the input format.
    """
    inputs = reference.checked_inputs(network, inputs)
    count, steps = inputs.shape[:2]
    lengths = reference.checked_lengths(lengths, count, steps)
    steps = int(lengths.max())
    state = np.zeros((count, network.hidden_size), dtype=np.int64)
    exact = np.zeros((count, network.hidden_size))
    mean, largest = np.zeros(steps), np.zeros(steps)
    saturated = np.zeros(steps, dtype=np.int64)
    for t in range(steps):
        running = t < lengths
        state, clipped = reference.step(network, state, inputs[:, t])
        exact = exact_step(network, exact, inputs[:, t])
        distance = np.abs(state - exact)[running]
        mean[t], largest[t], saturated[t] = distance.mean(), distance.max(), np.count_nonzero(clipped[running])
    running_at = np.array([np.count_nonzero(lengths > t) for t in range(steps)])
    return StateError(
        mean=mean, largest=largest, sequences=running_at, saturated=saturated, hidden_size=network.hidden_size
    )


def exact_step(network: FrozenNetwork, state: np.ndarray, x: np.ndarray) -> np.ndarray:
    """One step of the recurrence in float64, in units of the state's LSB, with neither rounding nor saturation.

    Parameters
    ----------
    state : float64, shape ``(N, d)``
    x : int64, shape ``(N, m)``; for ``input_kind`` ``index`` shape ``(N,)``
    """
    weight = network.input_weight.astype(np.int64)
    driven = weight[:, x].T if network.input_kind == "index" else x @ weight.T
    total = _recurrent(network, state) + network.bias + driven * 2.0**network.input_shift
    return reference.activate(network, total)


def _recurrent(network: FrozenNetwork, state: np.ndarray) -> np.ndarray:
    """W h, with W as the integers say it: for a dense network its quantised matrix."""
    if isinstance(network, DenseNetwork):
        return state @ network.recurrent_weight.T * network.recurrent_scale
    assert isinstance(network, IntegerNetwork)
    return network.signs * walsh_hadamard(state, network.block_size) / np.sqrt(network.block_size)
