"""Cores of several channels agree with the reference, channel by channel, whatever comes when; differences name it."""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.read_out.last import ReadOutLast
from hadamrnn.hw.ring.recurrence import RingRecurrence
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.description import read_description
from hadamrnn.sim.stimulus import corner_inputs, random_network

from .cores import core, small_network
from .mutants import generate_broken

NETWORK = small_network(block_size=16)


@dataclass(frozen=True)
class Point:
    """A network, a core of several channels, and what is streamed."""

    number: int
    network: IntegerNetwork
    parameters: dict[str, Any]
    stalls: str

    def stimulus(self) -> dict[str, np.ndarray]:
        """Sequences for all channels but, sometimes, a silent one; on one channel some are malformed."""
        random = np.random.default_rng((self.number, 1))
        channels = self.parameters["channels"]
        inputs, lengths = corner_inputs(self.network, self.number, sequences=6 * channels, steps=7)
        silent = random.integers(-1, channels)
        of_sequence = random.choice([c for c in range(channels) if c != silent], len(inputs))
        spoilt = (of_sequence == random.integers(channels)) & (random.random(len(inputs)) < 0.6)
        stimulus = {"inputs": inputs, "lengths": lengths, "channels": of_sequence}
        beats = -(-self.network.input_size // self.parameters["input_beat"])
        if self.network.input_kind == "index" and self.network.input_size < 256:
            stimulus["wrong_indices"] = spoilt * random.integers(1, lengths, endpoint=True)
        elif self.network.input_kind == "vector" and beats > 1:
            stimulus["cut_beats"] = spoilt * random.integers(1, beats, len(inputs))
        return stimulus


def draw(number: int) -> Point:
    """The point of that number; equal numbers give equal points."""
    random = np.random.default_rng((number, 8))

    def choose(*values: Any) -> Any:
        return values[random.integers(len(values))]

    d = choose(4, 8, 16, 16, 24, 32)
    powers = [1 << k for k in range(6) if d % (1 << k) == 0]
    kind = choose("vector", "vector", "index")
    size = choose(1, 2, 3, 5, 8) if kind == "vector" else choose(2, 7, 60)
    beat = choose(1, 1, size) if kind == "vector" else 1
    output_size = choose(1, 2, 3, 5)
    network = random_network(
        number,
        hidden_size=d,
        block_size=choose(powers[-1], *powers),
        input_size=size,
        output_size=output_size,
        state_bits=int(random.integers(6, 14)),
        input_kind=kind,
        input_signed=kind == "vector" and choose(True, False),
        readout=choose("last", "every"),
        readout_activation=choose("relu", "none"),
    )
    multipliers = [count for count in range(1, size) if not count % beat or not beat % count]
    folding = np.random.default_rng((number, 9))
    fold = kind == "vector" and bool(multipliers) and folding.random() < 0.6
    parameters = {
        "input_multipliers": int(folding.choice(multipliers)) if fold else None,
        "channels": choose(2, 2, 3, 4, 5),
        "lanes": choose(*powers[:4], 1),
        "stages_per_register": choose(0, 1, 1, 2),
        "input_beat": beat,
        "readout_multipliers": choose(1, output_size),
        "output": choose("logits", "class"),
        "trace": choose(True, True, False),
        "arrangement": choose("feedback", "feedback", "commutator"),
        "memory_depth": choose(2, 8),
    }
    stalls = choose("none", "random", "random", "worst")
    try:
        DataSheet(network, CoreParameters(**parameters))
    except InputError:  # idle rows cover in part what results of every step take longer to leave
        network = replace(network, readout="last")
    return Point(number, network, parameters, stalls)


def results_are_slow(sheet: DataSheet) -> bool:
    """Whether results of every step take longer to leave than a state to be read out."""
    return sheet.network.readout == "every" and sheet.result_clocks > sheet.schedule.rows * sheet.row_clocks


VERILATOR = range(24)
ICARUS = range(100, 112)
QUICK = (0, 100, 101, 103)


def quick_or_long(numbers: range) -> list[Any]:
    return [pytest.param(n, marks=() if n in QUICK else pytest.mark.long) for n in numbers]


def test_the_points_reach_everything() -> None:
    points = [draw(number) for number in (*VERILATOR, *ICARUS)]
    sheets = [DataSheet(point.network, CoreParameters(**point.parameters)) for point in points]
    reached = set()
    for point, sheet in zip(points, sheets, strict=True):
        rows, ring = sheet.schedule.ring_rows, sheet.schedule.cycles_per_step
        stimulus = point.stimulus()
        reached |= {
            (point.network.input_kind, point.network.readout, point.parameters["output"]),
            ("one row", sheet.schedule.rows == 1),
            ("idle rows", ring > rows),
            ("full ring that was not", rows == ring and sheet.schedule.transform_latency > 0),
            ("trace", point.parameters["trace"]),
            ("silent", len(set(stimulus["channels"].tolist())) < point.parameters["channels"]),
            ("cut", bool(np.any(stimulus.get("cut_beats", 0)))),
            ("wrong index", bool(np.any(stimulus.get("wrong_indices", 0)))),
            ("slow results", results_are_slow(sheet)),
            ("folded", sheet.input_format.fold > 1),
            ("alone is faster", sheet.cycles_per_step_alone < sheet.cycles_per_step),
            ("stalls", point.stalls),
            ("channels", point.parameters["channels"]),
        }
    names = (
        "one row",
        "idle rows",
        "full ring that was not",
        "trace",
        "silent",
        "cut",
        "wrong index",
        "folded",
        "slow results",
    )
    assert reached >= set(product((*names, "alone is faster"), (False, True)))
    assert reached >= set(product(("vector", "index"), ("last", "every"), ("logits", "class")))
    assert reached >= {*product(["stalls"], ["none", "random", "worst"]), *product(["channels"], [2, 3, 4, 5])}


@pytest.mark.parametrize("number", quick_or_long(VERILATOR))
def test_verilator(number: int, tmp_path: Path) -> None:
    assert_point_agrees(draw(number), tmp_path, "verilator")


@pytest.mark.parametrize("number", quick_or_long(ICARUS))
def test_icarus(number: int, tmp_path: Path, icarus: None) -> None:
    assert_point_agrees(draw(number), tmp_path, "icarus")


def assert_point_agrees(point: Point, folder: Path, simulator: str) -> None:
    core(folder, point.network, **point.parameters)
    states = point.parameters["trace"]
    report = cosimulate(
        point.network,
        folder,
        **point.stimulus(),
        simulator=simulator,
        stalls=point.stalls,
        seed=point.number,
        states=states,
        interrupted_clocks=(0, 40)[point.number % 2],
    )
    sheet = DataSheet(point.network, CoreParameters(**point.parameters))
    assert report.problems == ()
    assert report.channels == point.parameters["channels"]
    assert report.results_compared > 0
    assert bool(report.states_compared) == states
    assert report.cycles_per_step == sheet.cycles_per_step
    assert report.sequence_latency == sheet.sequence_latency(report.latency_steps)


@pytest.mark.quick("16-16-parameters0", "24-8-parameters3")
@pytest.mark.parametrize(
    "hidden_size, block_size, parameters",
    [
        (16, 16, {"lanes": 2, "channels": 3, "stages_per_register": 2, "memory_depth": 2}),
        (32, 32, {"lanes": 4, "channels": 4}),
        (16, 16, {"lanes": 2, "channels": 2, "stages_per_register": 0}),
        (24, 8, {"lanes": 2, "channels": 2}),
    ],
)
def test_commutators_hidden_by_channels(
    hidden_size: int, block_size: int, parameters: dict[str, int], tmp_path: Path, icarus: None
) -> None:
    """Their rows are far apart in the ring: q = 1 has them too, whatever the channels between are doing."""
    network = random_network(9, hidden_size=hidden_size, block_size=block_size, input_size=2, output_size=3)
    folder = core(tmp_path, network, arrangement="commutator", **parameters)
    schedule = DataSheet(network, CoreParameters(arrangement="commutator", **parameters)).schedule
    assert schedule.exchanges
    assert schedule.cycles_per_step == schedule.ring_rows
    inputs, lengths = corner_inputs(network, 7, sequences=12, steps=7)
    report = cosimulate(network, folder, inputs, lengths=lengths, simulator="icarus", seed=3)
    assert report.problems == ()
    assert report.states_compared > report.steps * hidden_size
    assert report.cycles_per_step == schedule.cycles_per_step


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path, NETWORK, channels=3)


