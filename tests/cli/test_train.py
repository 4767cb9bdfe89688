import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

SMALL = ("--task", "digits", "--hidden", "8", "--block", "4", "--epochs", "2")
FILES = ["best.pt", "config.toml", "curve.png", "last.pt", "metrics.jsonl", "result.json"]
CONFIG = """
[task]
name = "digits"
[network]
hidden_size = 8
[training]
epochs = 2
"""


def test_a_run_folder_holds_all_of_the_run(run: Run, tmp_path: Path) -> None:
    outcome = run("train", *SMALL, "-o", tmp_path / "run", "--seed", "3", "--json")
    assert outcome.status == 0, outcome
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == FILES
    result = json.loads(outcome.out)
    assert result == json.loads((tmp_path / "run" / "result.json").read_text())
    assert (result["task"], result["seed"], result["epochs"]) == ("digits", 3, 2)
    assert result["test"]["accuracy"] > 0.15  # ten classes
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 2
    assert outcome.err.splitlines()[-1] == "training: epochs: 2 of 2"


def test_options_override_the_file_and_the_run_keeps_what_was_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(CONFIG)
    outcome = run("train", tmp_path / "c.toml", "-o", tmp_path / "run", "--epochs", "1", "--learning-rate", "0.005")
    assert outcome.status == 0, outcome
    used = (tmp_path / "run" / "config.toml").read_text().splitlines()
    assert {"epochs = 1", "learning_rate = 0.005", "hidden_size = 8", "block_size = 8"} <= set(used)
    assert "best epoch 1 of 1" in outcome.out


@pytest.mark.long
def test_an_interrupted_run_resumes_to_the_same_result(run: Run, tmp_path: Path) -> None:
    options = ("--task", "digits", "--hidden", "8", "--epochs", "6")
    command = [sys.executable, "-m", "hadamrnn.cli", "train", *options, "-o", str(tmp_path / "cut")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "1 of 6" not in (line := process.stderr.readline()):
            assert line, "ended before the first epoch"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert [line for line in rest.splitlines() if line][-2:] == [  # a blank line ends the terminal's ^C
        f"interrupted; go on with: hadamrnn train --resume -o {tmp_path / 'cut'}",
        "hadamrnn: interrupted",
    ]
    assert not (tmp_path / "cut" / "result.json").exists()
    resumed = run("train", "--resume", "-o", tmp_path / "cut", "--json")
    whole = run("train", *options, "-o", tmp_path / "whole", "--json")
    compared = ("train", "validation", "test", "best_epoch", "sign_flips")
    assert resumed.status == whole.status == 0
    assert [json.loads(resumed.out)[key] for key in compared] == [json.loads(whole.out)[key] for key in compared]


def test_an_earlier_run_is_kept_unless_overwritten(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run("train", *SMALL, "-o", folder).status == 0
    before = (folder / "result.json").read_bytes()
    again = run("train", *SMALL, "-o", folder)
    assert again.status == 2
    assert "holds a finished run" in again.err
    assert (folder / "result.json").read_bytes() == before
    assert run("train", "--resume", "-o", folder).status == 0
    assert (folder / "result.json").read_bytes() == before
    assert run("train", *SMALL, "-o", folder, "--overwrite").status == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--task", "digit"), "unknown task 'digit'; tasks: adding, arrays, copy, digits, imdb, mnist"),
        (("--task", "digits", "--option", "permuted=true"), "task 'digits' has no option 'permuted'"),
        (("--task", "mnist", "--option", "permuted=perhaps"), "option 'permuted' of task 'mnist' must be of type bool"),
        (("--task", "mnist", "--option", "permuted"), "--option must be KEY=VALUE, not 'permuted'"),
        (("--task", "digits", "--hidden", "48"), "--hidden 48 needs --block: at most 16, the largest power of"),
        (
            ("--task", "digits", "--hidden", "33"),
            "--hidden 33 needs --block: at most 1, the largest power of two that divides it; take a multiple of 4, as "
            "32 or 36, since units mix within their block only",
        ),
        (
            ("--task", "digits", "--hidden", "3"),
            "--hidden 3 needs --block: at most 1, the largest power of two that divides it; take a multiple of 4, as 4",
        ),
        (
            ("--task", "digits", "--kind", "qornn", "--set", "recurrent_bits=9"),
            "[network] recurrent_bits must be 2 to 8",
        ),
        (("--task", "digits", "--kind", "qornn", "--block", "16"), "--block does not go with --kind qornn"),
        (("--task", "digits", "--kind", "lstm", "--weight-bits", "3"), "--weight-bits does not go with --kind lstm"),
        (("--task", "digits", "--hidden", "24", "--block", "16"), "--block must divide"),
        (("--task", "digits", "--weight-bits", "9"), "--weight-bits must be 2 to 8 or 'ternary', not 9"),
        (("--task", "digits", "--weight-bits", "binary"), "--weight-bits must be 2 to 8 or 'ternary', not 'binary'"),
        (("--task", "digits", "--signs", "random"), "--signs must be one of searched, learned, drawn"),
        (("--task", "digits", "--epochs", "0"), "--epochs must be an integer of at least 1, not 0"),
        (("--task", "digits", "--learning-rate", "nan"), "--learning-rate must be a number above 0"),
        (("--task", "digits", "--resume", "--overwrite"), "--resume does not go with --overwrite"),
        ((), "give either CONFIG.toml or --task"),
        (("c.toml", "--task", "digits"), "give either CONFIG.toml or --task"),
        (("c.toml", "--hidden", "16"), "--hidden goes with --task"),
    ],
)
def test_options_that_cannot_be(
    refused: Callable[..., str], tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    assert refused("train", *options, "-o", tmp_path / "run").startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[task\n", "not a TOML document"),
        (CONFIG.replace("hidden_size", "hiden_size"), "unknown 'hiden_size'; keys of [network]: kind, hidden_size"),
        (CONFIG.replace("[training]", "[trainning]"), "unknown 'trainning'; tables: task, network, training"),
        (CONFIG.replace('"digits"', '"digit"'), "unknown task 'digit'"),
        (CONFIG.replace("= 2", '= "2"'), "[training] epochs must be an integer of at least 1, not '2'"),
    ],
)
def test_configurations_that_cannot_be(refused: Callable[..., str], tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    assert refused("train", path, "-o", tmp_path / "run").startswith(f"{path}: {message}")


def test_files_that_are_not_there(refused: Callable[..., str], tmp_path: Path) -> None:
    missing = tmp_path / "no.toml"
    assert refused("train", missing, "-o", tmp_path / "run").startswith(f"{missing}: cannot read")
    line = refused("train", "--resume", "-o", tmp_path / "run")
    assert line == f"{tmp_path / 'run'}: nothing to resume, it has no config.toml"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    assert "not a run folder" in refused("train", *SMALL, "--overwrite", "-o", tmp_path / "mine")


def test_a_damaged_data_set(refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mnist").mkdir()
    for split in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (tmp_path / "mnist" / f"{split}-{kind}-ubyte.gz").write_bytes(gzip.compress(os.urandom(100)))
    monkeypatch.setenv("HADAMRNN_DATA", str(tmp_path))
    line = refused("train", "--task", "mnist", "-o", tmp_path / "run")
    assert "train-images-idx3-ubyte.gz" in line
