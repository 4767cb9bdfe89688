"""Mapped netlists equal the reference, bit for bit, in every result and state; one that Yosys spoils is found."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.quant.integer import FrozenNetwork
from hadamrnn.sim import cosimulation
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.report import CosimulationReport
from hadamrnn.sim.stimulus import corner_inputs, random_dense_network

from .cores import core, small_network

TINY = small_network(hidden_size=4, block_size=4, input_size=1, output_size=2, state_bits=6, weight_bits=3)
TOKENS = small_network(input_kind="index", input_size=60, readout="every", input_signed=False)
DENSE = random_dense_network(7, hidden_size=8, input_size=2, output_size=3, state_bits=8, activation="modrelu")
PAIR = {"lanes": 2, "readout_multipliers": 2}


def compared(
    network: FrozenNetwork, folder: Path, target: str, *, sequences: int = 6, **parameters: Any
) -> CosimulationReport:
    core(folder, network, **parameters)
    inputs, lengths = corner_inputs(network, 12, sequences=sequences, steps=6)
    options = {"simulator": "icarus", "netlist": target, "resets": 4, "seed": 2}
    return cosimulate(network, folder, inputs, lengths=lengths, **options)


def assert_agrees(report: CosimulationReport, target: str, *cells: str) -> None:
    assert report.problems == ()
    assert report.netlist is not None
    assert report.netlist["target"] == target
    assert report.netlist["yosys"].startswith("0.")
    assert set(cells) <= report.netlist["cells"].keys()
    assert report.states_compared > 0
    assert report.results_compared > 0
    assert report.cycles_per_step == report.formula_cycles_per_step
    assert report.verilog_as_generated is True
    assert CosimulationReport.from_json(report.to_json()) == report


def test_a_small_core(tmp_path: Path, icarus: None) -> None:
    report = compared(TINY, tmp_path, "ice40-up5k", sequences=3, lanes=1)
    assert_agrees(report, "ice40-up5k", "SB_LUT4", "SB_MAC16", "SB_DFF")


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "cells", "parameters"),
    [
        ("ice40-up5k", ["SB_MAC16", "SB_CARRY"], PAIR),
        ("ice40-hx8k", ["SB_LUT4", "SB_CARRY"], PAIR),
        ("ice40-lp1k", ["SB_LUT4", "SB_CARRY"], {"lanes": 1}),
        ("ecp5-25k", ["LUT4", "TRELLIS_FF", "CCU2C", "MULT18X18D"], PAIR),
        ("ecp5-25k", ["TRELLIS_DPR16X4", "MULT18X18D"], {"lanes": 1, "memory_depth": 2}),
        ("ice40-hx8k", ["SB_LUT4"], {"lanes": 4, "channels": 2}),
    ],
)
def test_small_cores(target: str, cells: list[str], parameters: dict[str, Any], tmp_path: Path, icarus: None) -> None:
    assert_agrees(compared(small_network(), tmp_path, target, **parameters), target, *cells)


@pytest.mark.long
@pytest.mark.parametrize(
    ("network", "target", "cells"),
    [
        (TOKENS, "ice40-up5k", ["SB_RAM40_4K"]),
        (DENSE, "ice40-up5k", ["SB_RAM40_4K"]),
        (DENSE, "ecp5-25k", ["MULT18X18D"]),
    ],
    ids=["tokens", "dense", "dense on ecp5"],
)
def test_other_networks(network: FrozenNetwork, target: str, cells: list[str], tmp_path: Path, icarus: None) -> None:
    assert_agrees(compared(network, tmp_path, target, lanes=2), target, *cells)


@pytest.mark.long
def test_products_that_yosys_loses_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, icarus: None) -> None:
    """Without the preparation of the target the Verilog is right and the netlist is wrong."""
    bare = dataclasses.replace(get_target("ice40-up5k"), preparation=())
    monkeypatch.setattr(cosimulation, "get_target", lambda name: bare)
    report = compared(small_network(), tmp_path, "ice40-up5k", **PAIR)
    assert report.first_difference is not None
    assert report.first_difference.startswith("sequence 0, logit 0, value: expected ")


def test_what_cannot_be_simulated(tmp_path: Path) -> None:
    inputs, _ = corner_inputs(TINY, 1, sequences=1, steps=1)
    core(tmp_path, TINY)
    with pytest.raises(InputError, match=r"^simulator must be icarus where a netlist is simulated, not 'verilator'$"):
        cosimulate(TINY, tmp_path, inputs, netlist="ice40-up5k")
    with pytest.raises(InputError, match=r"^Yosys has no models of all cells of .*: expected a target of family"):
        cosimulate(TINY, tmp_path, inputs, netlist="gowin-gw1n-9", simulator="icarus")
    with pytest.raises(InputError, match=r"'ice40'"):
        cosimulate(TINY, tmp_path, inputs, netlist="ice40", simulator="icarus")
