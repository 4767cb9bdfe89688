"""The native engine on cores of family dense: as cocotb finds them, good ones and a broken one."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.sim.native.verification import verify

from ...conformance.dense_points import draw_dense
from .. import mutants
from ..cores import core
from ..test_broken_dense import INPUTS, LENGTHS, NETWORK
from .test_verification import same_in_both, through_both

QUICK = (1,)  # several lanes, multipliers and states in chunks of three


@pytest.mark.parametrize("number", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in range(1, 9)])
def test_random_cores(number: int, tmp_path: Path, builds: Path) -> None:
    """In ``make test-long`` against cocotb too."""
    point = draw_dense(number)
    report, cosimulated = through_both(point, number, tmp_path, builds, sequences=9, steps=7)
    assert report.problems == ()
    assert report.engine == "native"
    assert report.results_compared > 0
    assert bool(report.states_compared) == point.parameters["trace"]
    assert report.cycles_per_step == report.formula_cycles_per_step
    if number not in QUICK:
        assert same_in_both(report) == same_in_both(cosimulated())


@pytest.mark.long
def test_one_weight_off_by_one(tmp_path: Path, builds: Path) -> None:
    folder = core(tmp_path / "core", NETWORK, lanes=2, recurrent_multipliers=4)
    weight = np.array(NETWORK.recurrent_weight)
    weight[5, 7] += -1 if weight[5, 7] > 0 else 1
    mutants.generate_broken(folder, NETWORK, dataclasses.replace(NETWORK, recurrent_weight=weight))
    report = verify(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, seed=1)
    fields = report.first_difference_fields
    assert fields is not None
    assert (fields["what"], fields["unit"], fields["row"], fields["lane"]) == ("state", 5, 2, 1)
    assert report.verilog_as_generated is False
