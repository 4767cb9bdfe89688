"""Experiments: what a run folder holds, when it is refused, and that it gives the network back."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.checkpoint import read_checkpoint, write_checkpoint
from hadamrnn.model.objective import Evaluation
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.progress import StepReport
from hadamrnn.model.split import Split
from hadamrnn.model.training import evaluate
from hadamrnn.quant import experiment
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, parse_config
from hadamrnn.quant.experiment import Run, load_run, train
from hadamrnn.quant.run_folder import BEST, CONFIG, FILES, LAST, RESULT

CONFIGURATION = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=16, block_size=8, weight_bits=3),
    training=TrainingOptions(epochs=3, batch_size=100),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run."""
    return train(CONFIGURATION, tmp_path_factory.mktemp("runs") / "deep" / "run")


def test_the_folder_holds_all_of_the_run(run: Run) -> None:
    assert sorted(path.name for path in run.folder.iterdir()) == sorted(FILES)
    assert parse_config((run.folder / CONFIG).read_text()) == CONFIGURATION
    assert json.loads((run.folder / RESULT).read_text()) == run.result


def test_the_result_is_that_of_the_network(run: Run) -> None:
    for split in ("train", "validation", "test"):
        found = evaluate(run.network, getattr(run.task, split))
        assert run.result[split] == asdict(found)
    assert run.result["parameters"] == 16 + 16 + 16 + 160 + 10
    assert run.result["shape"] == {"input_size": 1, "output_size": 10, "input_kind": "vector", "readout": "last"}
    assert {"hadamrnn", "torch", "brevitas", "numpy", "python", "scikit-learn"} == set(run.result["versions"])


def test_the_result_of_a_large_split_is_that_of_its_first_sequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment, "EVALUATED", 100)
    run = train(CONFIGURATION.replace(epochs=1), tmp_path)
    for split in ("train", "validation", "test"):
        x, y, lengths = getattr(run.task, split).batch(np.arange(100))
        assert run.result[split] == asdict(evaluate(run.network, Split(x=x, y=y, lengths=lengths)))


