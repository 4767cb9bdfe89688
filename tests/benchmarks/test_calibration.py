"""What is published of the estimates: the coefficients are those of the measurements, and so are the errors."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hadamrnn.hw.estimate import estimate
from hadamrnn.hw.targets.catalogue import get_target

from . import programs


@pytest.fixture(scope="module")
def program() -> Iterator[Any]:
    with programs.program("calibration_fit") as module:
        yield module


@pytest.fixture(scope="module")
def measured(program: Any) -> Any:
    return program.Measured()


def test_the_coefficients_are_fitted_to_the_measurements(program: Any, measured: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(program.resource_rules, "coefficients", program.resource_rules.coefficients)  # put back after
    fitted = json.loads(json.dumps(program.fit(measured)))
    published = json.loads(program.COEFFICIENTS.read_text())
    assert fitted["errors"].keys() == published["errors"].keys()
    for family in ("ice40", "ecp5"):
        for kind, value in published[family]["tables"].items():
            assert fitted[family]["tables"][kind] == pytest.approx(value, abs=0.01)


def test_the_table_of_the_documentation_is_that_of_the_errors(program: Any) -> None:
    errors = json.loads(program.COEFFICIENTS.read_text())["errors"]
    assert program.table(errors) in (programs.FOLDER.parent / "docs" / "estimates.md").read_text()


def test_nothing_is_fitted_to_what_is_held_out(program: Any, measured: Any) -> None:
    for target in program.FITTED_TARGETS.values():
        for held_out in (False, True):
            for one in measured.of(target, held_out):
                assert measured.points[one["number"]].held_out is held_out
    assert not any(measured.points[one["number"]].held_out for one in measured.components)


@pytest.mark.parametrize("family", ["ice40", "ecp5", "ice40-dsp"])
def test_held_out_cores_are_near(program: Any, measured: Any, family: str) -> None:
    """What docs/estimates.md says: cells within 4 % on average and 12 % at worst; memories and multipliers exact."""
    name = program.FITTED_TARGETS[family]
    errors = json.loads(program.COEFFICIENTS.read_text())["errors"][name]["held_out"]
    assert errors["logic_cells"]["points"] >= 40
    assert errors["logic_cells"]["mean"] <= 0.04
    assert errors["logic_cells"]["worst"] <= 0.12
    assert errors["flip_flops"]["mean"] <= 0.04
    assert errors["block_rams"]["worst"] == 0
    assert errors.get("dsps", {"worst": 0})["worst"] == 0
    assert errors.get("distributed_rams", {"worst": 0})["worst"] == 0
    # And that is what an estimate says of the same cores.
    differences = []
    for one in measured.of(name, held_out=True):
        point = measured.points[one["number"]]
        found = estimate(point.network(), point.core(), target=get_target(name))
        assert found.block_rams == one["counts"]["block_rams"]
        assert found.dsps == one["counts"].get("dsps")
        differences.append(abs(found.logic_cells / one["counts"]["logic_cells"] - 1))
    assert sum(differences) / len(differences) == pytest.approx(errors["logic_cells"]["mean"], abs=1e-3)
    assert len(differences) == errors["logic_cells"]["points"]


def test_points_are_the_same_in_a_longer_list(program: Any) -> None:
    from calibration_points import points, small_points

    for draw in (points, small_points):
        assert draw(12)[:6] == draw(6)
    assert [point.held_out for point in points(4)] == [True, False, True, False]
    assert [point.held_out for point in small_points(6)] == [True, True, True, True, False, True]
