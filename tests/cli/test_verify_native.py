import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import IntegerNetwork, write_network
from hadamrnn.sim.malformed import malformed_sequences
from hadamrnn.sim.stimulus import corner_inputs, random_dense_network, random_network

from .conftest import Run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs of these tests are not kept in the user's own cache; Verilator's runtime is."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hadamrnn" / "verilator-runtime"
    kept.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache" / "hadamrnn").mkdir(parents=True)
    (tmp_path / "cache" / "hadamrnn" / "verilator-runtime").symlink_to(kept)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_results_of_the_core_and_states_of_one_with_a_trace(run: Run, network_file: Path, cache: Path) -> None:
    options = ("--engine", "native", "--lanes", "2", "--sequences", "4", "--steps", "6")
    outcome = run("verify", network_file, *options, "--jobs", "1", "--json")
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    assert report["passed"] is True
    assert (report["engine"], report["simulator"], len(report["engine_version"])) == ("native", "verilator", 12)
    assert (report["sequences"], report["sequences_with_states"]) == (4, 4)
    assert report["results_compared"] == 2 * (4 + 3)  # classes: of both cores, with those of the timed runs
    assert report["states_compared"] == 8 * (report["steps"] + 1 + 2 + 4)
    assert "verify: results, sequences: 4 of 4" in outcome.err.splitlines()
    assert "verify: states, sequences: 4 of 4" in outcome.err.splitlines()
    assert len(list((cache / "hadamrnn" / "native").glob("*/core"))) == 2


@pytest.mark.long
def test_a_given_core_without_a_trace(run: Run, network: IntegerNetwork, network_file: Path, tmp_path: Path) -> None:
    generate(network, CoreParameters(lanes=4), tmp_path / "core")
    options = ("--engine", "native", "--dir", tmp_path / "core", "--sequences", "4", "--steps", "5")
    outcome = run("verify", network_file, *options)
    assert outcome.status == 0, outcome
    assert "4 sequences" in outcome.out
    assert "native engine on verilator" in outcome.out
    compared = (
        "  7 results (a logit is one) and 0 state words compared, those of 0 sequences and of more that measure time"
    )
    assert compared in outcome.out.splitlines()
    assert outcome.out.splitlines()[-1] == "equal, bit for bit, in its results; no state was compared"
    file = tmp_path / "core" / "hadamard_core.v"
    file.write_text(file.read_text().replace("module hadamard_core (", "module hadamard_core_ (", 1))
    assert run("verify", network_file, *options).status == 3


def test_random_sequences_are_malformed_here_and_there(run: Run, tmp_path: Path) -> None:
    network = random_network(2, hidden_size=8, block_size=4, input_kind="index", input_size=5)
    write_network(network, tmp_path / "index.safetensors")
    generate(network, CoreParameters(), tmp_path / "core")
    options = ("--engine", "native", "--dir", tmp_path / "core", "--sequences", "12", "--steps", "5", "--jobs", "1")
    outcome = run("verify", tmp_path / "index.safetensors", *options, "--seed", "4", "--json")
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    lengths = corner_inputs(network, 4, sequences=12, steps=5)[1]
    port = InputFormat.of(network, CoreParameters())
    dropped = int(np.count_nonzero(malformed_sequences(network, port, lengths, 4)["wrong_indices"]))
    assert 0 < dropped < 11
    assert report["results_compared"] == 12 - dropped + 3  # with those of the timed run


