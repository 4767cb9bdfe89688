"""Whether a sum of the integer network ever needs a bit: over all sequences, by all states or by bounds.

Where few states can be reached they are looked at one by one. Else, of a Hadamard RNN, bounds are sought by
mixed-integer programming: every state is in its format, so that the last two steps of a sequence, from any state at all
on, bound what a step can make. If no inputs and no state before them lead out of a range, no sequence does; if some do,
nothing is known, for that state may be one that no sequence reaches. The solver, HiGHS, reckons in floating point:
every rounding is given :data:`MARGIN` more than it has, a thousand times the solver's tolerance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from ...quant.integer import FrozenNetwork, IntegerNetwork, shift_round, walsh_hadamard
from ..reference import total
from .reachable import possible_inputs, reachable_states

STEPS = 2
MARGIN = 1e-3  # LSB
_INFEASIBLE = 2  # the status of scipy's milp


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Numbers that a core makes in every step of a sequence.

    Attributes
    ----------
    totals : units whose R + B + shift(U x, f) is meant, before saturation
    logits : partial logits, of every output, each by the units that it has added up
    """

    totals: tuple[int, ...] = ()
    logits: tuple[tuple[int, ...], ...] = ()


def stay_within(network: FrozenNetwork, sums: Sums, low: int, high: int, seconds: float) -> str | None:
    """How it is known that no sequence brings one of ``sums`` below ``low`` or above ``high``; None where it is not.

    Parameters
    ----------
    seconds : for each of the questions, of which there are up to four a sum
    """
    linear = list(_linear(network, sums))
    states, inputs = reachable_states(network), possible_inputs(network)
    if states is not None and inputs is not None:
        values = np.concatenate([_values(network, one, states, inputs) for one in linear])
        return f"all {len(states)} states" if values.min() >= low and values.max() <= high else None
    if not isinstance(network, IntegerNetwork):
        return None
    for one in linear:
        for steps, begins in ((1, True), (STEPS, False)):  # a sequence of one step, and all longer ones
            for sign, limit in ((1, high), (-1, -low)):
                if not _Steps(network, steps, begins).excludes(one, sign, limit + 1, seconds):
                    return None
    return f"bounds over {STEPS} steps"


