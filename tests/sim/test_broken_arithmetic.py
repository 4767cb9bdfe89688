"""Cores that compute wrongly, on purpose: the bench must name exactly the first state that goes wrong.

Which one that is, and its value, a reference that is broken in the same way says.
"""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.hw import requantiser
from hadamrnn.hw.inputs import input_product
from hadamrnn.hw.ring import recurrence
from hadamrnn.quant.integer import IntegerNetwork, walsh_hadamard
from hadamrnn.sim import reference
from hadamrnn.sim.report import CosimulationReport

from . import mutants
from .cores import core, cosimulate_small, small_network, stimulus

LANES = 4
NETWORK = small_network(input_shift=-3)
INPUTS, LENGTHS = stimulus(NETWORK)
Patch = pytest.MonkeyPatch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path / "core", NETWORK, lanes=LANES)


def verdict(folder: Path, builds: Path, **options: Any) -> CosimulationReport:
    return cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, seed=1, **options)


def states(network: IntegerNetwork = NETWORK) -> np.ndarray:
    """Of every step of every sequence, in order."""
    result = reference.run(network, INPUTS, lengths=LENGTHS, return_states=True)
    assert result.states is not None
    return result.states[np.arange(INPUTS.shape[1]) < LENGTHS[:, None]]


def assert_first_difference(report: CosimulationReport, good: np.ndarray, broken: np.ndarray) -> None:
    """The report names the place and both values of the first difference between these states."""
    step_sequence, step_number = np.nonzero(np.arange(INPUTS.shape[1]) < LENGTHS[:, None])
    index, unit = np.argwhere(good != broken)[0].tolist()
    expected = {
        "what": "state",
        "sequence": int(step_sequence[index]),
        "step": int(step_number[index]),
        "unit": unit,
        "row": unit // LANES,
        "lane": unit % LANES,
        "expected": int(good[index, unit]),
        "got": int(broken[index, unit]),
    }
    assert not report.passed
    fields = report.first_difference_fields
    assert fields | {"clock": 0} == expected | {"clock": 0}, report.first_difference
    assert fields["clock"] > 0
    assert report.first_difference == report.problems[0]
    assert report.first_difference.startswith(
        f"sequence {expected['sequence']}, step {expected['step']}, unit {unit} (row {unit // LANES}, lane "
        f"{unit % LANES}), state: expected {expected['expected']}, got {expected['got']} at clock "
    )
    # Not the first alone is seen: all of them are counted, with those of the timed run and of the results.
    assert report.differences >= np.count_nonzero(good != broken)


@pytest.mark.quick("0-{}")
@pytest.mark.parametrize("unit, options", [(0, {}), (13, {"simulator": "verilator"})], ids=str)
def test_one_sign_flipped(unit: int, options: dict[str, str], folder: Path, builds: Path) -> None:
    flipped = mutants.flipped_sign(NETWORK, unit)
    report = verdict(mutants.generate_broken(folder, NETWORK, flipped), builds, **options)
    assert report.first_difference_fields["unit"] == unit
    assert_first_difference(report, states(), states(flipped))


def turned(rounding: Callable[[np.ndarray, int], np.ndarray]) -> Callable[[np.ndarray, int], np.ndarray]:
    """``rounding`` before the sign, as the core does it: for half to even that is the same as after it."""
    return lambda values, shift: NETWORK.signs * rounding(NETWORK.signs * values, shift)


def test_truncation_instead_of_half_to_even(monkeypatch: Patch, folder: Path, builds: Path) -> None:
    monkeypatch.setattr(requantiser, "round_up", mutants.never)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()
    monkeypatch.setattr(reference, "round_half_even_shift", turned(lambda values, shift: values >> shift))
    assert_first_difference(report, good, states())


def test_half_up_instead_of_half_to_even(monkeypatch: Patch, folder: Path, builds: Path) -> None:
    """Differs in ties alone."""
    monkeypatch.setattr(requantiser, "round_up", mutants.half_up)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()
    half_up = turned(lambda values, shift: (values + (1 << (shift - 1))) >> shift)
    monkeypatch.setattr(reference, "round_half_even_shift", half_up)
    assert_first_difference(report, good, states())


def test_input_products_truncated(monkeypatch: Patch, folder: Path, builds: Path) -> None:
    monkeypatch.setattr(input_product, "round_up", mutants.never)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()
    monkeypatch.setattr(reference, "shift_round", lambda values, shift: values >> -shift)
    assert_first_difference(report, good, states())


@pytest.mark.quick("in time", "between lanes")
@pytest.mark.parametrize("distance", [4, 2, 1], ids=["in time", "between lanes", "between neighbours"])
def test_one_butterfly_subtracting_the_wrong_way(distance: int, monkeypatch: Patch, folder: Path, builds: Path) -> None:
    mutants.turn_butterfly(monkeypatch, distance, LANES)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()

    def backward(values: np.ndarray, block_size: int) -> np.ndarray:
        """H_n with the rows negated that leave the turned stage as differences."""
        negated = np.arange(values.shape[-1]) & distance != 0
        return np.where(negated, -1, 1) * walsh_hadamard(values, block_size)

    monkeypatch.setattr(reference, "walsh_hadamard", backward)
    assert_first_difference(report, good, states())


def test_saturation_removed(monkeypatch: Patch, folder: Path, builds: Path) -> None:
    monkeypatch.setattr(recurrence, "saturated", mutants.wrapped)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    good = states()

    def wrap(values: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
        half = 1 << (bits - 1)
        return ((values + half) & (2 * half - 1)) - half, 0

    monkeypatch.setattr(reference, "saturate", wrap)
    assert_first_difference(report, good, states())


def test_state_not_cleared_between_sequences(monkeypatch: Patch, folder: Path, builds: Path) -> None:
    """The first sequence of all begins with the zeros of power-up, the second where the first one ended."""
    mutants.never_clear(monkeypatch)
    report = verdict(mutants.generate_broken(folder, NETWORK), builds)
    assert report.first_difference.startswith("sequence 0, step 0, unit ")  # after the timed run
    (timed,) = [problem for problem in report.problems if problem.startswith("timed run") and "state" in problem]
    assert re.match(r"timed run, sequence 1, step 0, unit \d+ \(row \d, lane \d\), state: expected -?\d+, got", timed)


def test_a_class_that_is_not_the_smallest_of_the_largest(tmp_path: Path, builds: Path) -> None:
    """Equal logits, and a core of a network where the second is larger by one."""
    row = NETWORK.output_weight[:1]
    tied = dataclasses.replace(NETWORK, output_weight=np.repeat(row, 3, axis=0), output_bias=np.array([7, 7, 7]))
    broken = dataclasses.replace(tied, output_bias=np.array([7, 8, 7]))
    folder = core(tmp_path / "core", tied, lanes=LANES, output="class")
    assert cosimulate_small(tied, folder, INPUTS, lengths=LENGTHS, build_folder=builds).passed
    report = cosimulate_small(
        tied, mutants.generate_broken(folder, tied, broken), INPUTS, lengths=LENGTHS, build_folder=builds
    )
    assert report.differences == len(LENGTHS) + 3
    assert report.first_difference.startswith("sequence 0, class: expected 0, got 1 at clock ")
