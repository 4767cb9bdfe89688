"""One run of the program: a phase in, a record out, as the cocotb bench does it."""

import subprocess
from pathlib import Path

from ..build import SimulationError
from ..description import CoreDescription
from ..job import Phase, Record
from .jobs import read_record, write_job


def simulate(
    program: Path, description: CoreDescription, phase: Phase, folder: Path, *, record_rows: bool = True
) -> Record:
    """Run ``phase`` on a compiled core.

    Parameters
    ----------
    program : what :func:`~hadamrnn.sim.native.build.build_program` returned for the core of ``description``
    folder : where the job and what it leaves go, under the name of the phase
    record_rows : whether to record what comes out of ``m_trace``, if the core has it; the port's rules and the number
        of its beats are checked either way

    Raises
    ------
    SimulationError
        The program refused its job, or it ended without a record. A record with a violation is a record.
    """
    job, stem = folder / f"{phase.name}.job", folder / phase.name
    write_job(job, description, phase, record_rows=record_rows)
    run = subprocess.run(
        [str(program), str(job), str(stem)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode != 0:
        lines = [line.strip() for line in run.stdout.splitlines() if line.strip()]
        why = lines[-1] if lines else f"exit status {run.returncode}"
        raise SimulationError(f"the program of {description.name} ended without a record of phase {phase.name}: {why}")
    return read_record(stem, description, phase)