def stream(folder: Path, **options: Any) -> Any:
    inputs, lengths = corner_inputs(NETWORK, 5, sequences=12, steps=6)
    return cosimulate(NETWORK, folder, inputs, lengths=lengths, simulator="icarus", **options)


def test_what_is_read_of_a_core(folder: Path) -> None:
    description, sheet = (
        read_description(folder),
        DataSheet(NETWORK, CoreParameters(lanes=4, channels=3, output="logits")),
    )
    assert description.channels == 3
    assert description.cycles_per_step == sheet.cycles_per_step == 12
    assert description.sequence_latency(9) == sheet.sequence_latency(9)
    assert replace(description, channels=1).further_step == 12


def test_everything_is_compared(folder: Path, icarus: None) -> None:
    report = stream(folder, stalls="none")
    assert report.passed
    timed = 1 + 2 + 4 + 3 * (2 + 6)
    assert report.states_compared == (report.steps + timed) * NETWORK.hidden_size
    assert report.results_compared == (12 + 3 + 6) * NETWORK.output_size


def test_channels_mixed_up_in_the_read_out(folder: Path, monkeypatch: pytest.MonkeyPatch, icarus: None) -> None:
    original = ReadOutLast._accumulators

    def mixed_up(self: ReadOutLast, m: Any, product: Any, busy: Any) -> None:
        original(self, m, product, busy)
        with m.If(product.final):
            m.d.sync += self.logits.payload.channel.eq(self.state.payload.channel == 0)

    monkeypatch.setattr(ReadOutLast, "_accumulators", mixed_up)
    report = stream(generate_broken(folder, NETWORK))
    assert not report.passed
    assert report.first_difference_fields["channel"] in (0, 1, 2)
    assert report.first_difference.startswith(f"channel {report.first_difference_fields['channel']}")


