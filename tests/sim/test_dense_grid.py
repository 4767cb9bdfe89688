"""Dense cores drawn at random from everything that can be chosen agree with the reference, bit for bit.

``make test`` runs those that compile in seconds, ``make test-long`` the others.
"""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import DenseNetwork
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.coverage import cover
from hadamrnn.sim.stimulus import corner_inputs

from ..conformance.dense_points import draw_dense
from .cores import core

POINTS = range(48)
QUICK = (1,)
ON_ICARUS = (4, 13, 22, 31, 40)
QUICK_ON_ICARUS = (4,)


def test_the_points_reach_everything() -> None:
    reached = set()
    for point in map(draw_dense, POINTS):
        network, parameters = point.network, CoreParameters(**point.parameters)
        assert isinstance(network, DenseNetwork)
        sheet = DataSheet(network, parameters)
        schedule, form = sheet.schedule, sheet.input_format
        least = schedule.step_clocks(form.fold, 1)
        coverage = cover(network, *corner_inputs(network, point.number, sequences=9, steps=7))
        reached |= {
            (network.input_kind, network.readout, parameters.output),
            (network.activation, network.readout),
            ("power of two", network.hidden_size & (network.hidden_size - 1) == 0),
            ("one lane", parameters.lanes == 1),
            ("one row", schedule.rows == 1),
            ("banks", schedule.banks > 1),
            ("slots", schedule.slots > 1),
            ("part is not whole", network.hidden_size % parameters.recurrent_multipliers > 0),
            ("binary", schedule.weight_bits == 1),
            ("binary, in several rows", schedule.weight_bits == 1 and schedule.rows > 1),
            ("idle clocks", schedule.idle_cycles > 0),
            ("ties", coverage.division_ties > 0),
            ("saturates", coverage.saturated_low > 0 or coverage.saturated_high > 0),
            ("trace", parameters.trace),
            ("stalls", point.stalls),
            ("rows wait for the recurrence", schedule.row_cycles > sheet.row_clocks),
            ("rows wait for something else", schedule.row_cycles < sheet.row_clocks),
            ("the read-out decides", sheet.cycles_per_step == schedule.rows * sheet.read_out_fold > least),
        }
        if network.input_kind == "vector":
            reached |= {("folded", form.fold > 1)}
    kinds = product(("vector", "index"), ("last", "every"), ("logits", "class"))
    yes_or_no = ("power of two", "one lane", "one row", "banks", "slots", "part is not whole", "idle clocks", "ties")
    yes_or_no += ("the read-out decides", "trace", "folded", "binary")
    yes_or_no += ("rows wait for the recurrence", "rows wait for something else")
    assert ("binary, in several rows", True) in reached
    assert reached >= set(kinds) | set(product(yes_or_no, (False, True))) | {("saturates", True)}
    assert reached >= set(product(("none", "relu", "modrelu"), ("last", "every")))
    assert reached >= set(product(("stalls",), ("none", "random", "worst")))
    assert len(ON_ICARUS) >= len(POINTS) / 10


def quick_or_long(numbers: Any, quick: tuple[int, ...]) -> list[Any]:
    return [pytest.param(number, marks=() if number in quick else pytest.mark.long) for number in numbers]


@pytest.mark.parametrize("number", quick_or_long(POINTS, QUICK))
def test_verilator(number: int, tmp_path: Path) -> None:
    assert_point_agrees(number, tmp_path, "verilator")


@pytest.mark.parametrize("number", quick_or_long(ON_ICARUS, QUICK_ON_ICARUS))
def test_icarus(number: int, tmp_path: Path, icarus: None) -> None:
    assert_point_agrees(number, tmp_path, "icarus")


def assert_point_agrees(number: int, folder: Path, simulator: str) -> None:
    point = draw_dense(number)
    inputs, lengths = corner_inputs(point.network, number, sequences=9, steps=7)
    core(folder, point.network, **point.parameters)
    options = {"simulator": simulator, "stalls": point.stalls, "seed": number, "states": point.parameters["trace"]}
    malformed = point.malformed(lengths)
    report = cosimulate(point.network, folder, inputs, lengths=lengths, resets=4, **malformed, **options)
    assert report.problems == ()
    assert report.results_compared > 0
    assert (report.cycles_per_step, report.sequence_latency) == (
        report.formula_cycles_per_step,
        report.formula_sequence_latency,
    )