def test_a_loss_that_is_not_finite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that holds NaN would not be JSON."""
    found = Evaluation(loss=float("nan"), accuracy=0.1, sequence_accuracy=None)
    monkeypatch.setattr(experiment, "evaluate", lambda *_: found)
    with pytest.raises(
        InputError, match=r"^the loss of the trained network is not finite: some sequences are too large"
    ):
        train(CONFIGURATION.replace(epochs=1), tmp_path / "run")
    assert not (tmp_path / "run" / RESULT).exists()


def test_patience_ends_a_run_early(tmp_path: Path) -> None:
    impatient = CONFIGURATION.replace(epochs=50, patience=1, learning_rate=0.3)
    result = train(impatient, tmp_path).result
    assert result["best_epoch"] == result["epochs"] - 1 < 49
    assert train(impatient, tmp_path, resume=True).result == result


def test_weights_are_quantised_as_configured(run: Run) -> None:
    integers, step = run.network.input_quantiser.integers(run.network.input_weight)
    assert (int(integers.min()), int(integers.max())) in {(-4, 3), (-3, 3), (-4, 2)}
    assert run.network.input_quantiser.bits == 3
    assert step == float(run.network.input_weight.detach().abs().max()) / 4


def test_loading_gives_the_network_back(run: Run) -> None:
    loaded = load_run(run.folder)
    assert loaded.config == run.config
    assert loaded.result == run.result
    for name, tensor in run.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], tensor), name


def test_the_origin_says_how_to_repeat_it(run: Run) -> None:
    assert parse_config(run.origin["config"]) == CONFIGURATION
    assert run.origin["float_accuracy"]["test"] == run.result["test"]["accuracy"]
    assert json.loads(json.dumps(run.origin)) == run.origin


def test_an_interrupted_run_resumes_to_the_same_network(run: Run, tmp_path: Path) -> None:
    def stop(report: StepReport) -> None:
        if (report.epoch, report.step) == (1, 5):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(CONFIGURATION, tmp_path, report=stop)
    with pytest.raises(InputError, match=r"this run is not finished, it has no result\.json; resume it first$"):
        load_run(tmp_path)
    with pytest.raises(
        InputError, match=r"holds an unfinished run; resume it, overwrite it, or choose another folder$"
    ):
        train(CONFIGURATION, tmp_path)
    epochs = []
    resumed = train(CONFIGURATION, tmp_path, resume=True, report=lambda report: epochs.append(report.epoch))
    assert set(epochs) == {1, 2}  # not from the start
    for name, tensor in run.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], tensor), name
    assert _untimed(resumed.result) == _untimed(run.result)


def test_a_run_killed_before_its_first_checkpoint_resumes(run: Run, tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(CONFIGURATION.to_toml())
    (tmp_path / ".last.pt.1234").write_bytes(b"PK")
    resumed = train(CONFIGURATION, tmp_path, resume=True)
    assert resumed.result["test"] == run.result["test"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_run_killed_while_its_configuration_was_written_resumes(run: Run, tmp_path: Path) -> None:
    (tmp_path / f".{CONFIG}.1234").write_text("[ta")
    for folder in (tmp_path, tmp_path / "not yet there"):
        assert train(CONFIGURATION, folder, resume=True).result["test"] == run.result["test"]
        assert sorted(path.name for path in folder.iterdir() if path.is_file()) == sorted(FILES)


def test_resuming_a_finished_run_gives_it_back(run: Run) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()}
    assert train(CONFIGURATION, run.folder, resume=True).result == run.result
    assert {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()} == before


def test_a_finished_run_is_not_overwritten_by_accident(run: Run, tmp_path: Path) -> None:
    before = (run.folder / RESULT).read_bytes()
    with pytest.raises(InputError, match=r"holds a finished run; resume it, overwrite it, or choose another folder$"):
        train(CONFIGURATION, run.folder)
    assert (run.folder / RESULT).read_bytes() == before
    short = CONFIGURATION.replace(epochs=1)
    train(short, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    again = train(CONFIGURATION.replace(epochs=2), tmp_path, overwrite=True)
    assert again.result["epochs"] == 2
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_configuration_of_an_older_version_resumes_with_defaults(run: Run, tmp_path: Path) -> None:
    old = [line for line in CONFIGURATION.to_toml().splitlines() if not line.startswith(("kind", "embedding_size"))]
    (tmp_path / CONFIG).write_text("\n".join(old))
    assert train(CONFIGURATION, tmp_path, resume=True).result["test"] == run.result["test"]


def test_a_run_from_before_biases_were_centred_says_so(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / CONFIG).write_text((run.folder / CONFIG).read_text().replace('bias = "centred"\n', ""))
    for name in (LAST, BEST):
        state = read_checkpoint(tmp_path / name)
        del state["network"]["input_mean"]
        write_checkpoint(tmp_path / name, state)
    reason = "(it has no mean input to centre biases about; such runs go on with bias = 'plain')"
    with pytest.raises(InputError) as error:
        load_run(tmp_path)
    assert str(error.value) == f"{tmp_path / BEST}: does not fit config.toml {reason}"
    (tmp_path / RESULT).unlink()
    with pytest.raises(InputError) as error:
        train(CONFIGURATION, tmp_path, resume=True)
    assert str(error.value) == f"{tmp_path / LAST}: a checkpoint of another network {reason}"
    (tmp_path / CONFIG).write_text((run.folder / CONFIG).read_text().replace('"centred"', '"plain"'))
    (tmp_path / RESULT).write_text((run.folder / RESULT).read_text())
    assert load_run(tmp_path).network.input_mean is None


@pytest.mark.quick("float", "lstm", "ornn")
@pytest.mark.parametrize("kind", ["float", "lstm", "gru", "fastrnn", "fastgrnn", "ornn"])
def test_baselines_train_load_and_are_not_frozen(kind: str, tmp_path: Path) -> None:
    finished = train(CONFIGURATION.replace_kind(kind).replace(epochs=2), tmp_path / "run")
    assert finished.result["kind"] == kind
    assert finished.result["test"]["accuracy"] > 0.12  # of ten classes
    loaded = load_run(tmp_path / "run")
    assert evaluate(loaded.network, loaded.task.test) == evaluate(finished.network, loaded.task.test)
    with pytest.raises(InputError) as error:
        loaded.origin  # noqa: B018
    reason = f"a run of kind '{kind}' is a baseline and cannot be frozen to integers"
    assert str(error.value) == f"{tmp_path / 'run'}: {reason}"


def test_resuming_another_configuration_is_refused(run: Run) -> None:
    with pytest.raises(InputError) as error:
        train(CONFIGURATION.replace(seed=4), run.folder, resume=True)
    assert str(error.value).endswith("holds a run of another configuration: [training] seed: 0, not 4")


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"not empty and not a run folder, expected a new or empty folder$"):
            train(CONFIGURATION, tmp_path, overwrite=overwrite)
    with pytest.raises(InputError, match=r"a file is in the way, expected a new or empty folder$"):
        train(CONFIGURATION, tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match=r"nothing to resume, it has no config\.toml$"):
        train(CONFIGURATION, tmp_path, resume=True)
    with pytest.raises(InputError, match=r"not a run folder, it has no config\.toml$"):
        load_run(tmp_path)
    for seed in (1, 0):
        (tmp_path / f"seed-{seed}").mkdir()
        (tmp_path / f"seed-{seed}" / CONFIG).touch()
    with pytest.raises(InputError, match=r"it has no config\.toml, but runs in it: seed-0, seed-1$"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (RESULT, b"{", "result.json: not JSON"),
        ("best.pt", b"PK", "best.pt: not a readable checkpoint"),
        (
            CONFIG,
            CONFIGURATION.to_toml().replace("hidden_size = 16", "hidden_size = 32").encode(),
            "best.pt: does not fit config.toml (sign_latents of shape (16,), expected (32,))",
        ),
        (CONFIG, b"[task]", "config.toml: [task] needs a name"),
    ],
)
def test_damaged_files_are_refused(run: Run, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    for path in run.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        load_run(tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def _untimed(result: dict) -> dict:
    return {**result, "seconds": 0, "searched": {**result["searched"], "seconds": 0}}


def test_a_search_that_cannot_be_leaves_no_folder(tmp_path: Path) -> None:
    embedded = ExperimentConfig(
        task="copy",
        task_options={"sequences": 10},
        network=NetworkOptions(hidden_size=16, block_size=8, embedding_size=4),
    )
    with pytest.raises(InputError, match="signs cannot be searched with an embedding for task 'copy'"):
        train(embedded, tmp_path / "run")
    assert not (tmp_path / "run").exists()
