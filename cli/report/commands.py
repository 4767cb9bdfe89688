"""The commands that made a network, a core and what is known of them, and those that would make what is missing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...hw.parameters import CoreParameters
from ...zoo import entry
from .accuracy import zoo_name

if TYPE_CHECKING:
    from ...hw.synthesis.report import SynthesisReport
    from ...quant.integer import FrozenNetwork

CONFIG = "config.toml"  # what the report calls the configuration that it shows
_DEFAULT_TARGETS = ("ice40-up5k", "ecp5-25k")


@dataclass(frozen=True)
class Command:
    """A command line, what it does, and whether it was run."""

    step: str
    line: str
    run: bool

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"step": self.step, "line": self.line, "run": self.run}


def network_name(path: Path) -> str:
    """The network as a command takes it: ``zoo:NAME``, or the path."""
    name = zoo_name(path)
    return str(path) if name is None else f"zoo:{name}"


def training_commands(network: FrozenNetwork, path: Path, config: str | None, run: str | None) -> list[Command]:
    """How the network came about, where its file says with which configuration it was trained."""
    name, folder = zoo_name(path), run or "run"
    if name is not None:
        lines = entry(name).description["commands"]
        return [Command(step, line, True) for step, line in zip(("train", "freeze"), lines, strict=True)]
    if config is None:
        return []
    freeze = ["hadamrnn", "freeze", folder, "-o", path.name, "--state-bits", str(network.state_bits)]
    freeze += ["--input-bits", str(network.input_bits)] if network.input_kind == "vector" else []
    freeze += ["--fine-tune"] if "fine_tuning" in network.trained else []
    train = ["hadamrnn", "train", CONFIG, "-o", folder]
    return [Command("train", shlex.join(train), True), Command("freeze", shlex.join(freeze), True)]


def generate_command(name: str, parameters: CoreParameters, folder: str | None, module: str) -> Command:
    """How the core is generated; ``folder`` is None where it was not."""
    line = ["hadamrnn", "generate", name, "-o", folder or "core", *parameter_options(parameters)]
    if module != "hadamard_core":
        line += ["--name", module]
    return Command("generate", shlex.join(line), folder is not None)


def verify_command(
    name: str, parameters: CoreParameters, folder: str | None, recorded: Mapping[str, Any] | None
) -> Command:
    """How the core was verified, as the report says; without one, how it would be.

    A core without a trace is generated once more with one, so that every state is compared.
    """
    if recorded is not None and isinstance(recorded.get("command"), str):
        return Command("verify", recorded["command"], True)
    line = ["hadamrnn", "verify", name]
    traced = folder is not None and parameters.trace
    line += ["--dir", str(folder)] if traced else parameter_options(parameters, without=("trace",))
    return Command("verify", shlex.join([*line, "-o", folder or "core"]), recorded is not None)


def synth_commands(folder: str | None, reports: tuple[SynthesisReport, ...], missing: tuple[str, ...]) -> list[Command]:
    """One command for all targets of one seed and clock; one, not run, for those in ``missing``, or for two of ours."""
    groups: dict[tuple[int, float | None, bool], list[str]] = {}
    for report in reports:
        groups.setdefault((report.seed, report.requested_mhz, True), []).append(report.target)
    absent = missing or (() if reports else _DEFAULT_TARGETS)
    if absent:
        groups[1, None, False] = list(absent)
    commands = []
    for (seed, clock, run), targets in groups.items():
        line = ["hadamrnn", "synth", folder or "core"]
        line += [word for target in targets for word in ("--target", target)]
        line += [] if clock is None else ["--clock", f"{clock:g}"]
        line += [] if seed == 1 else ["--seed", str(seed)]
        commands.append(Command("synth", shlex.join(line), run))
    return commands


def parameter_options(parameters: CoreParameters, without: tuple[str, ...] = ()) -> list[str]:
    """The options of the command line that say what is not as it is by default."""
    words = []
    for field in fields(CoreParameters):
        value = getattr(parameters, field.name)
        if value == field.default or field.name in without:
            continue
        if field.name == "stages_per_register" and parameters.registers is not None:
            continue  # which says where registers are, by name
        words.append("--" + field.name.replace("_", "-"))
        if not isinstance(value, bool):
            words.append(",".join(value) if isinstance(value, tuple) else str(value))
    return words
