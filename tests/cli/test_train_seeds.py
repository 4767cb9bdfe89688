import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

SMALL = ("--task", "digits", "--hidden", "8", "--block", "4", "--epochs", "2", "--batch-size", "200")


def test_several_seeds_are_trained_and_summed_up(run: Run, tmp_path: Path) -> None:
    outcome = run("train", *SMALL, "--seeds", "4", "7", "-o", tmp_path / "runs", "--json")
    assert outcome.status == 0, outcome
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["seed-4", "seed-7"]
    found = json.loads(outcome.out)
    results = {name: json.loads((tmp_path / "runs" / name / "result.json").read_text()) for name in found["runs"]}
    assert found["runs"] == results
    assert [result["seed"] for result in results.values()] == [4, 7]
    accuracies = [result["test"]["accuracy"] for result in results.values()]
    assert accuracies[0] != accuracies[1]
    assert found["summary"]["test"]["accuracy"]["mean"] == pytest.approx(sum(accuracies) / 2)
    text = run("train", "--resume", "-o", tmp_path / "runs").out
    assert f"test accuracy: mean {sum(accuracies) / 2:.2%}, {min(accuracies):.2%} to {max(accuracies):.2%}" in text


def test_a_seed_among_several_is_the_run_of_that_seed_alone(run: Run, tmp_path: Path) -> None:
    assert run("train", *SMALL, "--seeds", "4", "-o", tmp_path / "runs").status == 0
    assert run("train", *SMALL, "--seed", "4", "-o", tmp_path / "alone").status == 0
    several, alone = (
        json.loads((tmp_path / name / "result.json").read_text())["test"] for name in ("runs/seed-4", "alone")
    )
    assert several == alone


def test_seeds_are_resumed_as_a_whole(run: Run, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert run("train", *SMALL, "--seeds", "0", "1", "2", "-o", runs).status == 0
    kept = (runs / "seed-0" / "result.json").read_bytes()
    whole = json.loads((runs / "seed-1" / "result.json").read_text())
    (runs / "seed-1" / "result.json").unlink()  # killed in the second one
    for path in (runs / "seed-2").iterdir():
        if path.name != "config.toml":
            path.unlink()
    outcome = run("train", "--resume", "-o", runs, "--json")
    assert outcome.status == 0, outcome
    assert list(json.loads(outcome.out)["runs"]) == ["seed-0", "seed-1", "seed-2"]
    assert (runs / "seed-0" / "result.json").read_bytes() == kept
    assert json.loads((runs / "seed-1" / "result.json").read_text())["test"] == whole["test"]
    further = run("train", *SMALL, "--seeds", "0", "3", "--resume", "-o", runs)
    assert further.status == 0, further
    assert (runs / "seed-3" / "result.json").exists()


def test_no_seed_is_begun_where_one_folder_is_taken(run: Run, refused: Callable[..., str], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert run("train", *SMALL, "--seed", "1", "-o", runs / "seed-1").status == 0
    line = refused("train", *SMALL, "--seeds", "0", "1", "-o", runs)
    assert line.startswith(f"{runs / 'seed-1'}: holds a finished run")
    assert run("train", *SMALL, "--seeds", "0", "1", "-o", runs, "--overwrite").status == 0
    absent = ("--task", "arrays", "--option", "path=absent.npz", "--hidden", "8")
    assert "absent.npz" in refused("train", *absent, "--seeds", "0", "1", "-o", runs, "--overwrite")
    assert (runs / "seed-1" / "result.json").exists()


def test_a_baseline_is_trained_from_the_same_configuration(run: Run, tmp_path: Path) -> None:
    assert run("train", *SMALL, "-o", tmp_path / "run").status == 0
    config = tmp_path / "run" / "config.toml"
    outcome = run("train", config, "--kind", "lstm", "-o", tmp_path / "lstm")
    assert outcome.status == 0, outcome
    assert outcome.out.startswith(f"{tmp_path / 'lstm'}: digits, d = 8, LSTM\n")
    used = (tmp_path / "lstm" / "config.toml").read_text()
    assert 'kind = "lstm"' in used
    assert "block_size" not in used
    assert "batch_size = 200" in used


def test_any_key_of_the_configuration_can_be_set(run: Run, tmp_path: Path) -> None:
    assert run("train", *SMALL, "-o", tmp_path / "run").status == 0
    config, settings = tmp_path / "run" / "config.toml", ("strategy=ptq", "recurrent_bits = 5", "decay=1.0")
    options = [word for setting in settings for word in ("--set", setting)]
    outcome = run("train", config, "--kind", "qornn", *options, "-o", tmp_path / "dense")
    assert outcome.status == 0, outcome
    assert outcome.out.startswith(f"{tmp_path / 'dense'}: digits, d = 8, dense of 5 bits, ptq\n")
    used = set((tmp_path / "dense" / "config.toml").read_text().splitlines())
    assert {'strategy = "ptq"', "recurrent_bits = 5", "decay = 1.0", "batch_size = 200"} <= used


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seeds", "0", "0"), "--seeds must be different, 0 comes twice"),
        (("--seeds", "0", "1", "--seed", "2"), "--seed does not go with --seeds"),
        (("--seeds", "-1"), "seed must be an integer from 0 to 18446744073709551615, not -1"),
        (
            ("--kind", "rnn"),
            "--kind must be one of hadamard, qornn, float, lstm, ",
        ),
        (("--set", "epochs"), "--set must be KEY=VALUE, not 'epochs'"),
        (("--set", "epoch=3"), "unknown 'epoch'; settings: kind, hidden_size, block_size, "),
        (("--set", "seed=1", "--set", "seed=2"), "--set seed comes twice"),
        (("--set", "epochs=1"), "--set epochs does not go with its option"),
        (("--seeds", "0", "1", "--set", "seed=5"), "--set seed does not go with its option"),
        (("--kind", "qornn", "--set", "kind=lstm"), "--set kind does not go with its option"),
        (("--set", "hidden_size=16"), "--set hidden_size does not go with its option"),
        (("--set", "decay=fast"), "decay must be a number above 0 and at most 1 or 'cosine', not 'fast'"),
        (("--set", "strategy=ptq"), "[network] strategy does not go with kind 'hadamard', which has no use for it"),
        (
            ("--set", "sign_schedule=published"),
            "[training] sign_schedule goes with signs = 'learned' only, not 'searched'",
        ),
        (("--set", "recurrent_rate=0.5"), "[training] recurrent_rate goes with kind = 'qornn' or 'ornn' only, not "),
        (("--kind", "qornn"), "--block does not go with --kind qornn"),
        (("--embedding", "3"), "[network] embedding_size goes with tasks whose inputs are tokens"),
        (("--device", "tpu"), "--device must be cpu, cuda or cuda:N, not 'tpu'"),
        (("--device", "cuda:99"), "device 'cuda:99' is not there: torch finds "),
    ],
)
def test_options_that_cannot_be(
    refused: Callable[..., str], tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    assert refused("train", *SMALL, *options, "-o", tmp_path / "run").startswith(message)


def test_a_baseline_is_not_frozen(run: Run, refused: Callable[..., str], tmp_path: Path) -> None:
    assert run("train", *SMALL, "--kind", "float", "-o", tmp_path / "run").status == 0
    line = refused("freeze", tmp_path / "run", "-o", tmp_path / "net.safetensors")
    assert line == f"{tmp_path / 'run'}: a run of kind 'float' is a baseline and cannot be frozen to integers"
