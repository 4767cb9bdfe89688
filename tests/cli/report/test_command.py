import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.cli.report import gather
from hadamrnn.errors import InputError
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.configuration import parse_config
from hadamrnn.quant.integer import IntegerNetwork, read_frozen, write_network
from hadamrnn.sim.state_error import state_error
from hadamrnn.sim.stimulus import random_dense_network
from hadamrnn.zoo import path as zoo_file

from ..conftest import Run, random_network
from ..finished_runs import finished_run
from .given import cosimulation, write_reports
from .pages import Page, svgs

TARGET = "ice40-up5k"
PARAMETERS = CoreParameters(lanes=2)


@pytest.fixture
def core(network: IntegerNetwork, tmp_path: Path) -> Path:
    folder = tmp_path / "core"
    generate(network, PARAMETERS, folder)
    write_reports(folder, network, PARAMETERS, TARGET)
    return folder


@pytest.fixture
def page(run: Run, tmp_path: Path) -> Callable[..., tuple[Page, dict]]:
    """Call the command; returns the page that it wrote and the JSON that it printed."""

    def call(*arguments: object) -> tuple[Page, dict]:
        outcome = run("report", *arguments, "-o", tmp_path / "report.html", "--json")
        assert outcome.status == 0, outcome
        return Page((tmp_path / "report.html").read_text()), json.loads(outcome.out)

    return call


def test_every_figure_is_what_it_was_made_from(
    page: Callable[..., tuple[Page, dict]], network: IntegerNetwork, network_file: Path, core: Path
) -> None:
    found, plain = page(network_file, "--dir", core, "--steps", "40", "--sequences", "5", "--seed", "2")
    sheet, check = DataSheet(network, PARAMETERS), cosimulation()

    inputs = np.random.default_rng(2).integers(0, 15, (5, 40, 1), endpoint=True)
    error = state_error(network, inputs)
    assert plain["state_error"]["mean"] == error.mean.tolist()
    assert plain["state_error"]["largest"] == error.largest.tolist()
    rows = found.rows("state-error")
    assert rows["mean error after 40 steps"] == [f"{error.mean[-1]:.3g} LSB"]
    assert rows["largest error of any state"] == [f"{error.largest.max():.3g} LSB"]
    assert rows["states that saturate"] == [f"{error.saturations:,} of 1,600"]
    assert error.saturations > 0

    assert plain["cycles"] == {"per_step": sheet.cycles_per_step, "steps": 40, "sequence": sheet.sequence_latency(40)}
    cycles = found.rows("cycles")
    assert cycles["one step to the next"] == [f"{sheet.cycles_per_step}", "11"]
    assert cycles["a sequence of 40 steps"] == [f"{sheet.sequence_latency(40)}", "not measured"]
    assert cycles["a sequence of 4 steps"] == [f"{sheet.sequence_latency(4)}", "83"]

    verification = found.rows("verification")
    assert verification["verdict"] == ["equal, bit for bit"]
    assert verification["results"] == ["2601"]
    assert verification["states"] == ["250001, those of 22 sequences"]
    assert verification["states that saturate"] == ["27"]
    assert verification["resets in the middle of sequences"] == ["23"]
    assert "0 differences in 250,001 states and 2,601 results" in found.texts
    assert plain["verification"]["clocks"] == check.clocks

    (estimate,) = plain["estimates"]
    costs = found.rows(f"cost-{TARGET}")
    assert costs["logic cells of 5,280"] == [
        f"{estimate['logic_cells']:,}",
        "1,234",
        f"{100 * (estimate['logic_cells'] / 1234 - 1):+.1f} %",  # less than 100 %
    ]
    assert costs["LUTs of 5,280"] == [f"{estimate['luts']:,}", "unknown", ""]
    assert costs["block RAMs of 30"][1] == "2"
    assert costs["clock, MHz"][:2] == [f"{estimate['clock_mhz']:,.1f}", "51.2"]
    assert costs["sequences a second"][1] == f"{51.25e6 / sheet.sequence_latency(40):,.0f}"
    assert costs["steps a second"][1] == f"{51.25e6 / sheet.cycles_per_step:,.0f}"
    assert "Yosys did not count them" in found.texts
    assert "6.2 ns in cells and 11.8 ns in wires, from here to there" in found.texts
    assert "seed 7, 48 MHz asked for: fits." in found.texts

    assert "hadamrnn verify <net> -o core" in found.texts
    assert f"hadamrnn generate {network_file} -o {core} --lanes 2" in found.texts
    assert f"hadamrnn synth {core} --target {TARGET} --clock 48 --seed 7" in found.texts
    assert "Not run" not in found.texts
    assert found.rows("core")["lanes P, rows R of a state"] == ["2, 4"]


