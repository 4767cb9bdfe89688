"""What a report of a network and a core is made from: all of its figures, and nothing about how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .accuracy import Accuracy

if TYPE_CHECKING:
    from ...hw.data_sheet import DataSheet
    from ...hw.estimate import Estimate
    from ...hw.synthesis.report import SynthesisReport
    from ...sim.report import CosimulationReport
    from ...sim.state_error import StateError
    from .commands import Command


@dataclass(frozen=True, kw_only=True, eq=False)
class CoreReport:
    """A network and a core, and what is known of them; None is what was not run.

    Attributes
    ----------
    name : of the network, as a command takes it
    core : its data sheet, with network and parameters
    task : that the network was trained for, with its options; None where the file does not say
    steps : of the sequence whose cycles and rates are given
    accuracy : of the test set
    epochs : the metrics of training, a mapping an epoch; empty where no run is at hand
    images : SVG of classified images; empty for none
    inputs : what ``state_error`` was measured on, in words
    state_error : of integer states against exact ones
    trained_error : mean distance from the states of the trained network, LSB, shape ``(T,)``, or None
    verification : report of the co-simulation
    syntheses : of this core
    outdated : targets whose synthesis report is of another Verilog
    estimates : one a target
    commands : those that made what is there, and those that would make what is not
    config : TOML that the network was trained with, or None
    version : of the package
    quantised : whether weights were quantised in training; else accuracies in floats are of the weights before that
    """

    name: str
    core: DataSheet
    task: str | None
    steps: int
    accuracy: Accuracy
    epochs: Sequence[Mapping[str, Any]]
    images: str
    inputs: str
    state_error: StateError
    trained_error: np.ndarray | None
    verification: CosimulationReport | None
    syntheses: tuple[SynthesisReport, ...]
    outdated: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    commands: tuple[Command, ...]
    config: str | None
    version: str
    quantised: bool = True

    def to_json(self) -> dict[str, Any]:
        """All figures as plain JSON."""
        core, error, check = self.core, self.state_error, self.verification
        trained = None if self.trained_error is None else [float(value) for value in self.trained_error]
        return {
            "network": self.name,
            "task": self.task,
            "family": core.network.family,
            "hidden_size": core.network.hidden_size,
            "block_size": getattr(core.network, "block_size", None),
            "state_bits": core.network.state_bits,
            "parameters": core.parameters.to_json(),
            "accuracy": self.accuracy.to_json(),
            "cycles": {
                "per_step": core.cycles_per_step,
                "steps": self.steps,
                "sequence": core.sequence_latency(self.steps),
            },
            "state_error": {
                "inputs": self.inputs,
                "mean": [float(value) for value in error.mean],
                "largest": [float(value) for value in error.largest],
                "mean_from_trained": trained,
                "states": error.states,
                "saturations": error.saturations,
            },
            "verification": None if check is None else check.to_json(),
            "estimates": [estimate.to_json() for estimate in self.estimates],
            "syntheses": [synthesis.to_json() for synthesis in self.syntheses],
            "outdated_syntheses": list(self.outdated),
            "commands": [command.to_json() for command in self.commands],
        }
