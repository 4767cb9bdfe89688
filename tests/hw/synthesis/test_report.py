import json
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.synthesis.report import SynthesisReport

from ...cli.report.given import synthesis


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"achieved_mhz": None, "critical_path": None, "requested_mhz": None},
        {"fits": None, "reason": "no place-and-route"},
    ],
)
def test_a_report_comes_back_from_its_file(changes: dict[str, Any]) -> None:
    report = synthesis("ice40-up5k", "abc", **changes)
    again = SynthesisReport.from_json(json.loads(json.dumps(report.to_json())))
    assert again == report
    assert again.to_json() == report.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "not a synthesis report of version 1"),
        ({"clock": None}, "not a synthesis report"),
        ({"resources": {"luts": {"used": -1, "available": 3, "unit": "LUT"}}}, "counts must be integers of at least 0"),
        (
            {"resources": {"luts": {"used": 1.5, "available": 3, "unit": "LUT"}}},
            "counts must be integers of at least 0",
        ),
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SynthesisReport.from_json(synthesis("ice40-up5k", "abc").to_json() | change)


def test_what_is_missing_is_refused() -> None:
    plain = synthesis("ice40-up5k", "abc").to_json()
    del plain["seed"]
    for other in (plain, [], None):
        with pytest.raises(InputError, match="not a synthesis report"):
            SynthesisReport.from_json(other)
