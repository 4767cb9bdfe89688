"""The program by itself: jobs that it takes, and those that it refuses."""

import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.comparison import compare
from hadamrnn.sim.description import CoreDescription, read_description
from hadamrnn.sim.expectation import expect
from hadamrnn.sim.job import Phase
from hadamrnn.sim.native.build import build_program, find_compiler
from hadamrnn.sim.native.jobs import write_job
from hadamrnn.sim.native.simulation import simulate
from hadamrnn.sim.phases import stream_phase

from ..cores import core, small_network, stimulus

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK)


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> CoreDescription:
    return read_description(core(tmp_path_factory.mktemp("core"), NETWORK))


@pytest.fixture
def program(description: CoreDescription, builds: Path) -> Path:
    return build_program(find_compiler(), description, builds)


@pytest.fixture
def phase(description: CoreDescription) -> Phase:
    return stream_phase(description, expect(NETWORK, description, INPUTS, LENGTHS).sequences, "random", 5)


def test_equal_text_is_compiled_once(description: CoreDescription, program: Path, builds: Path) -> None:
    date = program.stat().st_mtime_ns
    again = build_program(find_compiler(), description, builds)
    assert (again, again.stat().st_mtime_ns) == (program, date)
    assert [path.name for path in program.parent.iterdir()] == ["core"]


def test_a_port_that_the_driver_does_not_know(description: CoreDescription, builds: Path) -> None:
    other = replace(description, streams=(*description.streams, "s_axis_1"))
    message = "^hadamard_core has a port s_axis_1, which the native engine does not drive: verify it with cocotb$"
    with pytest.raises(InputError, match=message):
        build_program(find_compiler(), other, builds)


def test_the_record_holds_what_was_sent_and_when(
    description: CoreDescription, program: Path, phase: Phase, tmp_path: Path
) -> None:
    record = simulate(program, description, phase, tmp_path)
    assert record.violation == ""
    assert (record.inputs.beats == np.concatenate([sequence.beats for sequence in phase.sequences])).all()
    assert record.inputs.last.sum() == len(LENGTHS)
    for transfers in (record.inputs, record.results, record.rows):
        assert (np.diff(transfers.clocks) > 0).all()
        assert 1 <= transfers.clocks[0] <= transfers.clocks[-1] <= record.clocks
    assert record.results.clocks[0] > record.inputs.clocks[0]
    unrecorded = simulate(program, description, phase, tmp_path, record_rows=False)
    assert len(unrecorded.rows.beats) == 0
    assert unrecorded.clocks == record.clocks


def test_a_reset_in_the_middle_of_a_sequence(description: CoreDescription, program: Path, tmp_path: Path) -> None:
    expectation = expect(NETWORK, description, INPUTS, LENGTHS)
    phase = stream_phase(description, expectation.sequences, "random", 5, interrupted_clocks=101)
    record = simulate(program, description, phase, tmp_path)
    assert record.violation == ""
    assert compare(expectation, record, description.lanes).first == ()


def test_malformed_jobs_are_refused(description: CoreDescription, program: Path, phase: Phase, tmp_path: Path) -> None:
    job = tmp_path / "good.job"
    write_job(job, description, phase, record_rows=True)
    good = job.read_bytes()
    beats = sum(len(sequence.beats) for sequence in phase.sequences)
    refusals = {
        b"": "it ends within the header",
        good[:50]: "it ends within the header",
        b"HRNNJOB1" + good[8:]: "not a job: it must begin with HRNNJOB2",
        changed(good, 0, 3): "bytes of an input beat must be 1, not 3",
        changed(good, 1, 9): f"bytes of a result beat must be {description.result_bytes}, not 9",
        changed(good, 2, 0): f"bytes of a row must be {description.row_bytes}, not 0",
        changed(good, 3, 2): "channels must be 1, not 2",
        changed(good, 4, 1 << 62): "it ends within the table of sequences",
        changed(good, 5, beats + 1): f"it must hold {beats + 1} beats of 1 bytes, not {beats} bytes",
        changed(good, 10, 3): "stalls must be 0, 1 or 2, not 3",
        changed(good, 13, 0): "a sequence must have at least 1 beat, not 0",
        changed(good, 13, 1 << 63): "its sequences have more beats than it holds",
        changed(good, 13, 1): "its sequences have fewer beats than it holds",
        changed(good, 16, 1): "a channel must be below 1, not 1",
        good + b"x": f"it must hold {beats} beats of 1 bytes, not {beats + 1} bytes",
        good[:-1]: f"it must hold {beats} beats of 1 bytes, not {beats - 1} bytes",
    }
    assert len(phase.sequences[0].beats) > 1
    for text, message in refusals.items():
        job.write_bytes(text)
        run = subprocess.run([program, job, tmp_path / "record"], capture_output=True, text=True, check=False)
        assert (run.returncode, run.stderr) == (2, f"{job}: {message}\n")
        assert [path.name for path in tmp_path.iterdir()] == ["good.job"]


def test_a_job_that_cannot_be_written_to(
    description: CoreDescription, program: Path, phase: Phase, tmp_path: Path
) -> None:
    job = tmp_path / "good.job"
    write_job(job, description, phase, record_rows=True)
    run = subprocess.run([program, job, tmp_path / "no" / "record"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, f"{tmp_path}/no/record.inputs: cannot be opened\n")
    assert subprocess.run([program], capture_output=True, check=False).returncode == 2


def test_a_program_that_ends_without_a_record(
    description: CoreDescription, program: Path, phase: Phase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadamrnn.sim.native.jobs._MAGIC", b"HRNNJOB0")
    message = "^the program of hadamard_core ended without a record of phase stream: .*: not a job: it must begin with"
    with pytest.raises(SimulationError, match=message):
        simulate(program, description, phase, tmp_path)


def changed(job: bytes, place: int, value: int) -> bytes:
    """The job with another number in one place, counted from behind its first eight bytes."""
    at = 8 + 8 * place
    return job[:at] + struct.pack("<Q", value) + job[at + 8 :]
