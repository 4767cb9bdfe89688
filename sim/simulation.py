"""One run of the test bench in a simulator: phases in, records out."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from .build import SimulationError
from .job import JOB_VARIABLE, Phase, Record
from .simulators import Simulator

TEST_MODULE = f"{__package__}.testbench"
# What pytest would make of the assertions of each module that is imported, numpy's too, takes most of a short run.
_ENVIRONMENT = {"COCOTB_LOG_LEVEL": "WARNING", "GPI_LOG_LEVEL": "WARNING", "COCOTB_REWRITE_ASSERTION_FILES": ""}


def simulate(simulator: Simulator, build: Path, top: str, phases: Sequence[Phase], folder: Path) -> dict[str, Record]:
    """Run the test bench on a compiled core.

    Parameters
    ----------
    build : what :func:`~hadamrnn.sim.build.build_core` returned for the module ``top``
    phases : each with a name of its own
    folder : where job, records and log go

    Returns
    -------
    dict
        The record of each phase by its name. A record with a violation is a record.

    Raises
    ------
    SimulationError
        A phase has no record, or its cocotb test was not run, or it failed for another reason than a violation.
    """
    for phase in phases:
        phase.write(folder)
    log = folder / "simulation.log"
    failures = _run_cocotb(simulator, build, top, folder, log)
    records = {}
    for phase in phases:
        if phase.name not in failures:
            raise SimulationError(
                f"{simulator.name} ran no test {phase.name}, expected all tests of {TEST_MODULE}: {_last_line(log)}"
            )
        try:
            records[phase.name] = Record.read(folder, phase.name)
        except FileNotFoundError:
            raise SimulationError(
                f"{simulator.name} ended without a record of phase {phase.name}: {_last_line(log)}"
            ) from None
        if failures[phase.name] and not records[phase.name].violation:
            raise SimulationError(f"the test bench failed in phase {phase.name}: {failures[phase.name]}")
    return records


def _run_cocotb(simulator: Simulator, build: Path, top: str, folder: Path, log: Path) -> dict[str, str]:
    """Run all tests of the bench: for each test that was run, why it failed ("" if it did not)."""
    from cocotb_tools.runner import get_runner

    results = folder / "results.xml"
    try:
        with simulator.active():
            get_runner(simulator.name).test(
                test_module=TEST_MODULE,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=build,
                test_dir=folder,
                results_xml=str(results),
                extra_env={JOB_VARIABLE: str(folder), **_ENVIRONMENT},
                log_file=log,
            )
    except (SystemExit, RuntimeError) as error:  # a failed test or a crashed simulator: the results tell which
        if not results.is_file():
            raise SimulationError(f"{simulator.name} ended without results ({error}): {_last_line(log)}") from error
    if not results.is_file():
        raise SimulationError(f"{simulator.name} ended without results: {_last_line(log)}")
    failures = {}
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        problem = next((part for part in case if part.tag in ("failure", "error")), None)
        skipped = case.find("skipped") is not None
        if not skipped:
            failures[case.get("name", "")] = "" if problem is None else problem.get("error_msg") or _first_text(problem)
    return failures


def _first_text(problem: ElementTree.Element) -> str:
    return next(iter((problem.get("message") or problem.text or "no message").strip().splitlines()), "no message")


def _last_line(log: Path) -> str:
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "no log"
    return lines[-1] if lines else "the log is empty"
