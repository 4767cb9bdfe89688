"""The grid: every hidden size, block size, number of lanes and state width agrees with the reference, bit for bit.

Random networks with corner values; what else can be chosen about a network and a core takes turns over the grid. The
stimulus of each point is shown to saturate on both sides and to tie. ``make test`` runs some of up to sixteen lanes
that compile in seconds, ``make test-long`` the others.

Beside the grid, points drawn at random from everything that can be chosen (tests/conformance/points.py): kinds of
input, beats, folds, read-outs, shifts of both signs, any size and number of lanes, malformed sequences
among the others.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.coverage import cover
from hadamrnn.sim.stimulus import corner_inputs, random_network, tie_inputs, tie_network

from ..conformance.points import draw
from .cores import assert_agrees, core

HIDDEN = (16, 64, 128, 256)
LANES = (1, 2, 8, "d")
STATE_BITS = range(8, 17)


@dataclass(frozen=True)
class Point:
    """One network and core of the grid; ``number`` decides what is not named."""

    number: int
    hidden_size: int
    block_size: int
    lanes: int
    state_bits: int

    def __str__(self) -> str:
        return f"d{self.hidden_size}-n{self.block_size}-P{self.lanes}-w{self.state_bits}"

    def network(self) -> IntegerNetwork:
        return random_network(
            self.number,
            hidden_size=self.hidden_size,
            block_size=self.block_size,
            state_bits=self.state_bits,
            input_size=(1, 1, 3, 1, 2)[self.number % 5],
            output_size=(10, 3, 2, 10, 5, 1, 10)[self.number % 7],
            weight_bits=(4, 4, 2, 8)[self.number % 4],
            input_bits=(8, 8, 1, 9, 16)[self.number % 5],
            input_signed=self.number % 3 == 0,
            sqrt_half_bits=(15, 5, 6)[self.number % 3],
            readout_activation=("relu", "relu", "none")[self.number % 3],
        )

    def parameters(self, network: IntegerNetwork) -> dict[str, Any]:
        """All rows of wide cores are small: there all logits at once, and few registers."""
        return {
            "lanes": self.lanes,
            "stages_per_register": (1, 2, 0, 3, 1)[self.number % 5],
            "readout_multipliers": min((1, 2, 1, 10)[self.number % 4], network.output_size) if self.lanes < 16 else 1,
            "output": ("logits", "logits", "class")[self.number % 3],
            "memory_depth": (8, 2, 8, 64)[self.number % 4],
        }


GRID = tuple(
    Point(number, d, n, d if lanes == "d" else lanes, STATE_BITS[(7 * number) % len(STATE_BITS)])
    for number, (d, n, lanes) in enumerate(
        (d, 1 << k, lanes) for d, k, lanes in product(HIDDEN, range(2, 9), LANES) if 1 << k <= d
    )
)


# Some that compile in seconds, of one to sixteen lanes.
QUICK = ("d16-n8-P2-w16", "d16-n16-P8-w15", "d16-n4-P16-w11", "d64-n32-P1-w14", "d64-n64-P2-w13")
BY_NAME = {str(point): point for point in GRID}
ON_ICARUS = ("d16-n4-P1-w8", "d16-n16-P8-w15", "d64-n64-P2-w13") + tuple(  # few lanes: wide rows take it minutes
    str(point) for point in GRID if point.lanes <= 8 and point.hidden_size > 16
)[::8]


def quick_or_long(names: tuple[str, ...]) -> list[Any]:
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in names]


def test_the_points_cover_the_grid() -> None:
    assert len(BY_NAME) == len(GRID) == 84
    quick = [BY_NAME[name] for name in QUICK]
    assert {point.lanes for point in quick} == {1, 2, 8, 16}
    assert {point.block_size for point in quick} == {4, 8, 16, 32, 64}
    assert len(ON_ICARUS) >= len(GRID) / 10
    assert len(set(ON_ICARUS)) == len(ON_ICARUS)
    assert len(set(ON_ICARUS) & set(QUICK)) >= 2


@pytest.mark.parametrize("name", quick_or_long(tuple(BY_NAME)))
def test_verilator(name: str, tmp_path: Path) -> None:
    assert_point_agrees(BY_NAME[name], tmp_path, "verilator")


@pytest.mark.parametrize("name", quick_or_long(ON_ICARUS))
def test_icarus(name: str, tmp_path: Path, icarus: None) -> None:
    assert_point_agrees(BY_NAME[name], tmp_path, "icarus")


def assert_point_agrees(point: Point, folder: Path, simulator: str) -> None:
    network = point.network()
    inputs, lengths = corner_inputs(network, point.number, sequences=8, steps=12)
    coverage = cover(network, inputs, lengths)
    assert min(coverage.saturated_low, coverage.saturated_high) > 0
    if network.block_bits % 2 == 0 or network.sqrt_half_bits < 15:
        assert 0 < coverage.division_ties_up < coverage.division_ties
    core(folder, network, **point.parameters(network))
    stalls = ("random", "random", "worst", "none")[point.number % 4]
    report = cosimulate(network, folder, inputs, lengths=lengths, simulator=simulator, stalls=stalls, seed=point.number)
    assert_agrees(report, network, lengths)
    assert report.states_compared > 0


@pytest.mark.quick("k odd, F = 15")
@pytest.mark.parametrize("block_size, state_bits, lanes", [(64, 8, 1), (8, 16, 8)], ids=["k even", "k odd, F = 15"])
def test_every_unit_ties(block_size: int, state_bits: int, lanes: int, tmp_path: Path) -> None:
    network = tie_network(5, hidden_size=64, block_size=block_size, state_bits=state_bits)
    inputs = tie_inputs(3)
    assert cover(network, inputs[:2]).division_ties >= 2 * 64
    report = cosimulate(network, core(tmp_path, network, lanes=lanes), inputs)
    assert report.problems == ()
    assert report.states_compared == (4 * 3 + 7) * 64


RANDOM = range(81)
# Those that compile in seconds; and more on Icarus, which compiles nothing.
RANDOM_QUICK = (13, 21)
RANDOM_QUICK_ON_ICARUS = (3, 4, 9, 19, 27, 30, 46, 51, 53, 60)
RANDOM_ON_ICARUS = (*RANDOM_QUICK_ON_ICARUS, 5, 24, 43, 52, 73)


def test_how_many_of_the_points_drawn_compare_every_state() -> None:
    """Sixty, a tenth of them on Icarus too."""
    traced = {number for number in RANDOM if draw(number).parameters["trace"]}
    assert len(traced) >= 60
    assert len(traced & set(RANDOM_ON_ICARUS)) >= len(traced) / 10


@pytest.mark.parametrize("numbers", [RANDOM, RANDOM_QUICK + RANDOM_QUICK_ON_ICARUS], ids=["all", "quick"])
def test_the_points_drawn_reach_everything(numbers: tuple[int, ...]) -> None:
    points = [draw(number) for number in numbers]
    sheets = [DataSheet(point.network, CoreParameters(**point.parameters)) for point in points]
    reached = set()
    for point, sheet in zip(points, sheets, strict=True):
        network, form, ring = point.network, sheet.input_format, sheet.schedule.cycles_per_step
        lanes = point.parameters["lanes"]
        reached |= {
            (network.input_kind, network.readout, point.parameters["output"]),
            ("one lane", lanes == 1),
            ("one row", sheet.schedule.rows == 1),
            ("one logit", network.output_size == 1),
            ("k odd", network.block_bits % 2),
            ("shift right", network.input_shift < 0),
            ("idle rows", ring > sheet.schedule.rows),
            ("read-out folded", network.readout, sheet.read_out_fold > 1),
            ("trace", point.parameters["trace"]),
            ("stalls", point.stalls),
            ("registers", point.parameters["stages_per_register"]),
            ("named registers", point.parameters["registers"] is not None),
            ("commutators", bool(sheet.schedule.exchanges)),
            ("from sums, between lanes", lanes > 1 and point.parameters["lane_difference"] == "from-sum"),
        }
        if network.input_kind == "vector":
            reached |= {("folded", form.fold > 1), ("beats", form.beat_elements > 1, form.beats_per_step > 1)}
        if network.readout == "every":
            turn = sheet.row_clocks * sheet.schedule.rows
            reached |= {("the result takes longest", sheet.cycles_per_step == sheet.result_clocks > max(turn, ring))}
    kinds = {
        (kind, when, output)
        for kind, when, output in product(("vector", "index"), ("last", "every"), ("logits", "class"))
    }
    yes_or_no = ("one lane", "one row", "one logit", "k odd", "shift right", "idle rows", "trace", "folded")
    yes_or_no += ("named registers", "commutators", "from sums, between lanes")
    assert reached >= kinds | set(product(yes_or_no, (False, True))) | {("the result takes longest", True)}
    assert reached >= set(product(("read-out folded",), ("last", "every"), (False, True)))
    assert reached >= set(product(("stalls",), ("none", "random", "worst")))
    assert reached >= set(product(("registers",), (0, 1, 2, 3)))
    assert reached >= {("beats", False, True), ("beats", True, False), ("beats", True, True)}


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n in RANDOM_QUICK else pytest.mark.long) for n in RANDOM]
)
def test_drawn_points_on_verilator(number: int, tmp_path: Path) -> None:
    assert_drawn_point_agrees(number, tmp_path, "verilator")


@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=() if n in RANDOM_QUICK_ON_ICARUS else pytest.mark.long) for n in RANDOM_ON_ICARUS],
)
def test_drawn_points_on_icarus(number: int, tmp_path: Path, icarus: None) -> None:
    assert_drawn_point_agrees(number, tmp_path, "icarus")


def assert_drawn_point_agrees(number: int, folder: Path, simulator: str) -> None:
    point = draw(number)
    inputs, lengths = corner_inputs(point.network, number, sequences=9, steps=7)
    core(folder, point.network, **point.parameters)
    options = {"simulator": simulator, "stalls": point.stalls, "seed": number, "states": point.parameters["trace"]}
    malformed = point.malformed(lengths)
    report = cosimulate(point.network, folder, inputs, lengths=lengths, **malformed, **options)
    assert report.problems == ()
    assert report.results_compared > 0
    assert (report.cycles_per_step, report.sequence_latency) == (
        report.formula_cycles_per_step,
        report.formula_sequence_latency,
    )
    if not any(cut.any() for cut in malformed.values()):
        assert_agrees(report, point.network, lengths)


@pytest.mark.long
@pytest.mark.parametrize("input_beat, input_multipliers", [(1, 16), (32, 8), (4, 32)])
def test_a_thousand_inputs(input_beat: int, input_multipliers: int, tmp_path: Path) -> None:
    """m = 1000: limited by the beats, and by the rows."""
    network = random_network(3, hidden_size=16, block_size=16, input_size=1000, output_size=3, input_signed=True)
    inputs, lengths = corner_inputs(network, 3, sequences=4, steps=4)
    core(tmp_path, network, lanes=2, input_beat=input_beat, input_multipliers=input_multipliers)
    report = cosimulate(network, tmp_path, inputs, lengths=lengths, cut_beats=[0, 0, 5, 0])
    assert report.problems == ()
    assert report.cycles_per_step == max(1000 // input_beat, 8 * -(-1000 // input_multipliers))