def _values(network: FrozenNetwork, one: "_Linear", states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Of a sum, in every state, or of its step to the next."""
    if one.of_totals:
        numbers = total(network, np.repeat(states, len(inputs), axis=0), np.tile(inputs.T, len(states)).T)
    else:
        numbers = np.maximum(states, 0) if network.readout_activation == "relu" else states
    return one.constant + sum(
        (weight * numbers[:, unit] for unit, weight in one.weights.items()), np.zeros(len(numbers))
    )


@dataclass(frozen=True)
class _Linear:
    """``constant`` + Σ weight · number, the numbers being totals or states of the last step, by unit."""

    constant: int
    weights: Mapping[int, int]
    of_totals: bool


def _linear(network: FrozenNetwork, sums: Sums) -> Iterator[_Linear]:
    yield from (_Linear(0, {unit: 1}, True) for unit in sums.totals)
    for units in sums.logits:
        for bias, row in zip(network.output_bias.tolist(), network.output_weight.tolist(), strict=True):
            yield _Linear(bias, {unit: row[unit] for unit in units if row[unit]}, False)


class _Steps:
    """Steps of a network as constraints, at least as wide as they are."""

    def __init__(self, network: IntegerNetwork, steps: int, begins: bool) -> None:
        self.network = network
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.low, self.high = -(1 << (network.state_bits - 1)), (1 << (network.state_bits - 1)) - 1
        rows = walsh_hadamard(np.eye(network.hidden_size, dtype=np.int64), network.block_size).T
        gain = network.sqrt_half / (1 << network.sqrt_half_bits) if network.block_bits % 2 else 1.0
        self.matrix = network.signs[:, None] * rows * (gain / (1 << network.block_bits // 2))
        self.fraction_bits = network.block_bits // 2 + network.sqrt_half_bits * (network.block_bits % 2)
        edges = (0, 0) if begins else (self.low, self.high)
        states = [self._number(*edges) for _ in range(network.hidden_size)]
        self.totals: list[int] = []
        for _ in range(steps):
            self.totals = self._totals(states)
            states = [self._saturated(total) for total in self.totals]
        self.states = states

    def excludes(self, linear: _Linear, sign: int, limit: int, seconds: float) -> bool:
        """Whether ``sign`` · ``linear`` can be proved never to reach ``limit``."""
        relu = self.network.readout_activation == "relu" and not linear.of_totals
        numbers = self.totals if linear.of_totals else self.states
        terms: dict[int, float] = {
            self._positive(numbers[unit]) if relu else numbers[unit]: sign * weight
            for unit, weight in linear.weights.items()
        }
        largest = sum(max(w * self.lower[n], w * self.upper[n]) for n, w in terms.items()) + sign * linear.constant
        if largest < limit:
            return True
        self.rows.append((terms, limit - sign * linear.constant - MARGIN, np.inf))
        places = [
            (row, column, value) for row, (terms, _, _) in enumerate(self.rows) for column, value in terms.items()
        ]
        row, column, value = zip(*places, strict=True)
        matrix = coo_array((value, (row, column)), shape=(len(self.rows), len(self.lower)))
        lower: Any = np.array(self.lower)  # scipy's annotations know of one number only
        upper: Any = np.array(self.upper)
        least: Any = np.array([low for _, low, _ in self.rows])
        most: Any = np.array([high for *_, high in self.rows])
        answer = milp(
            np.zeros(len(self.lower)),
            integrality=np.ones(len(self.lower)),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix.tocsr(), least, most),
            options={"time_limit": seconds},
        )
        return answer.status == _INFEASIBLE

    def _number(self, low: float, high: float) -> int:
        self.lower.append(low)
        self.upper.append(high)
        return len(self.lower) - 1

    def _totals(self, states: list[int]) -> list[int]:
        drives = self._drives()
        totals = []
        for unit, drive in enumerate(drives):
            weights = {
                state: self.matrix[unit, place] for place, state in enumerate(states) if self.matrix[unit, place]
            }
            rotated = self._rounded(weights, self.fraction_bits)
            total = self._number(self.lower[rotated] + self.lower[drive], self.upper[rotated] + self.upper[drive])
            self.rows.append(({total: 1, rotated: -1, drive: -1}, 0, 0))
            totals.append(total)
        return totals

    def _drives(self) -> list[int]:
        """B + shift(U x, f) of every unit."""
        network, weights = self.network, self.network.input_weight.astype(np.int64)
        drives = []
        if network.input_kind == "index":
            tokens = [self._number(0, 1) for _ in range(network.input_size)]
            self.rows.append((dict.fromkeys(tokens, 1), 1, 1))
            columns = shift_round(weights, network.input_shift) + network.bias[:, None].astype(np.int64)
            for column in columns.tolist():
                drive = self._number(min(column), max(column))
                choice = {token: -value for token, value in zip(tokens, column, strict=True) if value}
                self.rows.append(({drive: 1, **choice}, 0, 0))
                drives.append(drive)
            return drives
        elements = [self._number(*network.input_range) for _ in range(network.input_size)]
        for bias, row in zip(network.bias.tolist(), weights.tolist(), strict=True):
            scale = 2.0**network.input_shift
            product = self._rounded(
                {e: value * scale for e, value in zip(elements, row, strict=True) if value}, -network.input_shift
            )
            drive = self._number(self.lower[product] + bias, self.upper[product] + bias)
            self.rows.append(({drive: 1, product: -1}, bias, bias))
            drives.append(drive)
        return drives

    def _rounded(self, weights: dict[int, float], fraction_bits: int) -> int:
        """A sum with so many bits behind the point rounded half to even: an odd result comes of no tie."""
        edges = [sorted((w * self.lower[n], w * self.upper[n])) for n, w in weights.items()]
        low, high = (sum(edge) for edge in zip(*edges, strict=True)) if edges else (0.0, 0.0)
        number, half, odd = self._number(round(low), round(high)), self._number(-np.inf, np.inf), self._number(0, 1)
        self.rows.append(({number: 1, half: -2, odd: -1}, 0, 0))
        unit = 2.0**-fraction_bits
        tie = unit if 4 * MARGIN < unit < 1 else 0.0  # of whole numbers there is nothing to round
        difference = {number: 1} | {n: -w for n, w in weights.items()}
        self.rows.append((difference | {odd: -tie}, -0.5 - MARGIN, np.inf))
        self.rows.append((difference | {odd: tie}, -np.inf, 0.5 + MARGIN))
        return number

    def _saturated(self, total: int) -> int:
        """Equal to ``total`` but where a choice says that it is beyond a limit, and then that limit."""
        state, above, below = self._number(self.low, self.high), self._number(0, 1), self._number(0, 1)
        over, under = max(self.upper[total] - self.high, 0), max(self.low - self.lower[total], 0)
        span = self.high - self.low
        self.rows += [
            ({state: 1, total: -1, above: over}, 0, np.inf),
            ({state: 1, total: -1, below: -under}, -np.inf, 0),
            ({state: 1, above: -span}, self.low, np.inf),
            ({state: 1, below: span}, -np.inf, self.high),
        ]
        return state

    def _positive(self, state: int) -> int:
        """The state, or 0 where it is negative."""
        positive, is_positive = self._number(0, self.high), self._number(0, 1)
        self.rows += [
            ({positive: 1, state: -1}, 0, np.inf),
            ({positive: 1, state: -1, is_positive: -self.low}, -np.inf, -self.low),
            ({positive: 1, is_positive: -self.high}, -np.inf, 0),
        ]
        return positive
