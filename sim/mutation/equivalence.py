"""Whether two cores are the same to their surroundings, for all inputs and all time: a proof, or a run that tells.

Both cores get the same clock, reset and streams from a harness that can do all that the rules of AXI4-Stream allow, a
reset at any clock too, and nothing else. They are the same if, after the first reset, ``tready``, ``tvalid`` and
``error`` are equal at every clock, and data and ``tlast`` wherever ``tvalid`` is high. Yosys makes a circuit of latches
and gates of both; its ABC merges what is equivalent in them and proves the rest by property-directed reachability (Eén,
Mishchenko, Brayton, Efficient implementation of property directed reachability, FMCAD 2011), which is complete: there
is no bound on the number of clocks. Registers that have no value before the first clock are 0 in both.
"""

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...hw.synthesis.tool_process import run_tool

_YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"
_PREPARE = "hierarchy -top TOP; proc; flatten; memory; opt -full; rename TOP"
_SCRIPT = """\
read_verilog original.v
{prepare} original
design -stash original
read_verilog mutant.v
{prepare} mutant
design -stash mutant
design -copy-from original -as original original
design -copy-from mutant -as mutant mutant
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
_PROVE = {
    True: "read_aiger merged.aig; pdr -T {seconds}",
    False: "read_aiger merged.aig; iprove",
}  # with latches or none


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


def prove(original: str, mutant: str, description: dict[str, Any], folder: Path, seconds: int = 60) -> Proof:
    """Ask whether the Verilog texts ``original`` and ``mutant`` are the same core.

    Parameters
    ----------
    description : the JSON beside the core: its name and ports
    folder : empty, for the files of the tools
    seconds : after which the question is given up
    """
    found = importlib.util.find_spec("pyosys")
    if found is None or found.origin is None:
        return Proof(None, "not proved: the proof needs pip install 'hadamrnn[synth]'")
    abc = Path(found.origin).with_name("yosys-abc")
    texts = {"original.v": original, "mutant.v": mutant, "harness.v": harness(description)}
    texts["prove.ys"] = _SCRIPT.format(prepare=_PREPARE.replace("; ", "\n").replace("TOP", description["name"]))
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    run = run_tool([sys.executable, "-P", "-c", _YOSYS, "script prove.ys"], folder, "yosys.log")
    if run.status != 0:
        return Proof(None, f"not proved: {run.error}")

    def ask(commands: str) -> str:
        return "\n".join(run_tool([str(abc), "-q", commands], folder, "abc.log").log)

    latches = re.search(r"lat = *(\d+)", ask(_MERGE))
    if latches is None:
        return Proof(None, "not proved: ABC gave no answer")
    searched = ask(_SEARCH.format(seconds=max(1, seconds // 2))) if int(latches[1]) else ""
    asserted = re.search(r"asserted in frame (\d+)", searched)
    if asserted is not None:
        return Proof(False, f"a run of {asserted[1]} clocks tells them apart")
    answer = ask(_PROVE[int(latches[1]) > 0].format(seconds=seconds))
    if re.search(r"Property proved|UNSATISFIABLE", answer):
        return Proof(True, "equivalent: proved for all inputs and all time")
    asserted = re.search(r"asserted in frame (\d+)", answer)
    if asserted is not None:
        return Proof(False, f"a run of {asserted[1]} clocks tells them apart")
    bounds = [int(frames) for frames in re.findall(r"(?:asserted in|out in frame|in frame) (\d+)", searched + answer)]
    return Proof(None, f"not proved in {seconds} s: no run of {max(bounds, default=0)} clocks tells them apart")


def harness(description: dict[str, Any]) -> str:
    """Verilog of both cores with the same inputs, and of one output ``different``.

    A source that has offered a beat offers it until it is taken; the reset is high at the first clock.
    """
    streams = description["streams"]
    data = 8 * streams["s_axis"]["bytes"]
    sinks = [port for port in streams if port != "s_axis"]
    lines = [
        f"module harness(input clk, input reset, input offer, input [{data - 1}:0] data, input last"
        + "".join(f", input {port}_tready" for port in sinks)
        + ", output different);",
        "reg started = 0, waiting = 0, held_last = 0;",
        f"reg [{data - 1}:0] held = 0;",
        "wire rst = reset | ~started;",
        "wire s_axis_tvalid = waiting | offer;",
        f"wire [{data - 1}:0] s_axis_tdata = waiting ? held : data;",
        "wire s_axis_tlast = waiting ? held_last : last;",
        "always @(posedge clk) begin",
        "  started <= 1;",
        "  waiting <= s_axis_tvalid & ~s_axis_tready_original & ~rst;",
        "  held <= s_axis_tdata;",
        "  held_last <= s_axis_tlast;",
        "end",
    ]
    given = {"clk", "rst", "s_axis_tvalid", "s_axis_tdata", "s_axis_tlast", *(f"{port}_tready" for port in sinks)}
    outputs = [port for port in description["ports"] if port["direction"] == "output"]
    for core in ("original", "mutant"):
        lines += [f"wire [{port['width'] - 1}:0] {port['name']}_{core};" for port in outputs]
        connections = [
            f".{port['name']}({port['name'] if port['name'] in given else port['name'] + '_' + core})"
            for port in description["ports"]
        ]
        lines.append(f"{core} {core}_core({', '.join(connections)});")
    differs = []
    for port in outputs:
        name = port["name"]
        differs.append(f"({name}_original != {name}_mutant)")
        if name.endswith(("tdata", "tlast")):
            differs[-1] = f"({name.rsplit('_', 1)[0]}_tvalid_original & {differs[-1]})"
    lines += [f"assign different = started & ({' | '.join(differs)});", "endmodule", ""]
    return "\n".join(lines)
