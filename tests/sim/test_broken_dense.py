"""Dense cores that compute wrongly, on purpose: the bench must name exactly the first state that goes wrong.

Which one that is, and its value, a reference that is broken in the same way says.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.hw import requantiser
from hadamrnn.hw.dense import activation, schedule
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import DenseNetwork
from hadamrnn.sim import reference
from hadamrnn.sim.report import CosimulationReport
from hadamrnn.sim.stimulus import corner_inputs, random_dense_network

from . import mutants
from .cores import core, cosimulate_small

NETWORK = random_dense_network(
    7, hidden_size=8, input_size=2, output_size=3, state_bits=8, recurrent_multiplier=1 << 5, activation="modrelu"
)
INPUTS, LENGTHS = corner_inputs(NETWORK, 12, sequences=8, steps=10)
Patch = pytest.MonkeyPatch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path / "core", NETWORK, lanes=2, recurrent_multipliers=4)


def states(network: DenseNetwork = NETWORK) -> np.ndarray:
    """Of every step of every sequence, in order."""
    result = reference.run(network, INPUTS, lengths=LENGTHS, return_states=True)
    assert result.states is not None
    return result.states[np.arange(INPUTS.shape[1]) < LENGTHS[:, None]]


def verdict(folder: Path, builds: Path, network: DenseNetwork = NETWORK) -> CosimulationReport:
    return cosimulate_small(network, folder, INPUTS, lengths=LENGTHS, simulator="icarus", build_folder=builds, seed=1)


def assert_found(report: CosimulationReport, good: np.ndarray, broken: np.ndarray) -> None:
    """The broken core differs first where the broken reference does, and by the same value."""
    assert not report.passed
    step_sequence, step_number = np.nonzero(np.arange(INPUTS.shape[1]) < LENGTHS[:, None])
    index, unit = np.argwhere(good != broken)[0].tolist()
    expected = {
        "what": "state",
        "sequence": int(step_sequence[index]),
        "step": int(step_number[index]),
        "unit": unit,
        "row": unit // 2,
        "lane": unit % 2,
        "expected": int(good[index, unit]),
        "got": int(broken[index, unit]),
    }
    assert report.first_difference_fields is not None
    assert report.first_difference_fields | {"clock": 0} == expected | {"clock": 0}, report.first_difference


@pytest.mark.quick("5-7")
@pytest.mark.parametrize("unit, column", [(0, 0), (5, 7)])
def test_one_weight_off_by_one(unit: int, column: int, folder: Path, builds: Path, icarus: None) -> None:
    weight = np.array(NETWORK.recurrent_weight)
    weight[unit, column] += -1 if weight[unit, column] > 0 else 1
    wrong = dataclasses.replace(NETWORK, recurrent_weight=weight)
    report = verdict(mutants.generate_broken(folder, NETWORK, wrong), builds)
    assert_found(report, states(), states(wrong))


def test_one_sign_of_binary_weights(folder: Path, builds: Path, icarus: None) -> None:
    signs = np.where(NETWORK.recurrent_weight < 0, -1, 1).astype(np.int8)
    good = dataclasses.replace(NETWORK, recurrent_weight=signs)
    signs[5, 7] *= -1
    wrong = dataclasses.replace(NETWORK, recurrent_weight=signs)
    core(folder, good, lanes=2, recurrent_multipliers=4)
    report = verdict(mutants.generate_broken(folder, good, wrong), builds, good)
    assert_found(report, states(good), states(wrong))


@pytest.mark.parametrize("rounding", [mutants.never, mutants.half_up])
def test_another_rounding(rounding: Any, monkeypatch: Patch, folder: Path, builds: Path, icarus: None) -> None:
    """Half up differs in ties alone."""
    monkeypatch.setattr(requantiser, "round_up", rounding)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good, half = states(), (1 << NETWORK.recurrent_shift) >> 1
    added = half if rounding is mutants.half_up else 0
    monkeypatch.setattr(reference, "round_half_even_shift", lambda values, shift: (values + added) >> shift)
    assert_found(report, good, states())


def test_thresholds_of_the_next_row(monkeypatch: Patch, folder: Path, builds: Path, icarus: None) -> None:
    assert NETWORK.threshold is not None
    late = dataclasses.replace(NETWORK, threshold=np.roll(NETWORK.threshold, 2))
    report = verdict(mutants.generate_broken(folder, NETWORK, late), builds)
    assert_found(report, states(), states(late))


def test_saturation_removed(monkeypatch: Patch, folder: Path, builds: Path, icarus: None) -> None:
    monkeypatch.setattr(activation, "saturated", mutants.wrapped)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()

    def wrap(values: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
        half = 1 << (bits - 1)
        return ((values + half) & (2 * half - 1)) - half, 0

    monkeypatch.setattr(reference, "saturate", wrap)
    assert_found(report, good, states())


def test_steps_that_begin_too_soon(monkeypatch: Patch, folder: Path, builds: Path, icarus: None) -> None:
    """A clock less between two steps: the last row of a state is read when it is just being written."""
    made = schedule.DenseSchedule.of

    def hasty(network: DenseNetwork, parameters: CoreParameters) -> schedule.DenseSchedule:
        good = made(network, parameters)
        assert good.idle_cycles > 0
        return dataclasses.replace(good, idle_cycles=good.idle_cycles - 1)

    monkeypatch.setattr(schedule.DenseSchedule, "of", hasty)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    assert report.first_difference_fields is not None
    assert report.first_difference_fields["what"] == "state"
    assert any(problem.startswith("cycles per step: measured 15, formula 16") for problem in report.problems)
