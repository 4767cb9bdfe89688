"""Whether two cores are the same to their surroundings, for all inputs and all time: a proof, or a run that tells.

Both cores get the same clock, reset and streams from a harness that can do all that the rules of AXI4-Stream allow, a
reset at any clock too, and nothing else. They are the same if, after the first reset, ``tready``, ``tvalid`` and
``error`` are equal at every clock, and data, ``tlast`` and ``tid`` wherever ``tvalid`` is high. Yosys makes a circuit
of latches and gates of both; its ABC merges what is equivalent in them and proves the rest by property-directed
reachability (Eén, Mishchenko, Brayton, Efficient implementation of property directed reachability, FMCAD 2011), which
is complete: there is no bound on the number of clocks. Registers that have no value before the first clock are 0 in
both. ABC is asked first of a circuit that has one bit for each word of data (:mod:`.difference_tracking`), and if that
is no proof of both cores bit by bit.
"""

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...hw.synthesis.tool_process import run_tool
from .harness import harness

_YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"
_PREPARE = "hierarchy -top TOP; proc; flatten; memory; opt -full; rename TOP"
_BOTH = """\
read_verilog original.v
{prepare} original
design -stash original
read_verilog mutant.v
{prepare} mutant
design -stash mutant
design -copy-from original -as original original
design -copy-from mutant -as mutant mutant
"""
_SCRIPT = """\
read_verilog harness.v
hierarchy -top harness
proc
flatten
opt -full
techmap
opt -fast
dffunmap
setundef -init -zero
setundef -undriven -zero
aigmap
opt_clean
write_aiger -zinit both.aig
"""
# Merging of equivalent registers first, by induction over one clock, then over four (what differs after a reset only).
_MERGE = "read_aiger both.aig; scorr; dc2; scorr -F 4; write_aiger merged.aig; print_stats"
_SEARCH = "read_aiger merged.aig; bmc3 -T {seconds}"
# With its newer solver and the order of registers that goes with it, it is several times as fast.
_PROVE = {
    True: "read_aiger merged.aig; pdr -s -f -T {seconds}",
    False: "read_aiger merged.aig; iprove",
}  # with latches or none
_PROVED = r"Property proved|UNSATISFIABLE"


@dataclass(frozen=True)
class Proof:
    """The answer.

    Attributes
    ----------
    equivalent : None where the time was not enough, or a tool is not there
    text : how that is known, or what is missing
    """

    equivalent: bool | None
    text: str


def prove(
    original: str,
    mutant: str,
    description: dict[str, Any],
    folder: Path,
    seconds: int = 60,
    *,
    tracked: str | None = None,
) -> Proof:
    """Ask whether the Verilog texts ``original`` and ``mutant`` are the same core.

    Parameters
    ----------
    description : the JSON beside the core: its name and ports
    folder : empty, for the files of the tools
    seconds : after which a question is given up
    tracked : the circuit of :func:`~hadamrnn.sim.mutation.difference_tracking.tracked`, which is asked first
    """
    found = importlib.util.find_spec("pyosys")
    if found is None or found.origin is None:
        return Proof(None, "not proved: the proof needs pip install 'hadamrnn[synth]'")
    tools = _Tools(Path(found.origin).with_name("yosys-abc"), folder, seconds)
    if tracked is not None and tools.write({"harness.v": tracked}, _SCRIPT) is None and tools.is_proved():
        return Proof(True, "equivalent: proved for all inputs and all time, whatever the data")
    texts = {"original.v": original, "mutant.v": mutant, "harness.v": harness(description)}
    prepare = _PREPARE.replace("; ", "\n").replace("TOP", description["name"])
    error = tools.write(texts, _BOTH.format(prepare=prepare) + _SCRIPT)
    return Proof(None, f"not proved: {error}") if error is not None else tools.compared()


class _Tools:
    """Yosys, which makes a circuit of Verilog, and ABC, which is asked about it."""

    def __init__(self, abc: Path, folder: Path, seconds: int) -> None:
        self.abc, self.folder, self.seconds = abc, folder, seconds

    def write(self, texts: dict[str, str], script: str) -> str | None:
        """Make the circuit; returns what went wrong."""
        for name, text in (texts | {"prove.ys": script}).items():
            (self.folder / name).write_text(text, encoding="utf-8")
        run = run_tool([sys.executable, "-P", "-c", _YOSYS, "script prove.ys"], self.folder, "yosys.log")
        return None if run.status == 0 else run.error

    def _ask(self, commands: str) -> str:
        return "\n".join(run_tool([str(self.abc), "-q", commands], self.folder, "abc.log").log)

    def _merged(self) -> int | None:
        """Registers that are left where equivalent ones are merged."""
        latches = re.search(r"lat = *(\d+)", self._ask(_MERGE))
        return None if latches is None else int(latches[1])

    def _answer(self, latches: int) -> str:
        return self._ask(_PROVE[latches > 0].format(seconds=self.seconds))

    def is_proved(self) -> bool:
        """Whether the output is low for ever."""
        latches = self._merged()
        return latches is not None and re.search(_PROVED, self._answer(latches)) is not None

    def compared(self) -> Proof:
        """The same, or a run after which it is not."""
        latches = self._merged()
        if latches is None:
            return Proof(None, "not proved: ABC gave no answer")
        searched = self._ask(_SEARCH.format(seconds=max(1, self.seconds // 2))) if latches else ""
        asserted = re.search(r"asserted in frame (\d+)", searched)
        answer = "" if asserted else self._answer(latches)
        if re.search(_PROVED, answer):
            return Proof(True, "equivalent: proved for all inputs and all time")
        asserted = asserted or re.search(r"asserted in frame (\d+)", answer)
        if asserted is not None:
            return Proof(False, f"a run of {asserted[1]} clocks tells them apart")
        reached = re.findall(r"(?:asserted in|out in frame|in frame) (\d+)", searched + answer)
        clocks = max(map(int, reached), default=0)
        return Proof(None, f"not proved in {self.seconds} s: no run of {clocks} clocks tells them apart")
