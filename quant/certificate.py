"""Width certificates: how large the states of a frozen network can become, over every input sequence there is.

Without saturation the integer loop is linear but for its roundings, each of at most half an LSB:

    H_t = W H_{t−1} + B + D(x_t) + e_t,   W = diag(s) (I_q ⊗ H_n) · gain,   D(x) = U x · 2^f

so that H_T = Σ_{j<T} W^j (B + D(x_{T−j}) + e_{T−j}). The worst case of the inputs is chosen lag by lag, which makes the
linear part exact; the roundings are bounded by the L1 norms of the rows of W^j. If no state up to T can leave the
format without saturation, none saturates with it. The numbers are float64 with a proven margin for their own rounding
(:func:`_margin`). Imports without torch; docs/integer-network.md has the derivation.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from .integer import IntegerNetwork, check_hadamard
from .state_response import StateResponse, rotation_error

WORK = 1e11  # multiply-adds after which norms stand in for the exact response: some ten seconds of one core


@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """The proven worst case of every |state| of a network, in LSB, and what follows for its format.

    Attributes
    ----------
    steps : T, the sequences looked at: every sequence of up to T steps with inputs in ``input_range``
    input_range : smallest and largest input element
    linear_bound : largest |state| that the linear part reaches; some sequence attains it, up to the margin
    rounding_bound : largest effect of all roundings on a state
    margin : what was added for the rounding of the certificate's own arithmetic
    worst_state : no |state| exceeds it
    safe_state_bits : state bits, at the same unit, with which nothing saturates; at least those of the biases
    safe_steps : longest sequences that are proven never to saturate with the network's own ``state_bits``; where the
        response was not computed exactly so far, longer ones may be safe too. 0 where a single step may saturate; None
        where sequences of any length never do
    exact : whether ``linear_bound`` is the exact worst case; otherwise it is an upper bound, by norms, for late lags
    curve : float64, shape ``(T,)``, the bound of every |state| up to each T
    """

    steps: int
    input_range: tuple[int, int]
    linear_bound: float
    rounding_bound: float
    margin: float
    worst_state: int
    safe_state_bits: int
    safe_steps: int | None
    exact: bool
    curve: np.ndarray = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The certificate as plain JSON; of the curve, T = 1, 2, 4, … and the last."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "curve"}
        shown = sorted({1 << power for power in range(len(self.curve).bit_length())} | {len(self.curve)})
        return values | {
            "input_range": list(self.input_range),
            "curve": [[steps, float(self.curve[steps - 1])] for steps in shown],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class StateBounds:
    """Worst states without saturation after each of T steps, in LSB, float64.

    Attributes
    ----------
    upper, lower : shape ``(T, d)``, the largest and smallest value of the linear part
    rounding : shape ``(T, d)``, the largest effect of the roundings, of either sign
    margin : shape ``(T,)``, bounds the floating-point error of the sum of the above
    exact_lags : so many lags, from the latest step back, are exact in ``upper`` and ``lower``; norms bound the others
    """

    upper: np.ndarray
    lower: np.ndarray
    rounding: np.ndarray
    margin: np.ndarray
    exact_lags: int

    @property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """The largest and the smallest state of any unit up to each T, all included: shapes ``(T,)``."""
        spread = self.rounding + self.margin[:, None]
        high, low = (self.upper + spread).max(axis=1), (self.lower - spread).min(axis=1)
        return np.maximum.accumulate(high), np.minimum.accumulate(low)


def certify(
    network: IntegerNetwork, steps: int, *, input_range: tuple[int, int] | None = None, work: float = WORK
) -> Certificate:
    """The certificate of ``network`` for sequences of up to ``steps`` steps.

    Parameters
    ----------
    input_range : smallest and largest input element, where the data do not use the whole input format
    work : multiply-adds to spend on the exact response, roughly; lags beyond are bounded by norms, which is valid too

    Raises
    ------
    InputError
        If ``steps`` is not positive, the range is empty or outside the input format, or the network is no Hadamard RNN.
    """
    low, high = _checked_range(network, input_range)
    lags = _Lags(network, (low, high), work)
    bounds = lags.bounds(_checked_steps(steps))
    above, below = bounds.extremes
    largest, smallest = math.floor(above[-1]), math.ceil(below[-1])
    bias_bits = max(_signed_bits(int(value)) for value in network.bias)
    return Certificate(
        steps=steps,
        input_range=(low, high),
        linear_bound=max(0.0, float(np.maximum(bounds.upper, -bounds.lower).max())),
        rounding_bound=float(bounds.rounding.max()),
        margin=float(bounds.margin[-1]),
        worst_state=max(largest, -smallest),
        safe_state_bits=max(_signed_bits(largest), _signed_bits(smallest), bias_bits),
        safe_steps=_safe_steps(lags, steps),
        exact=bounds.exact_lags >= steps,
        curve=np.maximum(above, -below),
    )


def state_bounds(
    network: IntegerNetwork, steps: int, *, input_range: tuple[int, int] | None = None, work: float = WORK
) -> StateBounds:
    """The worst states of every unit after 1, 2, … ``steps`` steps; arguments and errors as for :func:`certify`."""
    return _Lags(network, _checked_range(network, input_range), work).bounds(_checked_steps(steps))


def worst_inputs(
    network: IntegerNetwork, unit: int, steps: int, *, largest: bool = True, input_range: tuple[int, int] | None = None
) -> np.ndarray:
    """The sequence whose linear part drives ``unit`` to its largest (or smallest) state after ``steps`` steps.

    Returns
    -------
    ndarray
        int64, shape ``(T, m)``; for ``input_kind`` ``index`` ``(T,)``.
    """
    low, high = _checked_range(network, input_range)
    response = StateResponse(network, low, high)
    rows = response.rows(unit, steps)[::-1] * (1 if largest else -1)  # the last lag is of the first step
    if network.input_kind == "index":
        return low + np.argmax(rows, axis=1)  # the response knows no token outside the range
    return np.where(rows > 0, high, low)


class _Lags:
    """What each lag adds to the worst states, as far as it has been asked for."""

    def __init__(self, network: IntegerNetwork, input_range: tuple[int, int], work: float) -> None:
        self.network, self.response = network, StateResponse(network, *input_range)
        self.exact_limit = max(1, int(work // self.response.work))
        self._shares = np.empty((3, 0, network.hidden_size))

    def bounds(self, steps: int) -> StateBounds:
        self._extend(steps)
        upper, lower, norms = np.cumsum(self._shares[:, :steps], axis=1)
        state_rounding, input_rounding = _roundings(self.network, self.response)
        rounding = input_rounding * norms
        rounding[1:] += state_rounding * norms[:-1]  # the first state is not rounded: it follows 0
        return StateBounds(
            upper=upper,
            lower=lower,
            rounding=rounding,
            margin=_margin(self.network, self.response, steps),
            exact_lags=min(steps, self.exact_limit),
        )

    def _extend(self, steps: int) -> None:
        known, exact = self._shares.shape[1], min(steps, self.exact_limit)
        fresh: list[np.ndarray] = [self._shares]
        if known < exact:
            fresh.append(np.stack(self.response.advance(exact - known)))
        if max(known, exact) < steps:
            decay = self.response.gain_norm ** np.arange(max(known, exact), steps)[:, None]
            norms = np.array([self.response.drive_norm, -self.response.drive_norm, math.sqrt(self.network.block_size)])
            fresh.append(np.repeat(norms[:, None, None] * decay, self.network.hidden_size, axis=2))
        self._shares = np.concatenate(fresh, axis=1)


def _roundings(network: IntegerNetwork, response: StateResponse) -> tuple[float, float]:
    """Largest rounding error of the rotated state and of the input product, in LSB.

    A column of U for a token is rounded once and for all; the response holds it rounded. States that nothing drives
    stay 0, and rounding 0 is exact.
    """
    if not response.drive_norm:
        return 0.0, 0.0
    rounded_products = network.input_shift < 0 and network.input_kind == "vector"
    return (0.5 if network.block_bits else 0.0), (0.5 if rounded_products else 0.0)


def _margin(network: IntegerNetwork, response: StateResponse, steps: int) -> np.ndarray:
    """Bound of the floating-point error in upper + rounding, and in lower − rounding, after 1 … T steps.

    One computed product with W is off by at most ε = ``rotation_error`` times the norm of the exact one, so that after
    j of them a column is off by at most ((1 + ε)^j − 1) g^j times its norm; adding up c numbers is off by at most
    c u / (1 − c u) times the sum of their magnitudes (N. Higham, "Accuracy and Stability of Numerical Algorithms",
    2nd ed., 2002, section 3.1). Doubled for the arithmetic of this very bound.
    """
    unit = np.finfo(np.float64).eps / 2
    added = (steps + network.input_size + network.block_size + 16) * unit
    growth = np.expm1(np.arange(steps) * math.log1p(rotation_error(network.block_size)))
    per_lag = response.drive_norm + sum(_roundings(network, response)) * network.block_size
    magnitude = response.gain_norm ** np.arange(steps) * (1 + growth) * per_lag
    return 2 * np.cumsum((growth + added / (1 - added)) * magnitude)


def _safe_steps(lags: _Lags, steps: int) -> int | None:
    """The longest safe sequences: by the exact response as far as it goes, from there by norms, a lower bound."""
    if not lags.response.drive_norm:
        return None
    limit = 1 << (lags.network.state_bits - 1)
    furthest = max(steps, lags.exact_limit // 10)
    while True:
        bounds = lags.bounds(steps)
        above, below = bounds.extremes
        safe = (np.floor(above) <= limit - 1) & (np.ceil(below) >= -limit)
        if not safe.all():
            return int(np.argmin(safe))
        if steps >= furthest:
            return _beyond(lags, steps, float(bounds.margin[-1]), min(limit - 1 - above[-1], below[-1] + limit))
        steps = min(2 * steps, furthest)


def _beyond(lags: _Lags, steps: int, margin: float, slack: float) -> int | None:
    """The same where every one of ``steps`` is safe: lag j adds at most g^j times what lag 0 does.

    The slack is above −1: a bound need not be whole, and a state is.
    """
    gain, drive = lags.response.gain_norm, lags.response.drive_norm
    share = (drive + sum(_roundings(lags.network, lags.response)) * math.sqrt(lags.network.block_size)) * (
        1 + 1e-9
    ) + margin
    if gain < 1 and share * gain**steps / (1 - gain) < slack:
        return None
    return steps + (max(0, int(slack / share)) if gain <= 1 else 0)


def _checked_steps(steps: object) -> int:
    if type(steps) is not int or steps < 1:
        raise InputError(f"steps must be a positive integer, not {steps!r}")
    return steps


def _checked_range(network: IntegerNetwork, input_range: tuple[int, int] | None) -> tuple[int, int]:
    check_hadamard(network)
    allowed = network.input_range
    if input_range is None:
        return allowed
    low, high = input_range
    if not (isinstance(low, int) and isinstance(high, int) and allowed[0] <= low <= high <= allowed[1]):
        raise InputError(f"input_range must be within {allowed[0]} to {allowed[1]}, not {input_range!r}")
    return low, high


def _signed_bits(value: int) -> int:
    return (~value if value < 0 else value).bit_length() + 1
