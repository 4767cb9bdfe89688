"""The first difference explained: the same run once more, with every signal around it, beside a core as generated."""

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..hw.parameters import CoreParameters
from ..hw.verilog.generation import generate
from ..quant.integer import FrozenNetwork
from .build import SimulationError, build_core
from .description import CoreDescription, read_description
from .job import Phase
from .localisation import Location, locate
from .plan import Stimulus, plan_runs
from .report import CosimulationReport
from .simulation import simulate
from .simulators import Simulator, find_simulator
from .waveform import Waveform, read_vcd

_BEFORE, _AFTER = 400, 16  # clocks of the window, at first
_LONGEST = 20_000


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What is known about a first difference beyond its place and values.

    Attributes
    ----------
    run, clock : the run it is in, and the clock since the reset before it
    expected, got : in binary, as wide as the value is in the core; empty for what never came or is no value
    waveform : of the core, around it
    as_generated : of the core that the generator writes for the same network and parameters, at the same clocks; None
        where the core is that one
    location : where signals first differ; None where nothing tells
    note : why there is no location; empty if there is one
    """

    run: str
    clock: int
    expected: str
    got: str
    waveform: Waveform
    as_generated: Waveform | None
    location: Location | None
    note: str

    def lines(self) -> list[str]:
        """For a person."""
        found = [f"expected {self.expected}, got {self.got}"] if self.expected and self.got else []
        return [*found, str(self.location) if self.location else self.note]

    def to_json(self) -> dict[str, Any]:
        """All but the waveforms as plain JSON."""
        return {
            "run": self.run,
            "clock": self.clock,
            "window": [self.waveform.clocks.start, self.waveform.clocks.stop - 1],
            "expected_binary": self.expected,
            "got_binary": self.got,
            "location": None if self.location is None else self.location.to_json(),
            "note": self.note,
        }


def explain(
    network: FrozenNetwork,
    core: Path,
    stimulus: Stimulus,
    report: CosimulationReport,
    *,
    build_folder: Path | None = None,
) -> Explanation | None:
    """Run what went wrong once more and look inside.

    Parameters
    ----------
    core : folder or description of the core
    stimulus : what the co-simulation of ``report`` streamed
    report : of that co-simulation, by cocotb
    build_folder : as of :func:`~hadamrnn.sim.cosimulation.cosimulate`

    Returns
    -------
    Explanation or None
        None for a report without a difference or a broken rule.

    Raises
    ------
    InputError, SimulationError
        As :func:`~hadamrnn.sim.cosimulation.cosimulate` does.
    """
    if report.first_wrong_run is None or report.first_wrong_clock is None:
        return None
    description, simulator = read_description(core), find_simulator(report.simulator)
    clock = report.first_wrong_clock
    phase = next(
        run.phase
        for run in plan_runs(network, description, stimulus)
        if report.first_wrong_run.startswith(f"{run.phase.name} run")
    )
    before = min(_BEFORE, 2 * description.latency_of_one_step + 8)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        inside = _Inside(simulator, build_folder or Path(scratch, "build"), Path(scratch))
        good, why = _as_generated(network, core, Path(scratch, "generated"))
        while True:
            phase = replace(phase, window=(max(1, clock - before), clock + _AFTER))
            waveform = inside.record(description, phase)
            reference = None if good is None else inside.record(good, phase)
            location = None
            if good is not None and reference is not None:
                location = locate(reference, waveform, good.verilog.read_text(encoding="utf-8"), description.name)
            if location or reference is None or phase.window[0] == 1 or before >= _LONGEST:
                break
            before *= 8  # what is wrong may have begun long before it is seen
    if reference is not None and location is None:
        why = "signals differ from those of a generated core at every clock of the window, or at none"
    expected, got = _binary(report.first_difference_fields, description, network)
    return Explanation(
        run=phase.name,
        clock=clock,
        expected=expected,
        got=got,
        waveform=waveform,
        as_generated=reference,
        location=location,
        note="" if location else why,
    )


@dataclass(frozen=True)
class _Inside:
    """Runs of a core whose signals can be seen."""

    simulator: Simulator
    builds: Path
    scratch: Path

    def record(self, description: CoreDescription, phase: Phase) -> Waveform:
        """The window of ``phase``."""
        build = build_core(self.simulator, description.verilog, description.name, self.builds, probed=True)
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            simulate(self.simulator, build, description.name, [phase], Path(folder))
            file = Path(folder, f"{phase.name}.vcd")
            if not file.is_file():
                raise SimulationError(f"{self.simulator.name} did not come to clock {phase.window[0]} again")
            return read_vcd(file)


def _as_generated(network: FrozenNetwork, core: Path, folder: Path) -> tuple[CoreDescription | None, str]:
    """The core as the generator writes it, in ``folder``; without one, why."""
    description = read_description(core)
    file = core if core.is_file() else description.verilog.with_suffix(".json")
    try:
        parameters = CoreParameters(**json.loads(file.read_text(encoding="utf-8"))["parameters"])
        generate(network, parameters, folder, description.name)
    except (InputError, OSError, ValueError, KeyError, TypeError) as error:
        return None, f"the core cannot be generated again to compare with ({error})"
    good = read_description(folder)
    if good.verilog.read_bytes() == description.verilog.read_bytes():
        return None, "the Verilog is what the generator writes: there is no other core to compare its signals with"
    return good, ""


def _binary(fields: dict[str, Any] | None, description: CoreDescription, network: FrozenNetwork) -> tuple[str, str]:
    if fields is None or "expected" not in fields or "got" not in fields:
        return "", ""
    width = {"state": network.state_bits, "value": 8 * description.result_bytes, "class": 8 * description.result_bytes}
    bits = width.get(fields["what"], 1)
    expected, got = (f"{fields[name] & ((1 << bits) - 1):0{bits}b}" for name in ("expected", "got"))
    return expected, got
