"""``hadamrnn verify --engine cocotb``: one simulation, with resets, and a first difference explained."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..hw.parameters import CoreParameters
from .progress import stages

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork
    from ..sim.explanation import Explanation
    from ..sim.plan import Stimulus
    from ..sim.report import CosimulationReport


def verify_cocotb(
    network: FrozenNetwork,
    folder: Path | None,
    parameters: CoreParameters,
    stimulus: Stimulus,
    *,
    simulator: str,
    netlist: str | None = None,
    states: bool | None,
    explained: bool,
) -> tuple[CosimulationReport, Explanation | None]:
    """Verify a core with one simulation.

    Parameters
    ----------
    folder : of a generated core; None: generate one with ``parameters``
    netlist : name of a target, whose mapped netlist is simulated in place of the Verilog
    states : whether to compare every state; None: if the core has a trace
    explained : whether to run a first difference again to explain it; a netlist has no parts that could be named
    """
    from ..hw.verilog.generation import generate
    from ..sim.build import SimulationError
    from ..sim.cosimulation import cosimulate
    from ..sim.description import read_description
    from ..sim.explanation import explain

    with ExitStack() as stack:
        stage = stack.enter_context(stages("verify"))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hadamrnn-verify-")))
        if folder is None:
            folder = scratch / "core"
            stage("generating")
            generate(network, replace(parameters, trace=states is not False), folder)
        description = read_description(folder)
        stimulus = replace(stimulus, states=description.trace if states is None else states)
        count, steps = stimulus.inputs.shape[:2]
        work = f"simulating {count} sequences with {simulator}"
        if netlist is None:
            total = count * steps if stimulus.lengths is None else sum(stimulus.lengths)
            stage(work + other_engine(int(total) * description.cycles_per_step // description.channels))
        else:
            stage(f"mapping to {netlist} and {work}")
        options = {name: value for name, value in vars(stimulus).items() if name != "inputs"}
        report = cosimulate(network, folder, stimulus.inputs, simulator=simulator, netlist=netlist, **options)
        if report.passed or not explained or netlist is not None:
            return report, None
        stage("looking inside at the first difference")
        try:
            return report, explain(network, folder, stimulus, report)
        except SimulationError as error:  # which costs the explanation, not the verdict
            click.echo(f"verify: cannot look inside: {error}", err=True)
            return report, None


def other_engine(clocks: int) -> str:
    """Names the other engine where this one, at some ten thousand clocks a second, takes minutes."""
    if clocks < 1_000_000:
        return ""
    native = "--engine native is about a hundred times as fast, and resets between chunks only"
    return f", {clocks / 1e6:,.0f} million clocks ({native})"


def explain_sequence(
    network: FrozenNetwork, folder: Path | None, parameters: CoreParameters, stimulus: Stimulus, sequence: int
) -> Explanation | None:
    """What the native engine found wrong in ``sequence``, looked at from inside: it and the two before it, by cocotb.

    With several channels, the two before it on each of them. None where these alone show nothing.
    """
    from ..sim.description import read_description

    channels = parameters.channels if folder is None else read_description(folder).channels
    around = slice(max(0, sequence - 3 * channels + 1), sequence + 1)
    channels_of = [number % channels for number in range(around.start, around.stop)]
    part = replace(stimulus.part(around), channels=channels_of)
    _, explanation = verify_cocotb(
        network, folder, parameters, part, simulator="verilator", states=None, explained=True
    )
    return explanation
