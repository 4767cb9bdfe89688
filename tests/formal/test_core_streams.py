"""A whole core keeps the rules of its streams for any network input and any stall, and answers in time."""

from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters

from ..hw.networks import random_network
from .core_claims import STALLING, Answers, BrokenCore, CoreClaims, InTime, Results, Rules, answer_clocks, clocks_for
from .prover import Proof

CORES = [{"lanes": 1}, {"lanes": 2, "output": "logits"}, {"lanes": 4, "stages_per_register": 0, "trace": True}]
CORES += [{"lanes": 4, "channels": 2}, {"lanes": 4, "channels": 3, "stages_per_register": 0, "trace": True}]
CORES += [{"lanes": 4, "stages_per_register": 0, "input_size": 2}]  # of which a sequence can be malformed


def core_with(input_size: int = 1, **choices: Any) -> HadamardCore:
    formats = {"state_bits": 4, "weight_bits": 2, "input_bits": 2, "output_size": 2}
    return HadamardCore(random_network(4, 4, input_size=input_size, **formats), CoreParameters(**choices))


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
    core = core_with(lanes=4)
    assert Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)


@pytest.mark.long
@pytest.mark.parametrize(
    "claims, wrong", [(Rules, "flickers"), (Results, "high"), (Results, "silent"), (InTime, "low")]
)
def test_a_broken_core_does_not(tmp_path: Path, claims: type[CoreClaims], wrong: str) -> None:
    core = BrokenCore(core_with(input_size=2), wrong)
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
def test_a_core_without_results_stands_still(tmp_path: Path) -> None:
    core = BrokenCore(core_with(), "low")
    assert not Proof(Answers(core), tmp_path).holds(answer_clocks(core) + STALLING)