@pytest.mark.long
def test_a_killed_run_goes_on(network_file: Path, cache: Path) -> None:
    """Long because a run must last until it is killed."""
    command = [sys.executable, "-m", "hadamrnn.cli", "verify", str(network_file), "--engine", "native", "--json"]
    command += ["--sequences", "4000", "--steps", "400", "--no-states", "--jobs", "2"]
    kept = cache / "hadamrnn" / "native-runs"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while not list(kept.glob("*/[0-9]*.json")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it could be killed"
    finished = len(list(kept.glob("*/[0-9]*.json")))
    while time.monotonic() < deadline:  # its workers end by themselves
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the workers of the killed run live on")
    run = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    report = json.loads(run.stdout)
    assert report["passed"] is True
    assert report["sequences"] == 4000
    assert 0 < 500 * finished <= report["sequences_resumed"] < 4000
    assert list(kept.iterdir()) == []


def test_options_that_cannot_be(refused: Callable[..., str], network_file: Path) -> None:
    engine = refused("verify", network_file, "--engine", "fast")
    assert engine.startswith("--engine must be one of cocotb, native, not 'fast'")
    jobs = refused("verify", network_file, "--jobs", "2")
    assert jobs.startswith("--jobs goes with --engine native: cocotb runs in one process")
    resume = refused("verify", network_file, "--resume")
    assert resume.startswith("--resume goes with --engine native: cocotb begins anew")
    assert refused("verify", network_file, "--engine", "native", "--jobs", "0").startswith("--jobs must be at least 1")
    icarus = refused("verify", network_file, "--engine", "native", "--simulator", "icarus")
    assert icarus.startswith("--engine native runs on verilator, not 'icarus'")


@pytest.mark.long
def test_several_channels(run: Run, network_file: Path) -> None:
    options = ("--engine", "native", "--lanes", "2", "--channels", "2", "--sequences", "6", "--steps", "6")
    outcome = run("verify", network_file, *options, "--jobs", "1", "--json")
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    assert (report["engine"], report["channels"], report["problems"]) == ("native", 2, [])
    timed = 3 + 2 * 2  # sequences alone, and of both channels at once; of both cores
    assert report["results_compared"] == 2 * (6 + timed)
    assert report["states_compared"] == 8 * (report["steps"] + 1 + 2 + 4 + 2 * (2 + 6))


@pytest.mark.long
def test_what_it_finds_in_several_channels_is_explained(
    run: Run, network: IntegerNetwork, network_file: Path, tmp_path: Path
) -> None:
    generate(network, CoreParameters(trace=True, channels=2), tmp_path / "core")
    break_butterfly(tmp_path / "core" / "hadamard_core.v")
    options = ("--engine", "native", "--dir", tmp_path / "core", "--sequences", "9", "--steps", "5", "--jobs", "1")
    outcome = run("verify", network_file, *options, "-o", tmp_path / "report")
    assert outcome.status == 1, outcome
    report = json.loads((tmp_path / "report" / "verification.json").read_text())
    assert report["first_difference"].startswith("channel ")
    assert report["explanation"]["location"]["module"] == "recurrence.transform.stage_1_butterfly"


@pytest.mark.long
def test_what_it_finds_in_a_dense_core_is_explained(run: Run, tmp_path: Path) -> None:
    network = random_dense_network(7, hidden_size=8, input_size=2, output_size=3, state_bits=8, activation="modrelu")
    write_network(network, tmp_path / "dense.safetensors")
    generate(network, CoreParameters(trace=True, lanes=2, recurrent_multipliers=4), tmp_path / "core")
    options = ("--engine", "native", "--dir", tmp_path / "core", "--sequences", "6", "--steps", "5", "--jobs", "1")
    outcome = run("verify", tmp_path / "dense.safetensors", *options, "--json")
    assert (outcome.status, json.loads(outcome.out)["problems"]) == (0, [])
    file = tmp_path / "core" / "hadamard_core.v"
    edited, count = re.subn(r"(?s)(module \w+_recurrence_product .*?) \* ", r"\1 + ", file.read_text(), count=1)
    assert count == 1
    file.write_text(edited)
    outcome = run("verify", tmp_path / "dense.safetensors", *options, "-o", tmp_path / "report")
    assert outcome.status == 1, outcome
    report = json.loads((tmp_path / "report" / "verification.json").read_text())
    assert report["explanation"]["location"]["module"].startswith("recurrence.product")


def break_butterfly(file: Path) -> None:
    """A difference of the second stage becomes a sum."""
    edited, count = re.subn(r"(?s)(module \w+_stage_1_butterfly .*?) - ", r"\1 + ", file.read_text(), count=1)
    assert count == 1
    file.write_text(edited)


@pytest.mark.long
def test_what_it_finds_is_explained_by_cocotb(
    run: Run, network: IntegerNetwork, network_file: Path, tmp_path: Path
) -> None:
    """The sequence with the first difference, once more, with every signal."""
    generate(network, CoreParameters(trace=True), tmp_path / "core")
    break_butterfly(tmp_path / "core" / "hadamard_core.v")
    options = ("--engine", "native", "--dir", tmp_path / "core", "--sequences", "4", "--steps", "5", "--jobs", "1")
    outcome = run("verify", network_file, *options, "-o", tmp_path / "report")
    assert outcome.status == 1, outcome
    report = json.loads((tmp_path / "report" / "verification.json").read_text())
    assert report["engine"] == "native"
    assert report["explanation"]["location"]["module"] == "recurrence.transform.stage_1_butterfly"
    assert (tmp_path / "report" / "waveform.vcd").is_file()
