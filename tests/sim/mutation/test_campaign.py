"""Mutants of small cores through the verification: what is found, how, and the score; long: the whole set."""

import json
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.mutation import campaign
from hadamrnn.sim.mutation.campaign import run_campaign
from hadamrnn.sim.mutation.equivalence import Proof
from hadamrnn.sim.mutation.mutants import KINDS, MutableCore, Mutant
from hadamrnn.sim.mutation.report import MutationReport, Outcome
from hadamrnn.sim.mutation.suite import suite
from hadamrnn.sim.mutation.trial import Trial, Verdict

from .documented import assert_the_others_are_explained

SUBJECT = suite()[1]
TOP = "hadamard_core"


@pytest.fixture
def trial(tmp_path: Path, icarus: None) -> Trial:
    generate(SUBJECT.network, SUBJECT.parameters, tmp_path)
    return Trial(network=SUBJECT.network, folder=tmp_path, simulator="icarus", sequences=4, steps=4, seed=0)


@pytest.mark.parametrize(
    "module, change, how",
    [
        ("stage_1_butterfly", "sub becomes add", {"state"}),
        ("step_collector", "never enabled", {"stands still", "stream rule", "state", "nothing came"}),
        (TOP, "output stuck at 1", {"stands still", "stream rule", "state"}),
    ],
)
def test_a_fault_is_found(module: str, change: str, how: set[str], trial: Trial) -> None:
    core = MutableCore(HadamardCore(SUBJECT.network, SUBJECT.parameters), TOP)
    mutant = next(m for m in core.mutants if m.module.endswith(module) and m.change == change)
    verdict = trial(core.mutated(mutant))
    assert verdict.found
    assert verdict.how in how, verdict
    assert verdict.attempt == 1
    assert verdict.message


def test_a_core_without_a_fault_and_one_that_is_no_verilog(trial: Trial) -> None:
    core = MutableCore(HadamardCore(SUBJECT.network, SUBJECT.parameters), TOP)
    verdict = trial(core.verilog)
    assert verdict == Verdict(found=False, how="", message="", attempt=3, clocks=verdict.clocks)
    assert verdict.clocks > 1000
    verdict = trial(core.verilog.replace("endmodule", "", 1))
    assert (verdict.how, verdict.clocks) == ("not simulated", 0)


@pytest.mark.long
def test_a_campaign(icarus: None) -> None:
    done: list[int] = []
    report = run_campaign(suite()[5:6], 4, sequences=4, steps=4, proof_seconds=1, progress=done.append)
    assert done == [1, 2, 3, 4]
    assert report.possible > 300
    assert [outcome.kind for outcome in report.outcomes] == list(KINDS[:4])
    assert all(outcome.verilog and outcome.explanation for outcome in report.outcomes)
    plain = json.loads(json.dumps(report.to_json()))
    assert plain["killed"] + plain["equivalent"] + plain["survived"] == plain["mutants"] == 4
    assert plain["killed"] >= 3
    assert plain["passed"] == (plain["survived"] == 0)


def test_a_core_that_fails_without_a_fault_is_no_campaign(monkeypatch: pytest.MonkeyPatch, icarus: None) -> None:
    failing = Verdict(found=True, how="state", message="it is wrong", attempt=1, clocks=1)
    monkeypatch.setattr(campaign.Trial, "__call__", lambda self, verilog: failing)
    with pytest.raises(SimulationError, match=r"the core without a fault \(two blocks.*\) fails its .*: it is wrong"):
        run_campaign([SUBJECT], 1)


@pytest.mark.parametrize("name", ["count", "sequences", "steps", "proof_seconds", "jobs"])
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be an integer of at least 1, not 0"):
        run_campaign([SUBJECT], **{"count": 1} | {name: 0})


def outcome(status: str, kind: str = "operator") -> Outcome:
    mutant = Mutant(kind=kind, module="core.counter", signal="count", change="add becomes sub")
    proof = {"killed": None, "equivalent": Proof(True, "same"), "survived": Proof(None, "not proved")}[status]
    verdict = Verdict(found=status == "killed", how="state", message="it is wrong", attempt=1, clocks=9)
    return Outcome.of("core", mutant, ("- a", "+ b"), verdict, proof)


def test_the_score() -> None:
    def report(*statuses: str) -> MutationReport:
        outcomes = tuple(map(outcome, statuses))
        plain = {"simulator": "icarus", "simulator_version": "11", "seed": 0, "sequences": 1, "steps": 1}
        return MutationReport(**plain, cores=("core",), possible=9, outcomes=outcomes)

    mixed = report("killed", "killed", "equivalent", "survived")
    assert mixed.score == 2 / 3
    assert not mixed.passed
    assert mixed.kinds() == {mixed.outcomes[0].kind: {"killed": 2, "equivalent": 1, "survived": 1}}
    assert [o.explanation for o in mixed.outcomes] == ["it is wrong", "it is wrong", "same", "not proved"]
    assert report("killed", "equivalent").score == 1
    assert report("killed", "equivalent").passed
    assert report("equivalent").score is None


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_the_whole_set(icarus: None) -> None:
    """Seventy mutants of all cores, as docs/verification.md has them: those that are left are named there, each."""
    report = run_campaign(suite(), 70, jobs=2, proof_seconds=240)
    assert report.count("killed") >= 62
    assert_the_others_are_explained(report)
