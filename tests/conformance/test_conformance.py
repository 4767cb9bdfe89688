"""Every layer from training to Verilog gives the same integers, for networks and cores drawn from all there are.

For each network and core that Hypothesis draws, the file is written and read; the definition in Python's integers, the
integer reference, the fast loop and the quantised forward pass of training (Brevitas) compute every state and result;
so do the core in Amaranth's simulator and its Verilog under Icarus, and for more than one in ten under Verilator, with
cocotb or native. Where two differ, Hypothesis shrinks the network, the core and the stimulus, and the smallest point is
written to a folder with the command of ``hadamrnn verify`` that shows the difference; the error names the folder, and
``HADAMRNN_POINT=FOLDER pytest tests/conformance -k saved_point`` runs all layers on it again.

All is seeded: each run draws the same examples. ``HADAMRNN_EXAMPLES=N`` makes the long test draw N of each part.
"""

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.dense.schedule import DenseSchedule
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.quant.integer import DenseNetwork, IntegerNetwork
from hadamrnn.sim import reference
from hadamrnn.sim.stimulus import corner_inputs

from .layers import check, check_software, through_file
from .point import Point, read_point
from .strategies import SMALL, TINY, dense_networks, points, points_of_all_families

QUICK_SEED, QUICK_EXAMPLES = 42, 4  # two seconds each
LONG_PARTS, LONG_EXAMPLES = 8, int(os.environ.get("HADAMRNN_EXAMPLES", "20"))

# No deadline: what a simulator takes says nothing. No database: a run depends on nothing but the code.
FIXED = settings(
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)


def test_quick_all_layers(builds: Path, saved: Path, icarus: None) -> None:
    @seed(QUICK_SEED)
    @settings(FIXED, max_examples=QUICK_EXAMPLES)
    @given(points_of_all_families(TINY))
    def conforms(point: Point) -> None:
        check(point, builds, saved)

    conforms()


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_long_all_layers(part: int, builds: Path, saved: Path, icarus: None) -> None:
    @seed(300 + part)
    @settings(FIXED, max_examples=LONG_EXAMPLES)
    @given(points_of_all_families(SMALL))
    def conforms(point: Point) -> None:
        check(point, builds, saved)

    conforms()


@pytest.mark.parametrize("examples", [60, pytest.param(2000, marks=pytest.mark.long)])
def test_software_layers(examples: int) -> None:
    """Many more networks, without hardware."""

    @seed(2)
    @settings(FIXED, max_examples=examples)
    @given(points(SMALL))
    def conforms(point: Point) -> None:
        check_software(through_file(point.network), *point.stimulus())

    conforms()


@pytest.mark.parametrize("examples", [60, pytest.param(2000, marks=pytest.mark.long)])
def test_dense_networks(examples: int) -> None:
    """The same of family dense alone."""

    @seed(3)
    @settings(FIXED, max_examples=examples)
    @given(dense_networks(TINY))
    def conforms(network: DenseNetwork) -> None:
        check_software(through_file(network), *corner_inputs(network, 4, sequences=4, steps=5))

    conforms()


def test_a_saved_point(builds: Path, saved: Path, tmp_path: Path, icarus: None) -> None:
    """That of ``HADAMRNN_POINT``; without it one that is saved here."""
    folder = os.environ.get("HADAMRNN_POINT")
    if folder is None:
        folder = str(tmp_path / "point")
        drawn = drawn_point()
        drawn.save(Path(folder), None)
        assert read_point(Path(folder)) == drawn
    check(read_point(Path(folder)), builds, saved)


