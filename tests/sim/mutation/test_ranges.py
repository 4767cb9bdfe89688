"""Ranges of sums over all sequences: what a run leaves is never proved, and what needs two steps to see is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim import reference
from hadamrnn.sim.extremes import extreme_inputs
from hadamrnn.sim.mutation import ranges
from hadamrnn.sim.mutation.mutants import MutableCore
from hadamrnn.sim.mutation.ranges import Sums, stay_within
from hadamrnn.sim.mutation.reachable import possible_inputs, reachable_states
from hadamrnn.sim.mutation.suite import suite
from hadamrnn.sim.mutation.width_claims import width_claim
from hadamrnn.sim.stimulus import corner_inputs, random_network

LARGE, WHOLE, SMALL = (suite()[place].network for place in (0, 1, 5))  # products shifted right, not at all, and left


def totals(network: IntegerNetwork) -> np.ndarray:
    """Of every step of many sequences, shape ``(…, d)``."""
    found = []
    for inputs, lengths in (corner_inputs(network, 3, sequences=300, steps=8), extreme_inputs(network, 0, steps=8)):
        states = reference.run(network, inputs, lengths=lengths, return_states=True).states
        assert states is not None
        before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1).astype(np.int64)
        running = np.arange(inputs.shape[1]) < np.asarray(lengths)[:, None]
        found.append(reference.total(network, before[running], inputs[running]))
    return np.concatenate(found)


@pytest.mark.quick("by bounds", "not shifted")
@pytest.mark.parametrize("network", [LARGE, WHOLE, SMALL], ids=["by bounds", "not shifted", "in all states"])
def test_totals(network: IntegerNetwork) -> None:
    """What a run has reached is never proved to be out of reach; the widest that the format has is proved."""
    reached = totals(network)
    for unit in (1, network.hidden_size - 1):
        low, high = int(reached[:, unit].min()), int(reached[:, unit].max())
        assert stay_within(network, Sums(totals=(unit,)), low + 1, 1000, 20) is None
        assert stay_within(network, Sums(totals=(unit,)), -1000, high - 1, 20) is None
        assert stay_within(network, Sums(totals=(unit,)), -1000, 1000, 20) is not None


def test_all_states_of_a_small_network() -> None:
    states = reachable_states(SMALL)
    assert states is not None
    inputs, lengths = corner_inputs(SMALL, 0, sequences=100, steps=8)
    run = reference.run(SMALL, inputs, lengths=lengths, return_states=True)
    assert run.states is not None
    known = {tuple(state) for state in states.tolist()}
    assert {tuple(state) for state in run.states.reshape(-1, SMALL.hidden_size).tolist()} <= known
    assert reachable_states(SMALL, most=100) is None
    assert reachable_states(random_network(1, hidden_size=8, block_size=8, input_size=6)) is None  # too many inputs


def test_bounds_are_no_narrower_than_all_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a network whose states are known the bounds prove nothing that is not so."""
    inputs, states = np.arange(SMALL.input_size), reachable_states(SMALL)
    assert states is not None
    every = reference.total(SMALL, np.repeat(states, len(inputs), axis=0), np.tile(inputs, len(states)))
    monkeypatch.setattr(ranges, "reachable_states", lambda network: None)
    for unit in (0, 3):
        low, high = int(every[:, unit].min()), int(every[:, unit].max())
        assert stay_within(SMALL, Sums(totals=(unit,)), low + 1, 1000, 20) is None
        assert stay_within(SMALL, Sums(totals=(unit,)), -1000, high - 1, 20) is None


def test_what_is_not_divided_may_be_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recurrent product of blocks of one unit is not rounded: there is no tie that leaves even numbers alone."""
    network = random_network(0, hidden_size=2, block_size=1, input_shift=-1, input_bits=3, state_bits=6)
    inputs, states = possible_inputs(network), reachable_states(network)
    assert inputs is not None
    assert states is not None
    every = reference.total(network, np.repeat(states, len(inputs), axis=0), np.tile(inputs.T, len(states)).T)
    monkeypatch.setattr(ranges, "reachable_states", lambda network: None)
    for unit in range(2):
        low, high = int(every[:, unit].min()), int(every[:, unit].max())
        assert stay_within(network, Sums(totals=(unit,)), low + 1, 1000, 20) is None
        assert stay_within(network, Sums(totals=(unit,)), -1000, high - 1, 20) is None


def test_a_logit_needs_every_unit_at_its_limit() -> None:
    """−257 would need five units at 15 at once, which the recurrence cannot bring: only bounds over steps can tell."""
    partial = tuple(tuple(range(units)) for units in range(LARGE.hidden_size))
    least = LARGE.output_bias[:, None] + np.cumsum(15 * np.minimum(LARGE.output_weight.astype(int), 0), axis=1)
    assert least[:, :-1].min() == -257
    assert stay_within(LARGE, Sums(logits=partial), -256, 255, 60) == "bounds over 2 steps"
    assert stay_within(LARGE, Sums(logits=partial), -150, 255, 60) is None


def test_claims_of_mutants(tmp_path: Path) -> None:
    subject = suite()[0]
    core = MutableCore(HadamardCore(subject.network, subject.parameters), "hadamard_core")

    def claim(module: str, signal: str, change: str, **parameters: str) -> object:
        name = f"hadamard_core.{module}: {signal}: {change}"
        mutant = next(mutant for mutant in core.mutants if str(mutant) == name)
        where, cell = core.original(mutant)
        assert cell is not None
        cell = replace(cell, parameters=cell.parameters | parameters)
        return width_claim(subject.network, 1, where, cell, mutant.change)

    total = claim("recurrence", "total_0", "operand A in 7 bits, not 8")
    assert total is not None
    assert (total.sums, total.low, total.high) == (Sums(totals=tuple(range(8))), -63, 63)
    assert total.proved(subject.network, 60) == (
        "equivalent: 7 bits hold every total of every sequence, proved by bounds over 2 steps"
    )
    added = claim("read_out", "accumulator_2", "operand A in 9 bits, not 10")
    assert added.sums.logits[-1] == tuple(range(7))
    # Of operands that are read as unsigned a bit less makes another number of what is negative.
    assert claim("recurrence", "total_0", "operand A in 7 bits, not 8", A_SIGNED="0") is None
    assert claim("read_out", "accumulator_2", "operand A in 9 bits, not 10", A_SIGNED="0") is None
    assert claim("recurrence", "total_0", "operand A in 6 bits, not 7") is None  # the quotient, not the total
    assert claim("read_out", "accumulator_2", "operand B in 6 bits, not 7") is None
