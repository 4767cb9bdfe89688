import json

import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.report import CosimulationReport

from ..cli.report.given import cosimulation


def test_a_report_comes_back_from_its_file() -> None:
    for report in (cosimulation(), cosimulation(problems=("one", "two"), cycles_per_step=None, coverage=None)):
        assert CosimulationReport.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sequences": None}, "sequences must be a number, not None"),
        ({"clocks": "many"}, "clocks must be a number, not 'many'"),
        ({"problems": "none"}, "not the report of a co-simulation"),
    ],
)
def test_what_is_no_report_is_refused(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        CosimulationReport.from_json(cosimulation().to_json() | change)


def test_what_is_missing_is_named() -> None:
    plain = cosimulation().to_json()
    del plain["stalls"]
    with pytest.raises(InputError, match="it has no stalls"):
        CosimulationReport.from_json(plain)
    for other in ([], None, 3, {}):
        with pytest.raises(InputError, match="not the report of a co-simulation"):
            CosimulationReport.from_json(other)
