"""A whole core keeps the rules of its streams for any network input and any stall, and answers in time."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.sim.stimulus import random_dense_network

from ..hw.networks import random_network
from .core_claims import STALLING, Answers, BrokenCore, CoreClaims, InTime, Results, Rules, answer_clocks, clocks_for
from .prover import Proof

CORES: list[dict[str, Any]] = [
    {"lanes": 1},
    {"lanes": 2, "output": "logits"},
    {"lanes": 4, "stages_per_register": 0, "trace": True},
    {"lanes": 4, "channels": 2},
    {"lanes": 4, "channels": 3, "stages_per_register": 0, "trace": True},
    {"lanes": 4, "stages_per_register": 0, "input_size": 2},  # of which a sequence can be malformed
]
# Every activation; M = 1 and not; a result of the last step and of every one; binary weights; two elements a step.
DENSE: list[dict[str, Any]] = [
    {"lanes": 1},
    {"recurrent_multipliers": 2, "activation": "relu", "recurrent_multiplier": 3, "readout": "every", "input_size": 2},
    {"hidden_size": 4, "lanes": 2, "recurrent_multipliers": 4, "output": "logits"},
    {"hidden_size": 4, "lanes": 4, "recurrent_multipliers": 2, "activation": "modrelu", "binary": True, "trace": True},
]
CORES += [{"family": "dense"} | choices for choices in DENSE]
FORMATS = {"weight_bits": 2, "input_bits": 2, "output_size": 2}


def core_with(family: str = "hadamard", **choices: Any) -> HadamardCore:
    of_the_core = {field.name for field in fields(CoreParameters)}
    parameters = CoreParameters(**{name: choices.pop(name) for name in of_the_core & choices.keys()})
    if family == "hadamard":
        return HadamardCore(random_network(4, 4, state_bits=4, **FORMATS, **choices), parameters)
    sizes = {"hidden_size": 2, "recurrent_multiplier": 1, "state_bits": 3, "recurrent_bits": 2}
    return HadamardCore(random_dense_network(0, **FORMATS | sizes | choices), parameters)


@pytest.mark.long
@pytest.mark.parametrize("choices", CORES, ids=str)
@pytest.mark.parametrize("claims", [Rules, Results, InTime])
def test_streams(tmp_path: Path, claims: type[CoreClaims], choices: dict[str, Any]) -> None:
    core = core_with(**choices)
    assert Proof(claims(core), tmp_path).holds(clocks_for(core))


@pytest.mark.quick(2)
@pytest.mark.parametrize("choices", [choices for choices in CORES if "output" not in choices], ids=str)
def test_what_is_offered_is_held_for_ever(tmp_path: Path, choices: dict[str, Any]) -> None:
    """By induction; of a core with logits it would need an invariant over the registers that its results leave from."""
    assert Proof(Rules(core_with(**choices)), tmp_path).holds_by_induction(2)


@pytest.mark.long
@pytest.mark.parametrize(
    "choices", [{"lanes": 4}, {"family": "dense", "lanes": 2, "recurrent_multipliers": 2}], ids=str
)
def test_a_result_comes_after_any_stalls(tmp_path: Path, choices: dict[str, Any]) -> None:
    core = core_with(**choices)
    assert Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)


@pytest.mark.long
@pytest.mark.parametrize("family", ["hadamard", "dense"])
@pytest.mark.parametrize(
    "claims, wrong", [(Rules, "flickers"), (Results, "high"), (Results, "silent"), (InTime, "low")]
)
def test_a_broken_core_does_not(tmp_path: Path, claims: type[CoreClaims], wrong: str, family: str) -> None:
    core = BrokenCore(core_with(family, input_size=2), wrong)
    assert not Proof(claims(core), tmp_path).holds(clocks_for(core))


class WrongChannel(HadamardCore):
    """A core of two channels whose results of the second one say that they are of the first one."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.m_axis_tid.eq(0)
        return m


@pytest.mark.long
def test_results_of_a_channel_that_has_no_sequence(tmp_path: Path) -> None:
    good = core_with(lanes=4, channels=2)
    core = WrongChannel(good.network, good.parameters)
    assert not Proof(Results(core), tmp_path).holds(clocks_for(core))


@pytest.mark.long
@pytest.mark.parametrize(
    "choices", [{}, {"family": "dense", "lanes": 2, "recurrent_multipliers": 2}], ids=["hadamard", "dense"]
)
def test_a_core_without_results_stands_still(tmp_path: Path, choices: dict[str, Any]) -> None:
    core = BrokenCore(core_with(**choices), "low")
    assert not Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)
