"""Mutants of the core of a dense network: found, or proved to be the same core by what holds for its family."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.sim import reference
from hadamrnn.sim.mutation import ranges
from hadamrnn.sim.mutation.campaign import run_campaign
from hadamrnn.sim.mutation.mutants import MutableCore
from hadamrnn.sim.mutation.ranges import Sums, stay_within
from hadamrnn.sim.mutation.reachable import reachable_states
from hadamrnn.sim.mutation.suite import Subject
from hadamrnn.sim.mutation.trial import Trial
from hadamrnn.sim.mutation.width_claims import width_claim
from hadamrnn.sim.stimulus import random_dense_network

from .documented import assert_the_others_are_explained

NETWORK = random_dense_network(
    3,
    hidden_size=4,
    output_size=3,
    state_bits=4,
    weight_bits=3,
    input_bits=3,
    recurrent_bits=3,
    recurrent_multiplier=3,
    activation="modrelu",
    threshold=np.array([-1, 1, -2, 1]),
    extremes=0.8,
)
PARAMETERS = CoreParameters(lanes=2, recurrent_multipliers=2, output="logits", trace=True)
SUBJECT = Subject(name="dense, two lanes, modReLU, logits", network=NETWORK, parameters=PARAMETERS)
TOP = "hadamard_core"


@pytest.fixture(scope="module")
def core() -> MutableCore:
    return MutableCore(HadamardCore(NETWORK, PARAMETERS), TOP)


@pytest.mark.parametrize("module, kind", [("activation", "operator"), ("product", "constant"), ("memory", "operator")])
def test_a_fault_in_the_recurrence_is_found(
    module: str, kind: str, core: MutableCore, tmp_path: Path, icarus: None
) -> None:
    generate(NETWORK, PARAMETERS, tmp_path, TOP)
    trial = Trial(network=NETWORK, folder=tmp_path, simulator="icarus", sequences=4, steps=4, seed=0)
    path = f"{TOP}.recurrence.{module}"
    mutant = next(mutant for mutant in core.mutants if mutant.module == path and mutant.kind == kind)
    verdict = trial(core.mutated(mutant))
    assert (verdict.found, verdict.attempt) == (True, 1), mutant
    assert verdict.message


def test_claims_of_narrow_words_are_those_of_the_read_out(core: MutableCore) -> None:
    """Words of the recurrence are not those that a claim about a Hadamard RNN means."""
    claimed = set()
    for mutant in core.mutants:
        module, cell = core.original(mutant)
        if cell is not None and width_claim(NETWORK, 2, module, cell, mutant.change) is not None:
            claimed.add(mutant.module)
    assert claimed == {f"{TOP}.read_out"}


def test_ranges_by_all_states_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a state makes is never proved to be out of reach; where states are too many nothing is proved."""
    states = reachable_states(NETWORK)
    assert states is not None
    positive = np.maximum(states, 0)
    sums = Sums(logits=((0, 1),))
    weights, biases = NETWORK.output_weight[:, :2].astype(np.int64), NETWORK.output_bias
    reached = positive[:, :2] @ weights.T + biases
    low, high = int(reached.min()), int(reached.max())
    assert stay_within(NETWORK, sums, low, high, 1) == f"all {len(states)} states"
    assert stay_within(NETWORK, sums, low + 1, high, 1) is None
    assert stay_within(NETWORK, sums, low, high - 1, 1) is None
    assert (reference.read_out(NETWORK, states) != reached).any()  # the other units add to it
    monkeypatch.setattr(ranges, "reachable_states", lambda network: None)
    assert stay_within(NETWORK, sums, -(10**6), 10**6, 1) is None


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_campaign(icarus: None) -> None:
    """As docs/verification.md has it: what is left is named there, each."""
    report = run_campaign([SUBJECT], 28, jobs=2, proof_seconds=60)
    assert report.count("killed") >= 20
    assert_the_others_are_explained(report)
