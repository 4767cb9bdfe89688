"""One mutant through the co-simulation of every core, until something is wrong with it."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...quant.integer import FrozenNetwork
from ..build import SimulationError
from ..cosimulation import cosimulate
from ..description import CoreDescription, read_description
from ..malformed import malformed_sequences
from ..native.verification import verify
from ..report import CosimulationReport
from ..stimulus import corner_inputs

MANY = 4000  # sequences of the last attempt: rare states, and classes that hang on one unit of a logit
ATTEMPTS = ("random stalls", "worst stalls, and resets at every clock", "many sequences, and extreme ones")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant.

    Attributes
    ----------
    found : whether the verification found the fault
    how : of what kind the first thing wrong was: ``"state"``, ``"result"``, ``"nothing came"``, ``"too much came"``,
        ``"tlast"``, ``"error"``, ``"stream rule"``, ``"unknown value"``, ``"stands still"``, ``"no end"`` or
        ``"clocks"``; ``"not simulated"`` where the simulator refused the mutant; empty for one that was not found
    message : the first thing wrong, as ``hadamrnn verify`` names it
    attempt : which one found it, 1 is the first; how many there were where none did
    clocks : simulated in all attempts
    """

    found: bool
    how: str
    message: str
    attempt: int
    clocks: int


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How mutants of a core are tried; fit to be sent to another process.

    Attributes
    ----------
    network : what the core is of
    folder : of the core without a fault; needs a trace to see states
    simulator : ``"icarus"`` or ``"verilator"``, for the first two attempts
    sequences, steps : of each of these, at most so many steps
    seed : of inputs and stalls
    extremes : inputs and lengths of sequences with large sums (:mod:`~hadamrnn.sim.extremes`), for the last attempt
    """

    network: FrozenNetwork
    folder: Path
    simulator: str
    sequences: int
    steps: int
    seed: int
    extremes: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, verilog: str) -> Verdict:
        """Try the core whose Verilog is ``verilog``."""
        description = read_description(self.folder)
        clocks = 0
        with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
            for name in (f"{description.name}.json", description.verilog.name):
                Path(scratch, name).write_bytes((self.folder / name).read_bytes())
            Path(scratch, description.verilog.name).write_text(verilog, encoding="utf-8")
            tries = (self._with_random_stalls, self._with_resets, self._with_many_sequences)
            for attempt, simulated in enumerate(tries, start=1):
                try:
                    report = simulated(Path(scratch), self.seed + 1000 * attempt)
                except SimulationError as error:
                    return Verdict(found=True, how="not simulated", message=str(error), attempt=attempt, clocks=clocks)
                clocks += report.clocks
                if not report.passed:
                    kind, message = first_wrong(report)
                    return Verdict(found=True, how=kind, message=message, attempt=attempt, clocks=clocks)
        return Verdict(found=False, how="", message="", attempt=len(ATTEMPTS), clocks=clocks)

    def _with_random_stalls(self, folder: Path, seed: int) -> CosimulationReport:
        return self._cosimulate(folder, seed, stalls="random")

    def _with_resets(self, folder: Path, seed: int) -> CosimulationReport:
        return self._cosimulate(folder, seed, stalls="worst", resets=1000)

    def _with_many_sequences(self, folder: Path, seed: int) -> CosimulationReport:
        """Thousands, half of them uniform, by the native engine.

        Before them those that make the largest sums.
        """
        description = read_description(folder)
        inputs, lengths = corner_inputs(self.network, seed, sequences=MANY, steps=self.steps)
        uniform = np.random.default_rng((seed, 3))
        inputs[::2] = uniform.integers(*self.network.input_range, inputs[::2].shape, endpoint=True)
        inputs, lengths, options = self._with_extremes(description, inputs, lengths, seed)
        builds, states = folder / "build", description.trace
        return verify(
            self.network, folder, inputs, lengths=lengths, seed=seed, states=states, build_folder=builds, **options
        )

    def _with_extremes(
        self,
        description: CoreDescription,
        inputs: np.ndarray,
        lengths: np.ndarray,
        seed: int,
    ) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
        """Some of ``inputs`` made malformed, behind the extreme ones, which are whole."""
        malformed = malformed_sequences(self.network, description, lengths, seed, channels=description.channels)
        if self.extremes is None:
            return inputs, lengths, malformed
        first, first_lengths = self.extremes
        whole = np.zeros_like(first_lengths)
        options = {name: np.concatenate([whole, places]) for name, places in malformed.items()}
        return np.concatenate([first, inputs]), np.concatenate([first_lengths, lengths]), options

    def _cosimulate(
        self,
        folder: Path,
        seed: int,
        *,
        stalls: str,
        resets: int = 0,
    ) -> CosimulationReport:
        description = read_description(folder)
        inputs, lengths = corner_inputs(self.network, seed, sequences=self.sequences, steps=self.steps)
        options: dict[str, Any] = dict(
            malformed_sequences(self.network, description, lengths, seed, channels=description.channels)
        )
        # A reset somewhere within the first steps.
        interrupted = int(np.random.default_rng((seed, 2)).integers(1, 3 * description.latency_of_one_step))
        return cosimulate(
            self.network,
            folder,
            inputs,
            lengths=lengths,
            simulator=self.simulator,
            stalls=stalls,
            seed=seed,
            states=description.trace,
            interrupted_clocks=interrupted,
            resets=resets,
            build_folder=folder / "build",
            **options,
        )


def first_wrong(report: CosimulationReport) -> tuple[str, str]:
    """Of what kind the first thing wrong was, and its line."""
    violation = next((line for line in report.problems if re.match(r"\w+ run: ", line)), "")
    for text, how in (("stands still", "stands still"), ("without an end", "no end"), ("unknown", "unknown value")):
        if text in violation:
            return how, violation
    if violation:
        return "stream rule", violation
    fields = report.first_difference_fields
    if fields is None:
        return "clocks", report.problems[0]
    what = fields["what"]
    if what.endswith("tlast"):
        how = "tlast"
    elif "more beats" in what:
        how = "too much came"
    elif "got" not in fields:
        how = "nothing came"
    else:
        how = {"state": "state", "pulses of error": "error"}.get(what, "result")
    return how, report.problems[0]
