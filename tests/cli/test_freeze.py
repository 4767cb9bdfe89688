import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.cli.group import hadamrnn
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.integer import DenseNetwork, quantise_inputs, read_frozen, read_network
from hadamrnn.sim import reference

from .conftest import Run

OPTIONS = ("--task", "digits", "--hidden", "16", "--block", "4", "--epochs", "8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the digits, d = 16, n = 4: some seconds of training."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.raises(SystemExit) as exit_:
        hadamrnn(["train", *OPTIONS, "-o", str(folder)])
    assert exit_.value.code == 0
    return folder


def test_float_and_integer_accuracy_are_side_by_side(run: Run, trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    outcome = run("freeze", trained, "-o", path, "--state-bits", "12")
    assert outcome.status == 0, outcome
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    network, task = read_network(path), load_task("digits")
    classes = reference.run(network, quantise_inputs(network, task.test.x)).classes
    in_integers = float(np.mean(classes == task.test.y))
    in_float = json.loads((trained / "result.json").read_text())["test"]["accuracy"]
    assert f"float {in_float:.2%}  integer {in_integers:.2%}  (360 sequences)" in outcome.out
    assert in_float > 0.5
    assert in_integers == pytest.approx(in_float, abs=0.02)
    assert (network.hidden_size, network.block_size, network.state_bits) == (16, 4, 12)
    assert network.labels == tuple("0123456789")


def test_the_file_says_where_it_comes_from(run: Run, trained: Path, tmp_path: Path) -> None:
    outcome = run("freeze", trained, "-o", tmp_path / "net.safetensors", "--state-bits", "9", "--json")
    result = json.loads(outcome.out)
    network = read_network(tmp_path / "net.safetensors")
    assert network.state_bits == 9
    assert network.trained["config"] == (trained / "config.toml").read_text()
    assert network.trained["float_accuracy"]["test"] == result["accuracy"]["float"]
    assert network.trained["test"] == {**result["test"], "sequences": 360, "saturations": result["saturations"]}
    assert result["freeze"]["input_shift"] == network.input_shift
    assert result["accuracy"]["test_sequences"] == 360


def test_equal_runs_give_equal_files(run: Run, trained: Path, tmp_path: Path) -> None:
    for name in ("a.safetensors", "b.safetensors"):
        assert run("freeze", trained, "-o", tmp_path / name).status == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.long
def test_a_frozen_network_is_verified_on_its_task(run: Run, trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    assert run("freeze", trained, "-o", path).status == 0
    outcome = run("verify", path, "--task", "digits", "--sequences", "3", "--lanes", "4", "--json")
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    assert (report["passed"], report["sequences"], report["steps"]) == (True, 3, 3 * 64)


def test_runs_that_cannot_be_frozen(refused: Callable[..., str], trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    assert refused("freeze", tmp_path / "nothing", "-o", path).startswith(f"{tmp_path / 'nothing'}: not a run folder")
    for folder in (trained, tmp_path / "nothing"):  # before a run is read
        assert refused("freeze", folder, "-o", path, "--state-bits", "40") == "--state-bits must be 4 to 24, not 40"
    unfinished = tmp_path / "unfinished"
    shutil.copytree(trained, unfinished)
    (unfinished / "result.json").unlink()
    assert "not finished" in refused("freeze", unfinished, "-o", path)
    damaged = tmp_path / "damaged"
    shutil.copytree(trained, damaged)
    (damaged / "best.pt").write_bytes((damaged / "best.pt").read_bytes()[:200])
    assert str(damaged / "best.pt") in refused("freeze", damaged, "-o", path)


def test_outputs_that_cannot_be_written(refused: Callable[..., str], trained: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "net.safetensors"
    assert refused("freeze", trained, "-o", absent) == f"-o {absent}: there is no folder {absent.parent}"
    assert refused("freeze", trained, "-o", tmp_path) == f"-o {tmp_path}: is a folder, expected a file name"
    os.mkfifo(tmp_path / "pipe")
    line = refused("freeze", trained, "-o", tmp_path / "pipe")
    assert line == f"-o {tmp_path / 'pipe'}: is no regular file, expected the name of one, or of a new one"


def test_loss_size_and_certificate_are_reported(run: Run, trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    outcome = run("freeze", trained, "-o", path, "--state-bits", "10", "--json")
    result = json.loads(outcome.out)
    network, task = read_network(path), load_task("digits")
    logits = reference.run(network, quantise_inputs(network, task.test.x)).logits * network.logit_scale
    logits -= logits.max(axis=1, keepdims=True)
    loss = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), task.test.y])
    assert result["test"]["integer"]["loss"] == pytest.approx(loss)
    in_float = json.loads((trained / "result.json").read_text())["test"]
    assert result["test"]["float"]["loss"] == in_float["loss"]
    certificate = result["freeze"]["certificate"]
    assert certificate["steps"] == 64
    assert certificate["safe_state_bits"] > 10
    assert result["freeze"]["kilobytes"] == result["freeze"]["stored_bits"] / 8000
    text = run("freeze", trained, "-o", path, "--state-bits", "10").out
    bits = certificate["safe_state_bits"]
    assert f"proven for inputs 0 to 255: {bits} state bits never saturate in 64 steps; 10 bits " in text
    seen = result["freeze"]["data_certificate"]
    assert seen["input_range"] == [0, 16]
    assert seen["safe_state_bits"] < bits
    assert f"proven for inputs 0 to 16: {seen['safe_state_bits']} state bits" in text
    assert f"test loss  float {in_float['loss']:.4g}  integer {loss:.4g}" in text
    assert f"{result['freeze']['kilobytes']:.2f} kB (of 1000 bytes)" in text


def test_fine_tuning_is_reported_and_frozen(run: Run, trained: Path, tmp_path: Path) -> None:
    path, arguments = tmp_path / "net.safetensors", ("--state-bits", "5", "--fine-tune", "40")
    outcome = run("freeze", trained, "-o", path, *arguments, "--json")
    result = json.loads(outcome.out)
    tuned, network, task = result["fine_tuning"], read_network(path), load_task("digits")
    assert tuned["after"]["accuracy"] >= tuned["before"]["accuracy"]
    assert network.trained["fine_tuning"] == tuned
    assert network.input_shift == tuned["input_shift"]
    found = reference.run(network, quantise_inputs(network, task.validation.x))
    assert np.mean(found.classes == task.validation.y) == tuned["after"]["accuracy"]
    text = run("freeze", trained, "-o", path, *arguments).out
    before, after = (f"{tuned[when]['accuracy']:.2%}" for when in ("before", "after"))
    how = f"best after {tuned['steps']} steps" if tuned["steps"] else "with none of its steps"
    unit = f", a state unit {2 ** tuned['finer_unit']} times as fine" if tuned["finer_unit"] else ""
    assert f"fine-tuning: accuracy {before} to {after} on validation data, {how}{unit}\n" in text
    coarse = tmp_path / "calibrated.safetensors"
    run("freeze", trained, "-o", coarse, "--state-bits", "5")
    assert tuned["finer_unit"] == network.input_shift - read_network(coarse).input_shift


def test_a_dense_network_says_how_near_to_orthogonal_it_is(run: Run, tmp_path: Path) -> None:
    config = '[task]\nname = "digits"\n[network]\nkind = "qornn"\nhidden_size = 8\n[training]\nepochs = 1\n'
    (tmp_path / "qornn.toml").write_text(config)
    trained = run("train", tmp_path / "qornn.toml", "-o", tmp_path / "run")
    assert trained.status == 0
    assert trained.out.startswith(f"{tmp_path / 'run'}: digits, d = 8, dense of 4 bits, ste-bjorck")
    path = tmp_path / "net.safetensors"
    outcome = run("freeze", tmp_path / "run", "-o", path, "--json")
    assert outcome.status == 0
    near = json.loads(outcome.out)["freeze"]["orthogonality"]
    network = read_frozen(path)
    assert isinstance(network, DenseNetwork)
    values = np.linalg.svd(network.recurrent_weight * network.recurrent_scale, compute_uv=False)
    assert (near["largest"], near["smallest"]) == pytest.approx((values[0], values[-1]))
    lines = run("freeze", tmp_path / "run", "-o", path).out.splitlines()
    assert lines[0].startswith(f"{path}: d = 8, dense recurrent matrix, 12 state bits, ")
    assert f"  recurrent matrix: singular values {values[-1]:.4f} to {values[0]:.4f}, spectral radius " in lines[-2]
    assert lines[-1].startswith(f"  bounded by {near['bounds'][0]:.4f} to {near['bounds'][1]:.4f} for steps of ")
    assert run("runs", tmp_path).status == 0


def test_a_network_trained_in_floats_is_quantised_as_said(
    run: Run, refused: Callable[..., str], trained: Path, tmp_path: Path
) -> None:
    options = ("--kind", "qornn", "--set", "strategy=ptq", "--hidden", "8", "--epochs", "1")
    assert run("train", "--task", "digits", *options, "-o", tmp_path / "run").status == 0
    path, formats = tmp_path / "net.safetensors", ("--set", "recurrent_bits=3", "--set", "recurrent_scale=max")
    outcome = run("freeze", tmp_path / "run", "-o", path, *formats)
    assert outcome.status == 0
    assert "rounded to a grid of" not in outcome.out
    network = read_frozen(path)
    assert isinstance(network, DenseNetwork)
    assert network.recurrent_bits == 3
    assert 'recurrent_scale = "max"' in network.trained["config"]
    assert "rounded to a grid of" in run("freeze", tmp_path / "run", "-o", path).out
    assert refused("freeze", tmp_path / "run", "-o", path, "--set", "hidden_size=9").startswith("unknown format")
    assert refused("freeze", trained, "-o", path, *formats).endswith("strategy 'ptq': this run is a hadamard")