def test_what_was_not_run_says_so_with_the_command(
    page: Callable[..., tuple[Page, dict]], run: Run, network_file: Path, tmp_path: Path
) -> None:
    found, plain = page(
        network_file, "--lanes", "4", "--channels", "2", "--target", "ecp5-25k", "--target", "gowin-gw1n-9"
    )
    assert plain["verification"] is None
    assert plain["syntheses"] == []
    options = "--lanes 4 --channels 2"
    assert f"Not run. This would: hadamrnn generate {network_file} -o core {options}" in found.texts
    assert f"Not run. This would: hadamrnn verify {network_file} {options} -o core" in found.texts
    assert "Not run. This would: hadamrnn synth core --target ecp5-25k --target gowin-gw1n-9" in found.texts
    assert "Not known, float: the file does not say" in found.texts
    assert "Not known, integer: the file does not say" in found.texts
    assert "accuracy: not known" in found.texts
    assert "differences from the reference: not run" in found.texts
    for target in ("ecp5-25k", "gowin-gw1n-9"):  # no estimates for channels, and none for Gowin
        rows = found.rows(f"cost-{target}")
        assert {tuple(row) for name, row in rows.items() if name} == {("unknown", "not run", "")}
    assert "Estimate: not estimated for several channels" in found.texts
    outcome = run("report", network_file, "-o", tmp_path / "plain.html")
    assert outcome.out.splitlines()[0] == f"wrote {tmp_path / 'plain.html'}"
    assert f"  not run: hadamrnn generate {network_file} -o core" in outcome.out.splitlines()


def test_the_zoo_knows_accuracy_and_commands(page: Callable[..., tuple[Page, dict]]) -> None:
    about = json.loads(zoo_file("digits-d64").with_suffix(".json").read_text())
    found, plain = page("zoo:digits-d64", "--sequences", "2")
    assert plain["accuracy"]["integer"]["accuracy"] == about["integer"]["accuracy"]
    percent = [f"{100 * about[kind]['accuracy']:.2f} %" for kind in ("float", "integer")]
    assert found.rows("accuracy")["accuracy"] == percent
    assert found.rows("accuracy")["loss"] == [f"{about[kind]['loss']:.4g}" for kind in ("float", "integer")]
    assert "Weights are quantised in both; the integers are" in found.texts
    assert "360 test sequences. 0 states saturated in them." in found.texts
    assert found.rows("state-error")["inputs"] == ["2 test sequences of digits"]
    assert all(line in found.texts for line in about["commands"])
    assert 'kind = "hadamard"' in found.texts