def test_a_void_slot_one_row_short(folder: Path, monkeypatch: pytest.MonkeyPatch, icarus: None) -> None:
    """States then meet the state of another channel, or rows of their own in the wrong place."""
    original = RingRecurrence._void

    def short(self: RingRecurrence, m: Any, enable: Any, idle: Any) -> Any:
        rows = self.schedule.rows
        self.schedule = replace(self.schedule, rows=rows - 1)
        pending = original(self, m, enable, idle)
        self.schedule = replace(self.schedule, rows=rows)
        return pending

    monkeypatch.setattr(RingRecurrence, "_void", short)
    report = stream(generate_broken(folder, NETWORK), channels=[0] * 12)
    assert not report.passed
    assert report.first_difference_fields["channel"] == 0


def test_a_silent_channel_that_speaks(folder: Path, monkeypatch: pytest.MonkeyPatch, icarus: None) -> None:
    original = RingRecurrence.hand_out

    def wrong(self: RingRecurrence, *arguments: Any) -> Any:
        ready = original(self, *arguments)
        arguments[0].d.comb += self.trace.payload.channel.eq(2)
        return ready

    monkeypatch.setattr(RingRecurrence, "hand_out", wrong)
    report = stream(generate_broken(folder, NETWORK), channels=[0, 1] * 6)
    assert any(problem.startswith("channel 2, beats on m_trace: expected nothing, got") for problem in report.problems)


@pytest.mark.parametrize(
    "channels, message",
    [
        ([0, 1, 3] * 4, "channels must be from 0 to 2, not 3"),
        ([-1] * 12, "channels must be from 0 to 2, not -1"),
        ([0, 1], "channels must be 12 integers, not int64 of shape (2,)"),
    ],
)
def test_channels_that_there_are_not(channels: list[int], message: str, folder: Path) -> None:
    with pytest.raises(InputError) as refusal:
        stream(folder, channels=channels)
    assert str(refusal.value) == message
