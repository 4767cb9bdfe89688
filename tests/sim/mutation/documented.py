"""What a campaign does not find must be proved equivalent, and explained in docs/verification.md, mutant by mutant."""

from pathlib import Path

from hadamrnn.sim.mutation.report import MutationReport


def assert_the_others_are_explained(report: MutationReport) -> None:
    assert not [outcome for outcome in report.outcomes if outcome.how == "not simulated"]  # which would prove nothing
    explained = (Path(__file__).parents[3] / "docs" / "verification.md").read_text(encoding="utf-8")
    left = [outcome for outcome in report.outcomes if outcome.status != "killed"]
    places = [f"`{o.module.removeprefix('hadamard_core.')}: {o.change}` (`{o.signal}`)" for o in left]
    assert [place for place in places if place not in explained] == []
    assert all("proved" in outcome.explanation for outcome in left)
