"""``hadamrnn verify --engine native``: whole data sets through the core itself, and states through one with a trace."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..hw.parameters import CoreParameters
from .progress import counted

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork
    from ..sim.plan import Stimulus
    from ..sim.report import CosimulationReport

STATE_SEQUENCES = 200  # whose every state is compared, unless the user says all or none


def verify_native(
    network: FrozenNetwork,
    folder: Path | None,
    parameters: CoreParameters,
    stimulus: Stimulus,
    *,
    states: bool | None,
    jobs: int | None,
    resume: bool,
) -> CosimulationReport:
    """Every result of every sequence, from the core as it would be used; then states, from one with ``trace``.

    Parameters
    ----------
    folder : of a generated core, which then is both; None: generate them with ``parameters``
    states : of all sequences or of none; None: of the first :data:`STATE_SEQUENCES`, if the core has a trace
    jobs : processes at a time; None: as many as this process may use processors
    resume : whether to go on where a run of the same was interrupted
    """
    from ..hw.verilog.generation import generate
    from ..sim.description import read_description
    from ..sim.native.build import default_folder
    from ..sim.native.resumption import WorkFolder, default_work_folder
    from ..sim.native.verification import verify

    work = WorkFolder(default_work_folder(), resume, _cannot_resume)
    with ExitStack() as stack:
        if folder is None:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hadamrnn-verify-")))
            folder = traced = scratch / "core"
            generate(network, replace(parameters, trace=False), folder)
            if states is not False:
                traced = scratch / "traced"
                generate(network, replace(parameters, trace=True), traced)
        else:
            traced = folder
            if states is None and not read_description(folder).trace:
                states = False

        def run(title: str, core: Path, count: int, with_states: bool) -> CosimulationReport:
            part = stimulus.part(slice(count))
            with counted(f"verify: {title}", count) as progress:
                return verify(
                    network,
                    core,
                    part.inputs,
                    lengths=part.lengths,
                    cut_beats=part.cut_beats,
                    wrong_indices=part.wrong_indices,
                    stalls=part.stalls,
                    seed=part.seed,
                    states=with_states,
                    jobs=_processors() if jobs is None else jobs,
                    build_folder=default_folder(),
                    work_folder=work,
                    progress=progress,
                )

        report = run("results, sequences", folder, len(stimulus.inputs), False)
        if states is not False:
            every = len(stimulus.inputs)
            count = every if states else min(every, STATE_SEQUENCES)
            report = report.together(run("states, sequences", traced, count, True))
            if traced == folder and report.traced_verilog_sha256:
                changed = "the Verilog was changed between results and states"
                report = replace(report, problems=(*report.problems, changed))
    work.discard()  # kept only while there is something to go on with
    return report


def _cannot_resume(reason: str) -> None:
    click.echo(f"verify: {' '.join(reason.split())}; goes on, but cannot be resumed if it is interrupted", err=True)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