@pytest.mark.long
def test_the_points_of_the_long_test_reach_everything() -> None:
    drawn = [
        point for part in range(LONG_PARTS) for point in draw_points(points_of_all_families(SMALL), 300 + part, 20)
    ]
    reached = {feature for point in drawn for feature in features(point)}
    kinds = product(("vector", "index"), ("last", "every"), ("logits", "class"), ("relu", "none"))
    expected = set(kinds) | set(product(YES_OR_NO, (False, True)))
    expected |= {("stalls", pattern) for pattern in ("none", "random", "worst")}
    expected |= {("bench", bench) for bench in (None, "verilator", "native")}
    expected |= {("registers", count) for count in (0, 1, 2, 3)}
    expected |= {("channels", count) for count in (1, 2, 3)} | set(product(["channels, bench"], (None, *_BENCHES)))
    expected |= set(product(["dense, bench"], (None, *_BENCHES))) | set(product(DENSE, (False, True)))
    expected |= {("activation", activation) for activation in ("none", "relu", "modrelu")}
    assert expected <= reached, expected - reached
    assert sum(point.bench is not None for point in drawn) >= len(drawn) // 10


YES_OR_NO = ("one lane", "one row", "k odd", "blocks", "shift left", "shift right", "signed", "narrow", "wide", "trace")
YES_OR_NO += ("folded", "beats", "named registers", "read-out folded", "commutators", "saturates", "beyond 53 bits")


DENSE = ("dense, one lane", "dense, one row", "dense, banks", "dense, slots", "dense, trace")
_BENCHES = ("verilator", "native")


def test_the_points_of_the_quick_test() -> None:
    """They have what the long one has much of: both families, several channels, every bench."""
    drawn = draw_points(points_of_all_families(TINY), QUICK_SEED, QUICK_EXAMPLES)
    assert {point.network.family for point in drawn} == {"hadamard", "dense"}
    assert max(point.core.channels for point in drawn) > 1
    assert {point.bench for point in drawn} >= set(_BENCHES)


def features(point: Point) -> set[tuple]:
    """What a point has of all that there is."""
    if isinstance(point.network, IntegerNetwork):
        return _hadamard_features(point, point.network)
    schedule, core = DataSheet(point.network, point.core).schedule, point.core
    assert isinstance(schedule, DenseSchedule)
    assert isinstance(point.network, DenseNetwork)
    values = zip(
        DENSE, (core.lanes == 1, schedule.rows == 1, schedule.banks > 1, schedule.slots > 1, core.trace), strict=True
    )
    return {("dense, bench", point.bench), ("activation", point.network.activation), *values}


def _hadamard_features(point: Point, network: IntegerNetwork) -> set[tuple]:
    core = point.core
    sheet = DataSheet(network, core)
    assert isinstance(sheet.schedule, Schedule)
    vector = network.input_kind == "vector"
    values = {
        "one lane": core.lanes == 1,
        "one row": sheet.schedule.rows == 1,
        "k odd": network.block_bits % 2 == 1,
        "blocks": network.blocks > 1,
        "shift left": network.input_shift > 0,
        "shift right": network.input_shift < 0,
        "signed": network.input_signed,
        "narrow": network.state_bits < 6,
        "wide": network.state_bits > 24,
        "trace": core.trace,
        "folded": vector and sheet.input_format.fold > 1,
        "beats": vector and sheet.input_format.beats_per_step > 1,
        "named registers": core.registers is not None,
        "read-out folded": sheet.read_out_fold > 1,
        "commutators": bool(sheet.schedule.exchanges),
        "saturates": reference.run(network, point.stimulus()[0]).saturations > 0,
        "beyond 53 bits": network.state_bits + network.block_bits + network.sqrt_half_bits > 54,
    }
    kind = (network.input_kind, network.readout, core.output, network.readout_activation)
    named = {("stalls", point.stalls), ("bench", point.bench), ("registers", core.stages_per_register)}
    channels = {("channels", core.channels)} | ({("channels, bench", point.bench)} if core.channels > 1 else set())
    return {kind, *values.items(), *named, *channels}


def draw_points(strategy: SearchStrategy[Point], number: int, count: int) -> list[Point]:
    """Points that Hypothesis draws with a seed."""
    found: list[Point] = []

    @seed(number)
    @settings(FIXED, max_examples=count)
    @given(strategy)
    def draw(point: Point) -> None:
        found.append(point)

    draw()
    return found


def drawn_point() -> Point:
    """One that Hypothesis draws, with registers by name."""
    return next(point for point in draw_points(points(TINY), 5, 50) if point.parameters.get("registers"))
