"""A whole core of a dense network keeps the rules of its streams for any input and any stall, and answers in time."""

from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.sim.stimulus import random_dense_network

from .core_claims import STALLING, Answers, BrokenCore, CoreClaims, InTime, Results, Rules, answer_clocks, clocks_for
from .prover import Proof

# Every activation; M = 1 and not; a result of the last step and of every one; binary weights; two elements a step, so
# that a sequence can be malformed.
CORES = [
    {"lanes": 1},
    {"recurrent_multipliers": 2, "activation": "relu", "recurrent_multiplier": 3, "readout": "every", "input_size": 2},
    {"hidden_size": 4, "lanes": 2, "recurrent_multipliers": 4, "output": "logits"},
    {"hidden_size": 4, "lanes": 4, "recurrent_multipliers": 2, "activation": "modrelu", "binary": True, "trace": True},
]
OF_THE_CORE = ("lanes", "recurrent_multipliers", "output", "trace")


def core_with(**choices: Any) -> HadamardCore:
    parameters = {name: choices.pop(name) for name in OF_THE_CORE if name in choices}
    formats = {"state_bits": 3, "weight_bits": 2, "input_bits": 2, "output_size": 2, "recurrent_bits": 2}
    sizes = {"hidden_size": 2, "recurrent_multiplier": 1}
    return HadamardCore(random_dense_network(0, **formats | sizes | choices), CoreParameters(**parameters))


@pytest.mark.long
@pytest.mark.parametrize("choices", CORES, ids=str)
@pytest.mark.parametrize("claims", [Rules, Results, InTime])
def test_streams(tmp_path: Path, claims: type[CoreClaims], choices: dict[str, Any]) -> None:
    core = core_with(**choices)
    assert Proof(claims(core), tmp_path).holds(clocks_for(core))


@pytest.mark.parametrize("choices", [choices for choices in CORES if "output" not in choices], ids=str)
def test_what_is_offered_is_held_for_ever(tmp_path: Path, choices: dict[str, Any]) -> None:
    """By induction; of a core with logits it would need an invariant over the registers that its results leave from."""
    assert Proof(Rules(core_with(**choices)), tmp_path).holds_by_induction(2)


@pytest.mark.long
def test_a_result_comes_after_any_stalls(tmp_path: Path) -> None:
    core = core_with(lanes=2, recurrent_multipliers=2)
    assert Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)


@pytest.mark.long
@pytest.mark.parametrize(
    "claims, wrong", [(Rules, "flickers"), (Results, "high"), (Results, "silent"), (InTime, "low")]
)
def test_a_broken_core_does_not(tmp_path: Path, claims: type[CoreClaims], wrong: str) -> None:
    core = BrokenCore(core_with(input_size=2), wrong)
    assert not Proof(claims(core), tmp_path).holds(clocks_for(core))


@pytest.mark.long
def test_a_core_without_results_stands_still(tmp_path: Path) -> None:
    core = BrokenCore(core_with(lanes=2, recurrent_multipliers=2), "low")
    assert not Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)
