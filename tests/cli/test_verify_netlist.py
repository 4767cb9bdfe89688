"""``hadamrnn verify --netlist``: which netlist it was, and what it does not go with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import IntegerNetwork

from .conftest import Run


@pytest.mark.long
def test_a_netlist_with_a_report(
    run: Run, network: IntegerNetwork, network_file: Path, tmp_path: Path, icarus: None
) -> None:
    generate(network, CoreParameters(lanes=2, trace=True), tmp_path / "core")
    options = ("--dir", tmp_path / "core", "--netlist", "ice40-up5k", "--sequences", "3", "--steps", "4")
    outcome = run("verify", network_file, *options, "--resets", "2", "-o", tmp_path / "report")
    assert outcome.status == 0, outcome
    (line,) = [line for line in outcome.out.splitlines() if "simulated: " in line]
    assert line.startswith("  simulated: the netlist of Yosys 0.")
    assert " for ice40-up5k (" in line
    assert " SB_LUT4" in line
    report = json.loads((tmp_path / "report" / "verification.json").read_text())
    assert (report["netlist"]["target"], report["simulator"], report["problems"]) == ("ice40-up5k", "icarus", [])
    assert line.strip() in (tmp_path / "report" / "verification.html").read_text()


def test_what_it_does_not_go_with(refused: Callable[..., str], network_file: Path) -> None:
    options = ("verify", network_file, "--netlist")
    native = refused(*options, "ice40-up5k", "--engine", "native")
    assert native.startswith("--netlist goes with --engine cocotb: the native engine compiles the Verilog")
    verilator = refused(*options, "ice40-up5k", "--simulator", "verilator")
    assert verilator.startswith("--netlist is simulated on icarus, not 'verilator'")
