"""Cores for the tests of co-simulation: one small network, generated where a test wants it."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.report import CosimulationReport
from hadamrnn.sim.stimulus import corner_inputs, random_network


def small_network(**fields: object) -> IntegerNetwork:
    """d = 16, two blocks of 8, two inputs, three logits."""
    defaults = {"hidden_size": 16, "block_size": 8, "input_size": 2, "output_size": 3, "state_bits": 10}
    return random_network(11, **defaults | {"sqrt_half_bits": 5, "input_signed": True} | fields)


def core(folder: Path, network: IntegerNetwork, **parameters: object) -> Path:
    """Generate a core of four lanes with a trace port, unless told otherwise; returns its folder."""
    generate(network, CoreParameters(**{"lanes": 4, "output": "logits", "trace": True} | parameters), folder)
    return folder


def cosimulate_small(network: FrozenNetwork, folder: Path, inputs: np.ndarray, **options: Any) -> CosimulationReport:
    """Co-simulation of a small core, by the simulator that compiles it sooner: Icarus where it is installed."""
    simulator = "icarus" if shutil.which("iverilog") else "verilator"
    return cosimulate(network, folder, inputs, **{"simulator": simulator} | options)


def stimulus(network: IntegerNetwork, sequences: int = 8, steps: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and lengths."""
    return corner_inputs(network, 12, sequences=sequences, steps=steps)


def assert_agrees(report: CosimulationReport, network: IntegerNetwork, lengths: np.ndarray) -> None:
    """Everything equal, everything compared, every clock as the formulas say."""
    assert report.problems == ()
    assert report.passed
    assert report.differences == 0
    assert report.first_difference is None
    assert report.steps == lengths.sum()
    assert report.sequences == len(lengths)
    assert report.cycles_per_step == report.formula_cycles_per_step
    assert report.sequence_latency == report.formula_sequence_latency
    assert report.states_compared in (0, (report.steps + 1 + 2 + 4) * network.hidden_size)
    assert report.clocks > report.steps * report.formula_cycles_per_step
