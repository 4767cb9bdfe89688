"""Statuses and messages that all commands share."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from hadamrnn.cli import generate
from hadamrnn.cli.group import hadamrnn

from .conftest import Run

PROGRAM = [sys.executable, "-m", "hadamrnn.cli"]


def test_an_unknown_command_or_option_is_one_line(refused: Callable[..., str]) -> None:
    assert refused("generat").startswith("No such command 'generat'")
    assert "No such option '--colour'" in refused("--colour")
    assert "No such option '--lane'" in refused("generate", "net", "-o", "core", "--lane", "2")
    assert "Missing argument 'NET'" in refused("generate")
    assert "'two' is not a valid integer" in refused("generate", "net", "-o", "core", "--lanes", "two")


def test_an_option_is_named_as_it_was_typed(refused: Callable[..., str], network_file: Path, tmp_path: Path) -> None:
    """The parameters of a core know no command line."""
    core = ("generate", network_file, "-o", tmp_path / "core")
    assert refused(*core, "--lanes", "3").startswith("--lanes must be a power of two, not 3")
    assert refused(*core, "--input-beat=3").startswith("--input-beat must be at most")
    line = refused("estimate", "--hidden", "64", "--block", "3")
    assert line.startswith("--block must be a power of two, not 3")


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(generate.command, "callback", broken)
    with pytest.raises(RuntimeError, match="ours"):
        hadamrnn(["generate", "net", "-o", "core"])


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError("Unable to allocate 9 TiB"), "not enough memory: Unable to allocate 9 TiB"),
        (MemoryError(), "not enough memory"),
        (None, "not enough memory: you tried to allocate "),
    ],
)
def test_memory_that_is_not_there_is_one_line(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, error: Exception | None, line: str
) -> None:
    def greedy(**_: object) -> None:
        if error is not None:
            raise error
        torch.empty(2**60)

    monkeypatch.setattr(generate.command, "callback", greedy)
    assert refused("generate", "net", "-o", "core").startswith(line)


def test_an_interrupt_ends_with_130_and_leaves_nothing(network_file: Path, tmp_path: Path) -> None:
    core = tmp_path / "core"
    subprocess.run([*PROGRAM, "generate", network_file, "-o", core, "--lanes", "8"], check=True, capture_output=True)
    before = sorted(core.iterdir())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [*PROGRAM, "synth", str(core), "--target", "all"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(scratch)},
        start_new_session=True,
        # The signal is ignored where the tests themselves run in the background of a shell.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first == "ice40-up5k: Yosys: mapping to ice40-up5k\n"
        for _ in range(12):  # again where Python dropped the first one, as it does inside a destructor
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the tools too
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
                break
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "hadamrnn: interrupted"
    assert "Traceback" not in err
    assert sorted(core.iterdir()) == before
    assert list(scratch.iterdir()) == []


def test_a_reader_that_leaves_is_no_error(network_file: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "estimate", str(network_file), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.long
def test_training_that_finds_no_space_is_one_line_and_goes_on(run: Run, tmp_path: Path) -> None:
    """Files of up to 10 kB, too small for the checkpoint of two epochs' training."""
    command = ["train", "--task", "digits", "--hidden", "16", "--epochs", "2", "-o", str(tmp_path / "run")]
    limit = (resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    done = subprocess.run(
        [*PROGRAM, *command], capture_output=True, text=True, check=False, preexec_fn=lambda: resource.setrlimit(*limit)
    )
    line = f"hadamrnn: error: cannot write {tmp_path / 'run' / 'last.pt'}: File too large"
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (2, "", line)
    assert "Traceback" not in done.stderr
    assert run(*command, "--resume").status == 0


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_output_that_finds_no_space(network_file: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "estimate", str(network_file)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "hadamrnn: error: cannot write: No space left on device\n")


@pytest.mark.parametrize("command", [("estimate", "--hidden", "16"), ("estimate", "--hidden", "16", "--json")])
def test_an_output_that_is_closed_is_not_missed(command: tuple[str, ...]) -> None:
    words = ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
