"""Runs on data of the user's own: from any folder, and on no other data than those that they were trained on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from hadamrnn.errors import DataError, InputError
from hadamrnn.model.checkpoint import read_checkpoint, write_checkpoint
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.progress import StepReport
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, parse_config, read_config
from hadamrnn.quant.experiment import begin, load_run, train
from hadamrnn.quant.own_data import located, portable, same_data
from hadamrnn.quant.run_folder import BEST, CONFIG, LAST, RESULT

CHANGED = "no longer holds the data that this run was trained on"


def configuration(path: object, *, epochs: int = 2) -> ExperimentConfig:
    return ExperimentConfig(
        task="arrays",
        task_options={"path": str(path)},
        network=NetworkOptions(hidden_size=8),
        training=TrainingOptions(epochs=epochs, batch_size=10),
    )


def arrays(path: Path, *, classes: int = 2, inputs: int = 2, kind: str = "float32", seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    x = random.integers(-9, 9, (60, 4, inputs)).astype(kind)
    np.savez(path, x=x, y=np.arange(60) % classes)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data.npz`` and a run on it, ``run``."""
    folder = tmp_path_factory.mktemp("own")
    train(configuration(arrays(folder / "data.npz")), folder / "run")
    return folder


@pytest.fixture
def own(finished: Path, tmp_path: Path) -> Path:
    """A copy of that, with the path to the copied data, which are the working folder's."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (tmp_path / "run" / CONFIG).write_text(configuration(tmp_path / "data.npz").to_toml())
    return tmp_path


def forget_digest(run: Path) -> None:
    """Make a run one from before checkpoints had a digest."""
    for name in (LAST, BEST):
        state = read_checkpoint(run / name)
        del state["data"]
        write_checkpoint(run / name, state)


def test_a_run_goes_on_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(report: StepReport) -> None:
        if (report.epoch, report.step) == (1, 2):
            raise KeyboardInterrupt

    (tmp_path / "elsewhere").mkdir()
    arrays(tmp_path / "data.npz")
    monkeypatch.chdir(tmp_path)
    whole = train(configuration("data.npz"), Path("whole"))
    assert whole.config.task_options["path"] == str(tmp_path / "data.npz")
    assert read_config(Path("whole", CONFIG)) == whole.config
    with pytest.raises(KeyboardInterrupt):
        train(configuration("data.npz"), Path("stopped"), report=stop)
    begin(configuration("elsewhere/../data.npz"), Path("begun"))
    monkeypatch.chdir("elsewhere")
    for name in ("stopped", "begun"):
        folder = tmp_path / name
        run = train(configuration("../data.npz"), folder, resume=True)
        for key, tensor in whole.network.state_dict().items():
            assert torch.equal(run.network.state_dict()[key], tensor), key
        assert load_run(folder).config == whole.config


def test_a_relative_path_of_an_older_run_is_that_from_the_working_folder(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_digest(own / "run")
    (own / "run" / CONFIG).write_text(configuration("data.npz").to_toml())
    monkeypatch.chdir(own)
    assert load_run(Path("run")).task.digest is not None
    for path in ("data.npz", own / "data.npz", "run/../data.npz"):
        assert train(configuration(path), Path("run"), resume=True).config == configuration("data.npz")
    with pytest.raises(InputError, match=rf'\[task\] path: "{own}/data.npz", not "{own}/other.npz"$'):
        train(configuration("other.npz"), Path("run"), resume=True)
    monkeypatch.chdir(own / "run")
    with pytest.raises(DataError) as error:
        load_run(own / "run")
    where = f"{own / 'run' / 'data.npz'}: cannot be read (No such file or directory)"
    assert str(error.value) == f"{own / 'run'}: the data of this run: {where}; 'data.npz' was searched in {own / 'run'}"


def test_paths_are_spelt_for_the_run_for_comparison_and_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    for path in ("a", "a/", "./a", "a/../a", tmp_path / "a"):
        config = configuration(path)
        assert located(config) == located(located(config)) == same_data(config) == configuration(tmp_path / "a")
        assert portable(config) == portable(portable(config)) == configuration("a")
    assert located(configuration("link")) == configuration(tmp_path / "link")
    assert same_data(configuration("link")) == configuration(tmp_path / "a")
    digits = parse_config('[task]\nname = "digits"\n[network]\nhidden_size = 8\n')
    for config in (digits, configuration("")):
        assert located(config) == same_data(config) == portable(config) == config


def test_the_file_of_the_frozen_network_names_no_folder(own: Path) -> None:
    assert parse_config(load_run(own / "run").origin["config"]) == configuration("data.npz")


@pytest.mark.parametrize(
    "changed",
    [{"kind": "int16"}, {"kind": "float64"}, {"seed": 1}, {"classes": 5}, {"inputs": 3}],
    ids=lambda changed: next(iter(changed)),
)
def test_other_data_are_refused(own: Path, changed: dict) -> None:
    run, path = own / "run", arrays(own / "data.npz", **changed)
    advice = "put the data of the run back there, or train again in another folder"
    for _ in range(2):  # once finished, once not
        with pytest.raises(DataError) as error:
            train(configuration(path), run, resume=True)
        assert str(error.value) == f"{run}: {path} {CHANGED}; {advice}"
        if (run / RESULT).exists():
            with pytest.raises(DataError, match=CHANGED):
                load_run(run)
        (run / RESULT).unlink(missing_ok=True)
    arrays(path)
    assert train(configuration(path), run, resume=True).result["epochs"] == 2


@pytest.mark.parametrize("kind", ["hadamard", "qornn", "lstm", "fastrnn"])
@pytest.mark.parametrize("changed", [{"classes": 5}, {"inputs": 3}], ids=["classes", "inputs"])
def test_data_of_other_sizes_are_named_without_a_digest(tmp_path: Path, kind: str, changed: dict) -> None:
    path, run = arrays(tmp_path / "data.npz"), tmp_path / "run"
    config = configuration(path, epochs=1).replace_kind(kind)
    train(config, run)
    forget_digest(run)
    load_run(run)
    arrays(path, **changed)
    what = "outputs" if "classes" in changed else "inputs"
    message = rf"^{run}: {path} needs {sum(changed.values())} {what}, this run has 2, so it holds other data than"
    with pytest.raises(DataError, match=message):
        load_run(run)
    (run / RESULT).unlink()
    with pytest.raises(DataError, match=message):
        train(config, run, resume=True)


def test_data_that_are_gone_are_refused_with_the_name_of_the_run(own: Path) -> None:
    (own / "data.npz").unlink()
    with pytest.raises(DataError) as error:
        load_run(own / "run")
    reason = f"{own / 'data.npz'}: cannot be read (No such file or directory)"
    assert str(error.value) == f"{own / 'run'}: the data of this run: {reason}"
