import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.hw.synthesis import place_and_route
from hadamrnn.hw.targets.catalogue import TARGETS

from .conftest import Run


@pytest.fixture
def core(run: Run, network_file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "core"
    assert run("generate", network_file, "-o", folder, "--output", "logits").status == 0
    return folder


@pytest.mark.long
def test_a_core_is_synthesised_for_every_family(run: Run, core: Path, tmp_path: Path) -> None:
    placed = ("ice40-up5k", "ecp5-25k", "gowin-gw2a-18")
    targets = [word for target in (*placed, "nexus-lifcl-40") for word in ("--target", target)]
    outcome = run("synth", core, *targets, "--clock", "10", "--keep", tmp_path / "work")
    assert outcome.status == 0, outcome
    for target in placed:
        report = json.loads((core / f"synthesis-{target}.json").read_text())
        assert (report["target"], report["top"], report["fits"]) == (target, "hadamard_core", True)
        assert report["clock"]["met"] is True
        assert report["resources"]["flip_flops"]["used"] > 8 * 10
        assert f"{report['clock']['achieved_mhz']:.1f} MHz" in outcome.out
        assert (tmp_path / "work" / target / "nextpnr.log").is_file()
    unplaced = json.loads((core / "synthesis-nexus-lifcl-40.json").read_text())
    assert (unplaced["fits"], unplaced["clock"]["achieved_mhz"], unplaced["clock"]["met"]) == (None, None, None)
    assert unplaced["unknown"]["achieved_mhz"].startswith("nextpnr-nexus 0.11.1 refuses carry chains")
    assert "ecp5-25k: nextpnr-ecp5: routing" in outcome.err.splitlines()
    assert not [path.name for path in core.iterdir() if path.name.startswith(".")]


def test_json_is_what_is_written(run: Run, core: Path) -> None:
    outcome = run("synth", core, "--target", "ice40-up5k", "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["ice40-up5k"]["verilog_as_generated"] is True
    assert json.loads(outcome.out) == {"ice40-up5k": json.loads((core / "synthesis-ice40-up5k.json").read_text())}


def test_a_clock_that_is_missed_is_status_1(run: Run, core: Path) -> None:
    outcome = run("synth", core, "--target", "ice40-up5k", "--clock", "1000")
    assert outcome.status == 1
    assert json.loads((core / "synthesis-ice40-up5k.json").read_text())["clock"]["met"] is False


def test_a_core_that_does_not_fit_is_status_1_and_a_report(run: Run, core: Path) -> None:
    text = "module hadamard_core(input clk, input [13:0] a, input [15:0] d, input w, output reg [15:0] q);\n"
    text += "reg [15:0] m [0:16383]; always @(posedge clk) begin if (w) m[a] <= d; q <= m[a]; end endmodule\n"
    (core / "hadamard_core.v").write_text(text)
    outcome = run("synth", core, "--target", "ice40-up5k")
    assert outcome.status == 1
    assert "ice40-up5k: the device has too few: block_rams 64 of 30" in outcome.out
    assert f"{core / 'hadamard_core.v'}: has been edited since it was generated" in outcome.out
    report = json.loads((core / "synthesis-ice40-up5k.json").read_text())
    assert (report["fits"], report["verilog_as_generated"]) == (False, False)


def test_unknown_targets_and_bad_numbers(refused: Callable[..., str], core: Path) -> None:
    unknown = f"--target must be one of {', '.join(TARGETS)}, not 'spartan'"
    assert refused("synth", core, "--target", "spartan") == unknown
    assert refused("synth", core, "--target", "ice40-up5k", "--target", "spartan") == unknown
    assert refused("synth", core, "--target", "ice40-up5k", "--clock", "-3").startswith("--clock must be a positive")
    assert refused("synth", core, "--target", "ice40-up5k", "--seed", "-1").startswith(
        "--seed must be an integer from 0"
    )
    assert refused("synth", core).startswith("Missing option '--target'")


def test_a_folder_without_a_core(refused: Callable[..., str], core: Path, tmp_path: Path) -> None:
    assert refused("synth", tmp_path / "nothing", "--target", "ice40-up5k").startswith(f"{tmp_path / 'nothing'}: ")
    (tmp_path / "empty").mkdir()
    assert refused("synth", tmp_path / "empty", "--target", "ice40-up5k").startswith(f"{tmp_path / 'empty'}: ")
    (core / "hadamard_core.v").unlink()
    assert "no such file" in refused("synth", core, "--target", "ice40-up5k")
    (core / "hadamard_core.json").write_text("{")
    assert "JSON" in refused("synth", core, "--target", "ice40-up5k")


def test_verilog_that_is_broken(refused: Callable[..., str], core: Path) -> None:
    with (core / "hadamard_core.v").open("a") as file:
        file.write("endmodule\n")
    assert "ERROR: syntax error" in refused("synth", core, "--target", "ice40-up5k")


def test_a_failure_halfway_writes_nothing(
    refused: Callable[..., str], core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nextpnr is started with an argument it does not know, after Yosys has done its part."""
    monkeypatch.setattr(place_and_route, "_STAGES", ())
    run_tool = place_and_route.run_tool
    monkeypatch.setattr(
        place_and_route, "run_tool", lambda command, *rest: run_tool([*command, "--no-such-option"], *rest)
    )
    assert "no-such-option" in refused("synth", core, "--target", "ice40-up5k")