def test_random_sequences_where_the_test_set_is_not_to_be_had(
    page: Callable[..., tuple[Page, dict]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADAMRNN_DATA", str(tmp_path))
    monkeypatch.setattr("hadamrnn.model.tasks.mnist.HOMES", ())
    found, _ = page("zoo:smnist-d64", "--sequences", "2", "--lanes", "8")
    [text] = found.rows("state-error")["inputs"]
    start = "2 random sequences of 256 steps, all inputs equally likely, seed 0; those of mnist are not to be had: "
    assert text.startswith(start)


def test_random_sequences_where_the_data_of_the_run_are_not_to_be_had(
    page: Callable[..., tuple[Page, dict]], run: Run, tmp_path: Path
) -> None:
    data, folder, path = tmp_path / "data.npz", tmp_path / "run", tmp_path / "own.safetensors"
    x, y = np.random.default_rng(0).normal(size=(30, 4, 1)), np.arange(30) % 2
    np.savez(data, x=x, y=y)
    train = ("train", "--task", "arrays", "--option", f"path={data}", "--hidden", "4", "--epochs", "1", "-o", folder)
    for command in (train, ("freeze", folder, "-o", path)):
        assert run(*command).status == 0
    given = (path, "--run", folder, "--sequences", "2")
    found, plain = page(*given)
    assert found.rows("state-error")["inputs"] == ["2 test sequences of arrays"]
    assert plain["task"] == "arrays path=data.npz"
    assert str(data) not in found.texts
    start = "2 random sequences of 256 steps, all inputs equally likely, seed 0; those of --run are not to be had: "
    np.savez(data, x=-x, y=y)
    for reason in (f"{folder}: {data} no longer holds the data", f"{folder}: the data of this run: {data}: cannot be"):
        [text] = page(*given)[0].rows("state-error")["inputs"]
        assert text.startswith(start + reason)
        data.unlink(missing_ok=True)


def test_the_task_that_a_strangers_file_names_is_not_loaded(
    page: Callable[..., tuple[Page, dict]], tmp_path: Path
) -> None:
    """It could be of any size, or a path."""
    network = read_frozen(zoo_file("digits-d32"))
    config = str(network.trained["config"]).replace('name = "digits"', 'name = "copy"\nsteps = 2_000_000_000')
    assert config != network.trained["config"]
    write_network(replace(network, trained={"config": config}), tmp_path / "own.safetensors")
    found, _ = page(tmp_path / "own.safetensors", "--sequences", "2")
    assert found.rows("state-error")["inputs"] == ["2 random sequences of 256 steps, all inputs equally likely, seed 0"]


def test_random_sequences_where_they_are_asked_for(page: Callable[..., tuple[Page, dict]]) -> None:
    found, _ = page("zoo:digits-d64", "--sequences", "2", "--steps", "5")
    assert found.rows("state-error")["inputs"] == ["2 random sequences of 5 steps, all inputs equally likely, seed 0"]


def test_a_dense_network(page: Callable[..., tuple[Page, dict]], tmp_path: Path) -> None:
    network = random_dense_network(3, hidden_size=12, output_size=3, activation="modrelu")
    parameters = CoreParameters(lanes=3, recurrent_multipliers=6)
    path, folder = tmp_path / "dense.safetensors", tmp_path / "core"
    write_network(network, path)
    generate(network, parameters, folder)
    write_reports(folder, network, parameters, TARGET)
    found, plain = page(path, "--dir", folder, "--steps", "30", "--sequences", "4", "--seed", "5")
    sheet = DataSheet(network, parameters)
    assert (plain["family"], plain["hidden_size"], plain["block_size"]) == ("dense", 12, None)
    assert plain["cycles"] == {"per_step": sheet.cycles_per_step, "steps": 30, "sequence": sheet.sequence_latency(30)}
    error = state_error(network, np.random.default_rng(5).integers(0, 255, (4, 30, 1), endpoint=True))
    assert plain["state_error"]["mean"] == error.mean.tolist()
    assert plain["state_error"]["saturations"] == error.saturations
    assert found.rows("cycles")["one step to the next"] == [f"{sheet.cycles_per_step}", "11"]
    assert found.rows("verification")["states"] == ["250001, those of 22 sequences"]

    (estimate,) = plain["estimates"]
    rows = found.rows("core")
    assert rows["lanes P, rows R of a state"] == ["3, 4"]
    assert rows["words M a lane takes a clock, clocks of a row"] == ["6, 2"]
    assert rows["multipliers: input, recurrent, read-out"] == ["3, 18, 3"]
    assert rows["bits of the memory of two states"] == [f"{estimate['state_memory_bits']:,}"]
    costs = found.rows(f"cost-{TARGET}")
    assert costs["logic cells of 5,280"][:2] == [f"{estimate['logic_cells']:,}", "1,234"]
    assert costs["clock, MHz"] == ["unknown", "51.2", ""]
    assert "Estimate: the delay model does not know dense cores" in found.texts
    assert "Error of the estimate not known (logic cells, luts, flip flops, carries): of dense cores" in found.texts
    assert "a dense matrix has no blocks" not in found.texts
    lead = "dense, of 4-bit weights, with modReLU in the loop; its core has 3 lanes, each of which takes 6 words of"
    assert lead in found.texts
    assert "read part by part from a memory" in found.texts
    assert "Walsh–Hadamard" not in found.texts
    assert f"hadamrnn generate {path} -o {folder} --lanes 3 --recurrent-multipliers 6" in found.texts


def test_a_network_that_was_quantised_after_training(
    page: Callable[..., tuple[Page, dict]], refused: Callable[..., str], tmp_path: Path
) -> None:
    """Its accuracy in floats is that of its weights in floats; a run of another kind or size is refused."""
    path, out = tmp_path / "ptq.safetensors", tmp_path / "x.html"
    run = finished_run(tmp_path / "ptq", kind="qornn", hidden_size=12, strategy="ptq")
    trained = {"config": (run / "config.toml").read_text()}
    write_network(random_dense_network(3, hidden_size=12, output_size=3, trained=trained), path)
    text = page(path, "--steps", "2", "--sequences", "1")[0].texts
    assert "Weights are quantised in the integers alone; the integers are" in text
    assert "trained for digits." in text
    assert gather.finished_run(run, read_frozen(path)).folder == run
    config = parse_config(trained["config"])
    for settings, accepted in (({"recurrent_bits": 3, "weight_bits": 5}, True), ({"recurrent_rate": 0.5}, False)):
        frozen = {"config": config.replace_settings(**settings).to_toml()}
        network = random_dense_network(3, hidden_size=12, output_size=3, trained=frozen)
        if accepted:
            assert gather.finished_run(run, network).folder == run
            continue
        with pytest.raises(InputError, match="a run of another configuration than the one that the network was"):
            gather.finished_run(run, network)
    for name, shape, found in (("float", {"kind": "lstm"}, "lstm, 12"), ("wide", {"kind": "qornn"}, "qornn, 16")):
        folder = finished_run(tmp_path / name, **({"hidden_size": 12 if name == "float" else 16} | shape))
        line = refused("report", path, "--run", folder, "-o", out)
        assert line == f"{folder}: a run of kind, d {found}, expected those of NET, qornn, 12"


def test_the_same_arguments_give_the_same_bytes(run: Run, network_file: Path, core: Path, tmp_path: Path) -> None:
    pages = []
    for _ in range(2):
        assert run("report", network_file, "--dir", core, "-o", tmp_path / "r.html").status == 0
        pages.append((tmp_path / "r.html").read_text())
    assert pages[0].replace("\r", "") == pages[1]
    assert set(svgs(pages[0])) == {"error", "datapath"}


def test_a_synthesis_of_older_verilog_is_not_shown(
    page: Callable[..., tuple[Page, dict]],
    refused: Callable[..., str],
    network: IntegerNetwork,
    network_file: Path,
    core: Path,
) -> None:
    generate(network, replace(PARAMETERS, stages_per_register=0), core)
    (core / "verification.json").unlink()
    found, plain = page(network_file, "--dir", core)
    assert plain["syntheses"] == []
    assert plain["outdated_syntheses"] == [TARGET]
    assert "There is a synthesis report, of another Verilog than this core's." in found.texts
    assert f"Not run. This would: hadamrnn synth {core} --target {TARGET}" in found.texts
    assert "1,234" not in found.texts
    given = core / f"synthesis-{TARGET}.json"
    out = core.parent / "x.html"
    line = refused("report", network_file, "--dir", core, "--synthesis", given, "-o", out)
    assert line.startswith(f"{given}: of another Verilog than ")


def test_a_synthesis_of_verilog_that_was_edited_since_is_outdated(
    page: Callable[..., tuple[Page, dict]], network_file: Path, core: Path
) -> None:
    verilog = core / "hadamard_core.v"
    verilog.write_text(verilog.read_text() + "// of mine\n")
    _, plain = page(network_file, "--dir", core, "--sequences", "2", "--steps", "5")
    assert plain["outdated_syntheses"] == [TARGET]


def test_what_does_not_belong_together_is_refused(
    refused: Callable[..., str], network: IntegerNetwork, network_file: Path, core: Path, tmp_path: Path
) -> None:
    out, verification = tmp_path / "x.html", core / "verification.json"
    other = tmp_path / "other.safetensors"
    write_network(random_network(seed=1), other)
    assert "was generated from another network" in refused("report", other, "--dir", core, "-o", out)
    line = refused("report", other, "--lanes", "2", "--verification", verification, "-o", out)
    assert line == f"{verification}: the verification of another network"
    line = refused("report", network_file, "--lanes", "4", "--verification", core, "-o", out)
    assert line == f"{verification}: the verification of a core with lanes 2, not 4"
    line = refused("report", network_file, "--synthesis", verification, "-o", out)
    assert line.startswith("--synthesis goes with --dir")
    missing = tmp_path / "missing.json"
    line = refused("report", network_file, "--dir", core, "--synthesis", missing, "-o", out)
    assert line == f"{missing}: no such file"
    line = refused("report", network_file, "--dir", core, "--synthesis", verification, "-o", out)
    assert line == f"{verification}: not a synthesis report of version 1"
    synthesis = core / f"synthesis-{TARGET}.json"
    line = refused("report", network_file, "--lanes", "2", "--verification", synthesis, "-o", out)
    assert line == f"{synthesis}: not the report of a co-simulation"
    assert refused("report", network_file, "--dir", core, "--lanes", "2", "-o", out).startswith(
        "--lanes does not go with"
    )
    assert refused("report", network_file, "--target", "ice41", "-o", out).startswith("--target must be one of ")
    assert refused("report", network_file, "--steps", "0", "-o", out).startswith("--steps must be at least 1, not 0")
    assert refused("report", network_file, "--run", tmp_path / "no", "-o", out).startswith(f"{tmp_path / 'no'}: ")
    assert refused("report", network_file, "-o", tmp_path / "no" / "x.html").startswith("-o ")
    line = refused("report", network_file, "--task", "digits", "--seed", "1", "-o", out)
    assert line.startswith("--seed goes with random sequences")
    plain = json.loads(verification.read_text())
    del plain["core"]
    verification.write_text(json.dumps(plain))
    line = refused("report", network_file, "--dir", core, "-o", out)
    assert line.startswith(f"{verification}: does not say which core it is of")


def test_a_run_of_another_kind_or_size_is_refused(refused: Callable[..., str], network_file: Path) -> None:
    """The file does not say its configuration, so that the network itself is compared."""
    runs, out = network_file.parent / "runs", network_file.parent / "x.html"
    for name, shape, found in (
        ("lstm", {"kind": "lstm", "hidden_size": 8}, "lstm, 8, 1"),
        ("wide", {"hidden_size": 16, "block_size": 4}, "hadamard, 16, 4"),
    ):
        folder = finished_run(runs / name, **shape)
        line = refused("report", network_file, "--run", folder, "-o", out)
        assert line == f"{folder}: a run of kind, d, n {found}, expected those of NET, hadamard, 8, 4"


def test_names_from_files_are_text_on_the_page(
    run: Run, network: IntegerNetwork, tmp_path: Path, core: Path, network_file: Path
) -> None:
    """What others wrote into a file is shown, and does nothing."""
    nasty = "</pre><script>alert(1)</script><img src=http://example.com/x>"
    path = tmp_path / "nasty.safetensors"
    write_network(replace(network, trained={"config": nasty}), path)
    plain = json.loads((core / "verification.json").read_text())
    (core / "verification.json").write_text(
        json.dumps(plain | {"command": nasty, "problems": [nasty], "stalls": nasty})
    )
    outcome = run("report", path, "--dir", core, "-o", tmp_path / "r.html")
    assert outcome.status == 0, outcome
    found = Page((tmp_path / "r.html").read_text())
    assert nasty in found.texts
    assert found.rows("verification")["back-pressure"] == [nasty]
    assert found.rows("verification")["verdict"] == ["different"]
