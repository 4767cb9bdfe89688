"""What ``hadamrnn demo`` does, stage by stage."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..hw.data_sheet import DataSheet
from ..hw.parameters import CoreParameters
from ..hw.synthesis.report import SynthesisReport
from ..hw.synthesis.synthesise import synthesise
from ..hw.targets.target import Target
from ..hw.verilog.generation import generate
from ..model.progress import progress_bar
from ..model.training import METRICS
from ..quant.configuration import ExperimentConfig, read_config
from ..quant.experiment import Run, train
from ..quant.freeze import FreezeReport, freeze
from ..quant.frozen_run import tested_figures
from ..quant.integer import IntegerNetwork, quantise_inputs, write_network
from ..sim import reference
from ..sim.cosimulation import cosimulate
from ..sim.report import CosimulationReport
from ..sim.state_error import StateError, state_error
from .output import write_json
from .progress import stages
from .report.sequences import distance_from_trained
from .report.verification import core_identity, write_verification

STATE_BITS = 12
NETWORK, TRACED = "digits.safetensors", "core-with-trace"
CONFIG = Path(__file__).parents[1] / "configs" / "digits.toml"


@dataclass(frozen=True, kw_only=True, eq=False)
class Demonstration:
    """All that a demo found.

    Attributes
    ----------
    run : the training run, with network and task
    epochs : its metrics, one mapping an epoch
    network, frozen : the integer network, and what freezing reports
    core : the core without the trace port: what is synthesised
    integer : the reference on the test set, with every state
    state_error : of the integer states on the test set, against exact ones
    trained_error : their mean distance from the states of the trained network at each step, LSB, shape ``(T,)``
    verification : of the same core with the trace port, on the first test sequences
    syntheses : one report per target
    seconds : wall time of each stage
    """

    run: Run
    epochs: list[dict[str, Any]]
    network: IntegerNetwork
    frozen: FreezeReport
    core: DataSheet
    integer: reference.ReferenceResult
    state_error: StateError
    trained_error: np.ndarray
    verification: CosimulationReport
    syntheses: tuple[SynthesisReport, ...]
    seconds: dict[str, float]

    @property
    def test_size(self) -> int:
        """Sequences in the test set."""
        return len(self.run.task.test)

    @property
    def float_right(self) -> int:
        """Test sequences that the floating-point network classifies rightly."""
        return round(self.run.result["test"]["accuracy"] * self.test_size)

    @property
    def integer_right(self) -> int:
        """Test sequences that the integer network classifies rightly."""
        return int(np.count_nonzero(self.integer.classes == self.run.task.test.y))

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON."""
        return {
            "test_sequences": self.test_size,
            "float_accuracy": self.float_right / self.test_size,
            "integer_accuracy": self.integer_right / self.test_size,
            "state_bits": self.network.state_bits,
            "cycles_per_step": self.core.cycles_per_step,
            "sequence_clocks": self.core.sequence_latency(self.run.task.steps),
            "verification": self.verification.to_json(),
            "synthesis": [report.to_json() for report in self.syntheses],
            "seconds": {stage: round(value, 1) for stage, value in self.seconds.items()},
        }


def demo_config(seed: int) -> ExperimentConfig:
    """What the demo trains: configs/digits.toml with another seed."""
    return read_config(CONFIG).replace(seed=seed)


def demonstrate(folder: Path, config: ExperimentConfig, targets: Sequence[Target], *, sequences: int) -> Demonstration:
    """Train, freeze, generate, verify, synthesise; everything goes to ``folder``.

    Parameters
    ----------
    folder : exists; receives run/, digits.safetensors, core/ and core-with-trace/
    config : what to train
    targets : what to synthesise for
    sequences : test sequences to simulate, at most all
    """
    clock = _Clock()
    with progress_bar() as report:
        run = train(config, folder / "run", report=report)
    clock.lap("train")
    with stages("demo") as stage:
        stage("freezing")
        network, frozen = freeze(run.network, run.task, state_bits=STATE_BITS, trained=run.origin)
        network = replace(network, trained=network.trained | {"test": tested_figures(run, network)})
        write_network(network, folder / NETWORK)
        inputs = quantise_inputs(network, run.task.test.x)
        integer = reference.run(network, inputs, return_states=True)
        assert integer.states is not None
        trained_error = distance_from_trained(run, network, run.task.test.x, None, integer.states)
        error = state_error(network, inputs)
        clock.lap("freeze")
        stage("generating Verilog")
        parameters = CoreParameters(lanes=1)
        generate(network, parameters, folder / "core")
        generate(network, CoreParameters(lanes=1, trace=True), folder / TRACED)
        clock.lap("generate")
        stage(f"simulating {min(sequences, len(inputs))} test images, every state compared")
        verification = cosimulate(network, folder / TRACED, inputs[:sequences], seed=config.training.seed)
        core = core_identity(network, CoreParameters(lanes=1, trace=True).to_json())
        command = verify_command(len(inputs[:sequences]), config.training.seed)
        subject = f"{NETWORK}, the core in {TRACED}, against the integer reference."
        write_verification(folder / "core", verification, None, command, subject, core)
        clock.lap("verify")
        syntheses = []
        for target in targets:
            syntheses.append(
                synthesise(
                    folder / "core" / "hadamard_core.v",
                    "hadamard_core",
                    target,
                    progress=lambda tool, target=target: stage(f"{target.name}: {tool}"),
                )
            )
            write_json(syntheses[-1].to_json(), folder / "core" / f"synthesis-{target.name}.json")
        clock.lap("synth")
    return Demonstration(
        run=run,
        epochs=[json.loads(line) for line in (folder / "run" / METRICS).read_text(encoding="utf-8").splitlines()],
        network=network,
        frozen=frozen,
        core=DataSheet(network, parameters),
        integer=integer,
        state_error=error,
        trained_error=trained_error,
        verification=verification,
        syntheses=tuple(syntheses),
        seconds=clock.laps,
    )


def verify_command(sequences: int, seed: int) -> str:
    """What verifies the demo's core again, within its folder."""
    seeded = f" --seed {seed}" if seed else ""
    return f"hadamrnn verify {NETWORK} --dir {TRACED} --task digits --sequences {sequences} --resets 0{seeded} -o core"


def summary_lines(result: Demonstration, folder: Path) -> list[str]:
    """What a demo found, in a few lines for a terminal."""
    core, check, total = result.core, result.verification, result.test_size
    lines = [
        f"accuracy      float {result.float_right / total:.2%}, integers {result.integer_right / total:.2%} "
        f"of {total} test images ({result.network.state_bits} state bits)",
        f"core          d = {result.network.hidden_size}, 1 lane: {core.cycles_per_step} cycles a step, "
        f"{core.sequence_latency(result.run.task.steps)} cycles an image",
        f"verification  {check.sequences} images, {check.states_compared} states, {check.results_compared} results: "
        f"{check.differences} differences ({check.simulator} {check.simulator_version})",
    ]
    for report in result.syntheses:
        cells, clock = report.resources["logic_cells"], report.achieved_mhz
        speed = "clock unknown" if clock is None else f"{clock:.1f} MHz"
        lines.append(f"{report.target:13} {cells.used} of {cells.available} logic cells, {speed}")
    spent = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in result.seconds.items())
    lines.append(f"report        {folder / 'report.html'} ({spent})")
    return lines


class _Clock:
    """Wall time of stages."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """The stage that ends now."""
        now = time.perf_counter()
        self.laps[stage] = now - self._since
        self._since = now
