"""What a report is made from, without running the tools: reports of a verification and of a synthesis, as written."""

import json
from pathlib import Path
from typing import Any

from hadamrnn.cli.report.verification import core_identity, write_verification
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.report import CriticalPath, ResourceCount, SynthesisReport
from hadamrnn.quant.integer import FrozenNetwork
from hadamrnn.sim.report import CosimulationReport


def cosimulation(**changes: Any) -> CosimulationReport:
    """A report of a core that agrees, every figure another one."""
    values: dict[str, Any] = {
        "engine": "cocotb",
        "engine_version": "2.1.0",
        "simulator": "verilator",
        "simulator_version": "5.48.0",
        "stalls": "random",
        "seed": 3,
        "verilog_as_generated": True,
        "channels": 1,
        "sequences": 21,
        "sequences_with_states": 22,
        "sequences_resumed": 0,
        "resets": 23,
        "steps": 2401,
        "states_compared": 250001,
        "results_compared": 2601,
        "saturations": 27,
        "differences": 0,
        "first_difference": None,
        "first_difference_fields": None,
        "first_wrong_run": None,
        "first_wrong_clock": None,
        "problems": (),
        "cycles_per_step": 11,
        "formula_cycles_per_step": 11,
        "sequence_latency": 83,
        "formula_sequence_latency": 83,
        "latency_steps": 4,
        "clocks": 290001,
        "coverage": {"state saturated": {"low": 0, "high": 5}},
        "build_seconds": 1.5,
        "simulation_seconds": 2.5,
        "seconds": 4.5,
    }
    return CosimulationReport(**values | changes)


def synthesis(target: str, verilog_sha256: str, **changes: Any) -> SynthesisReport:
    """A report of a core that fits, with what the tools did not say."""
    values: dict[str, Any] = {
        "target": target,
        "top": "hadamard_core",
        "verilog_sha256": verilog_sha256,
        "fits": True,
        "reason": None,
        "resources": {
            "logic_cells": ResourceCount(unit="cell", used=1234, available=5280),
            "luts": ResourceCount(unit="LUT", used=None, available=5280),
            "block_rams": ResourceCount(unit="RAM", used=2, available=30, bits=4096),
        },
        "requested_mhz": 48.0,
        "achieved_mhz": 51.25,
        "critical_path": CriticalPath(start="here", end="there", logic_ns=6.25, routing_ns=11.75, cells=9),
        "unknown": {"luts": "Yosys did not count them"},
        "seed": 7,
        "tools": {"yosys": "0.70", "nextpnr-ice40": "0.11.1"},
        "seconds": {"yosys": 3.0},
    }
    return SynthesisReport(**values | changes)


def write_reports(folder: Path, network: FrozenNetwork, parameters: CoreParameters, target: str) -> None:
    """Both reports beside the core that was generated in ``folder``."""
    identity = core_identity(network, parameters.to_json())
    write_verification(folder, cosimulation(), None, "hadamrnn verify <net> -o core", "a core", identity)
    digest = json.loads((folder / "hadamard_core.json").read_text())["verilog_sha256"]
    plain = synthesis(target, digest).to_json()
    (folder / f"synthesis-{target}.json").write_text(json.dumps(plain))
