"""Verilog that gives two cores the same streams: all that AXI4-Stream allows, and a reset at any clock."""

from typing import Any


def surroundings(description: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Ports of a module, and lines that make of them ``rst`` and what comes to the cores at every stream.

    A source that has offered a beat offers it until the core (``…_tready_original``) has taken it; the reset is high at
    the first clock, and ``started`` from then on.

    Parameters
    ----------
    description : the JSON beside the core
    """
    ports, lines = ["input clk", "input reset"], ["reg started = 0;", "wire rst = reset | ~started;"]
    for port, stream in description["streams"].items():
        if not port.startswith("s"):
            ports.append(f"input {port}_tready")
            continue
        width = 8 * stream["bytes"]
        ports += [f"input {port}_offer", f"input [{width - 1}:0] {port}_data", f"input {port}_last"]
        lines += [
            f"reg {port}_waiting = 0, {port}_held_last = 0;",
            f"reg [{width - 1}:0] {port}_held = 0;",
            f"wire {port}_tvalid = {port}_waiting | {port}_offer;",
            f"wire [{width - 1}:0] {port}_tdata = {port}_waiting ? {port}_held : {port}_data;",
            f"wire {port}_tlast = {port}_waiting ? {port}_held_last : {port}_last;",
            "always @(posedge clk) begin",
            f"  {port}_waiting <= {port}_tvalid & ~{port}_tready_original & ~rst;",
            f"  {port}_held <= {port}_tdata;",
            f"  {port}_held_last <= {port}_tlast;",
            "end",
        ]
    return ports, [*lines, "always @(posedge clk) started <= 1;"]


def harness(description: dict[str, Any]) -> str:
    """The module ``harness`` of the cores ``original`` and ``mutant``, with one output ``different``."""
    ports, lines = surroundings(description)
    outputs = [port for port in description["ports"] if port["direction"] == "output"]
    made = {port["name"] for port in outputs}
    for core in ("original", "mutant"):
        lines += [f"wire [{port['width'] - 1}:0] {port['name']}_{core};" for port in outputs]
        connections = [
            f".{port['name']}({port['name']}{f'_{core}' * (port['name'] in made)})" for port in description["ports"]
        ]
        lines.append(f"{core} {core}_core({', '.join(connections)});")
    differs = {port["name"]: f"{port['name']}_original != {port['name']}_mutant" for port in outputs}
    return module(ports, lines, differs)


def module(ports: list[str], lines: list[str], differs: dict[str, str]) -> str:
    """The module ``harness`` with an output ``different``.

    Parameters
    ----------
    differs : by output of the cores, where it is another; of a stream this counts only while the core is valid
    """
    counted = [
        f"({name.rsplit('_', 1)[0]}_tvalid_original & ({text}))"
        if name.endswith(("tdata", "tlast", "tid"))
        else f"({text})"
        for name, text in differs.items()
    ]
    lines = [*lines, f"assign different = started & ({' | '.join(counted)});"]
    return "\n".join([f"module harness({', '.join(ports)}, output different);", *lines, "endmodule", ""])
