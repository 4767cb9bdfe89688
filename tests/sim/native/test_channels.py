"""The native engine drives several channels, each with its own sequences, and says what cocotb says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.native.data_set import chunk_size, data_set
from hadamrnn.sim.native.resumption import WorkFolder
from hadamrnn.sim.native.verification import verify
from hadamrnn.sim.report import CosimulationReport

from .. import mutants
from ..cores import core, small_network, stimulus
from ..test_interleaving import VERILATOR, draw
from .test_verification import same_in_both

NETWORK = small_network(block_size=16)
INPUTS, LENGTHS = stimulus(NETWORK, sequences=24, steps=6)
QUICK = (0,)  # indices, logits of the last step, with a trace, a silent channel, malformed sequences


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path / "core", NETWORK, channels=3)


def verdict(folder: Path, builds: Path, **options: Any) -> CosimulationReport:
    return verify(NETWORK, folder, INPUTS, **{"lengths": LENGTHS, "build_folder": builds, "seed": 3} | options)


@pytest.mark.parametrize("number", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in VERILATOR])
def test_random_cores_as_cocotb_finds_them(number: int, tmp_path: Path, builds: Path) -> None:
    point = draw(number)
    folder = core(tmp_path, point.network, **point.parameters)
    options = point.stimulus() | {"stalls": point.stalls, "seed": number, "states": point.parameters["trace"]}
    report = verify(point.network, folder, build_folder=builds, sequences_per_chunk=8, **options)
    assert report.problems == ()
    assert (report.engine, report.channels) == ("native", point.parameters["channels"])
    assert same_in_both(report) == same_in_both(cosimulate(point.network, folder, build_folder=builds, **options))


def test_stalls_chunks_and_processes(folder: Path, builds: Path) -> None:
    """They change nothing but time; every result and state of all channels is compared."""
    found = [verdict(folder, builds, stalls=stalls) for stalls in ("none", "worst")]
    found += [verdict(folder, builds, sequences_per_chunk=7, jobs=jobs) for jobs in (1, 2)]
    for report in found:
        assert report.problems == ()
        timed = 1 + 2 + 4 + 3 * (2 + 6)
        assert report.states_compared == (LENGTHS.sum() + timed) * NETWORK.hidden_size
        assert report.results_compared == (24 + 3 + 6) * NETWORK.output_size
        assert report.cycles_per_step == report.formula_cycles_per_step
    clocks = [report.clocks for report in found]
    assert clocks[0] < clocks[1]
    assert clocks[2] == clocks[3]


def test_chunks_have_work_for_every_channel(folder: Path) -> None:
    whole = data_set(NETWORK, INPUTS, LENGTHS, None, None, available=3)
    assert whole.channels.tolist() == 8 * [0, 1, 2]
    size = chunk_size(NETWORK, whole, states=True, jobs=2, channels=3)
    assert size == 9
    assert [part.channels[0] for part in whole.split(size)] == [0, 0, 0]
    with pytest.raises(InputError, match=r"^channels must be from 0 to 2, not 3$"):
        data_set(NETWORK, INPUTS, LENGTHS, None, None, 8 * [1, 2, 3], available=3)


def test_a_run_goes_on_where_it_was_interrupted(folder: Path, builds: Path, tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done >= 12:
            raise KeyboardInterrupt

    options = {"sequences_per_chunk": 6}
    with pytest.raises(KeyboardInterrupt):
        verdict(folder, builds, work_folder=WorkFolder(tmp_path / "work"), progress=stop, **options)
    of_sequence = np.arange(24) % 2
    work = WorkFolder(tmp_path / "work", resume=True)
    assert verdict(folder, builds, work_folder=work, channels=of_sequence, **options).sequences_resumed == 0
    resumed = verdict(folder, builds, work_folder=work, **options)
    whole = verdict(folder, builds, **options)
    assert (resumed.sequences_resumed, resumed.problems) == (12, ())
    assert (resumed.clocks, resumed.states_compared) == (whole.clocks, whole.states_compared)


def mixed_up(folder: Path) -> Path:
    """Results of channel 0 come as those of channel 1, and the other way round."""
    fault = "wire [1:0] id; assign m_axis_tid = id[1] ? id : id ^ 2'd1;"
    return mutants.surround(folder, fault, m_axis_tid="id")


def test_channels_mixed_up(folder: Path, builds: Path) -> None:
    report = verdict(mixed_up(folder), builds, sequences_per_chunk=24)
    assert report.first_difference is not None
    assert report.first_difference.startswith("channel 0, sequence 0, logit ")
    assert report.sequence_latency is None
    assert report.problems[-1] == "the timed run did not come to its end: no clocks to compare"


@pytest.mark.long
def test_channels_mixed_up_are_named_as_cocotb_names_them(folder: Path, builds: Path) -> None:
    report = verdict(mixed_up(folder), builds, sequences_per_chunk=24)
    expected = cosimulate(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, seed=3)
    assert same_in_both(report) == same_in_both(expected)


@pytest.mark.long
def test_the_first_difference_by_the_number_of_the_data_set(folder: Path, builds: Path) -> None:
    """Zeros, but for one input from sequence 5 on, of which a core with another weight makes something else."""
    weight = NETWORK.input_weight.copy()
    weight[9, 1] ^= 1
    mutants.generate_broken(folder, NETWORK, replace(NETWORK, input_weight=weight))
    inputs = np.zeros((9, 6, 2), dtype=int)
    inputs[5:, 2, 1] = 1
    report = verify(NETWORK, folder, inputs, build_folder=builds, sequences_per_chunk=3)
    assert report.first_difference is not None
    place = "channel 2, sequence 5, step 2, unit 9 (row 2, lane 1), state: expected "
    assert report.first_difference.startswith(place)
    assert report.sequences == 6


@pytest.mark.long
def test_an_identity_that_changes_and_one_that_there_is_not(folder: Path, builds: Path) -> None:
    restless = "wire [1:0] id; reg [1:0] n = 0; always @(posedge clk) n <= n + 1; assign m_trace_tid = n;"
    report = verdict(mutants.surround(folder, restless, m_trace_tid="id"), builds, sequences_per_chunk=24)
    assert any("m_trace_tid changed at clock " in problem for problem in report.problems)
    assert any("m_trace_tid: expected 2, got 3" in problem for problem in report.problems)


@pytest.mark.long
def test_a_channel_that_takes_nothing(folder: Path, builds: Path) -> None:
    deaf = "wire ready; assign s1_axis_tready = 1'b0;"
    report = verdict(mutants.surround(folder, deaf, s1_axis_tready="ready", s1_axis_tvalid="1'b0"), builds)
    (violation,) = [problem for problem in report.problems if problem.startswith("stream run")]
    assert "the core stands still: no transfer for " in violation
    assert ", s1_axis 0 of " in violation
    assert report.first_difference_fields is not None
    assert report.first_difference_fields["channel"] == 1
