"""New entries: three files that agree with each other, or none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn import zoo
from hadamrnn.errors import InputError
from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, read_config
from hadamrnn.quant.experiment import Run, train
from hadamrnn.quant.integer import DenseNetwork, quantise_inputs, read_frozen, read_network
from hadamrnn.quant.integer.size import stored_bits
from hadamrnn.sim import reference
from hadamrnn.zoo import add
from hadamrnn.zoo.add import add_entry


def test_an_entry_says_what_its_network_is_worth(finished: Run, tmp_path: Path) -> None:
    one = add_entry(finished, "digits-16", state_bits=10, folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"digits-16.{kind}" for kind in ("json", "safetensors", "toml")
    ]
    assert one == zoo.entry("digits-16", tmp_path)
    about, network, test = one.description, read_network(one.network), finished.task.test
    assert read_config(one.config) == finished.config
    assert (about["task"], about["seed"], about["epochs"], about["test_sequences"]) == ("digits", 2, 5, 360)
    assert (about["network"]["hidden_size"], about["network"]["blocks"], about["network"]["state_bits"]) == (16, 4, 10)
    assert about["float"] == finished.result["test"]
    result = reference.run(network, quantise_inputs(network, test.x))
    assert about["integer"]["accuracy"] == pytest.approx((result.classes == test.y).mean())
    assert about["integer"]["saturations"] == result.saturations
    assert about["file_bytes"] == one.network.stat().st_size
    assert about["stored_bits"] == about["freeze_report"]["stored_bits"] == stored_bits(network)
    assert about["commands"] == [
        "hadamrnn train zoo:digits-16 -o run",
        "hadamrnn zoo add run digits-16 --state-bits 10 --input-bits 8 --fine-tune 0 --folder .",
    ]


def test_a_dense_network(tmp_path: Path) -> None:
    options = NetworkOptions(kind="qornn", hidden_size=8, recurrent_bits=3, activation="relu")
    config = ExperimentConfig(task="digits", network=options, training=TrainingOptions(epochs=1, seed=4))
    one = add_entry(train(config, tmp_path / "run"), "digits-8", state_bits=9, folder=tmp_path)
    about, network = one.description, read_frozen(one.network)
    assert isinstance(network, DenseNetwork)
    assert about["stored_bits"] == stored_bits(network)
    assert about["integer"]["saturations"] >= 0
    expected = {"family": "dense", "hidden_size": 8, "recurrent_bits": 3, "activation": "relu", "state_bits": 9}
    expected |= {"strategy": "ste-bjorck", "recurrent_scale": "spectral", "weights": 4}
    assert {key: about["network"][key] for key in expected} == expected
    assert about["freeze_report"]["orthogonality"]["spectral_radius"] > 0


def test_fine_tuning_is_part_of_the_entry(finished: Run, tmp_path: Path) -> None:
    one = add_entry(finished, "digits-16", state_bits=6, fine_tune=20, folder=tmp_path)
    tuning, network = one.description["fine_tuning"], read_network(one.network)
    assert one.description["freeze"] == {"state_bits": 6, "input_bits": 8, "fine_tune": 20}
    assert network.trained["fine_tuning"] == tuning
    assert network.input_shift == tuning["input_shift"]
    assert one.description["commands"][1].endswith(" --fine-tune 20 --folder .")
    with pytest.raises(InputError, match=r"^fine_tune must be at least 0 steps, not -1$"):
        add_entry(finished, "b", fine_tune=-1, folder=tmp_path)


def test_the_same_run_gives_the_same_files(finished: Run, tmp_path: Path) -> None:
    files = []
    for _ in range(2):
        add_entry(finished, "digits-16", folder=tmp_path, overwrite=True)
        files.append({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert files[0] == files[1]


@pytest.mark.parametrize("name", ["", "a b", "../a", "-a", "Digits", "a/b", "a\n"])
def test_names_that_cannot_be(finished: Run, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"^name must be of small letters, digits, hyphens and points, not "):
        add_entry(finished, name, folder=tmp_path)


def test_nothing_is_written_where_something_is_wrong(
    finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_entry(finished, "digits-16", folder=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=r"^zoo:digits-16: there is such a network already; overwrite it or choose"):
        add_entry(finished, "digits-16", folder=tmp_path)
    with pytest.raises(InputError, match=r"^state_bits must be 4 to 24, not 40$"):
        add_entry(finished, "b", state_bits=40, folder=tmp_path)
    monkeypatch.setattr(add, "LARGEST_BYTES", 1000)
    with pytest.raises(InputError, match=r"^zoo:b: the network file has \d+ bytes, expected at most 1000$"):
        add_entry(finished, "b", folder=tmp_path)
    with pytest.raises(InputError, match=r"^cannot write to .*nothing: No such file or directory$"):
        add_entry(finished, "b", large=True, folder=tmp_path / "nothing")
    baseline = replace(finished, config=finished.config.replace_kind("float"))
    with pytest.raises(InputError, match=r"is a baseline and cannot be frozen to integers$"):
        add_entry(baseline, "b", folder=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert add_entry(finished, "b", large=True, folder=tmp_path).name == "b"


def test_the_description_is_plain_json(finished: Run, tmp_path: Path) -> None:
    one = add_entry(finished, "digits-16", folder=tmp_path)
    assert json.loads((tmp_path / "digits-16.json").read_text()) == one.description
