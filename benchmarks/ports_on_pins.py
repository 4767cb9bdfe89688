"""Does cutting the ports change what synthesis reports? The table of docs/synthesis.md, ten seeds each (ten minutes).

python benchmarks/ports_on_pins.py [SEEDS]
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.place_and_route import place_and_route
from hadamrnn.hw.synthesis.synthesise import CLOCK, synthesise
from hadamrnn.hw.synthesis.tool_process import run_tool
from hadamrnn.hw.targets.catalogue import TARGETS
from hadamrnn.hw.targets.target import Target
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import IntegerNetwork

YOSYS = "from pyosys import libyosys; libyosys.Design().run_pass('script synthesis.ys')"


def network() -> IntegerNetwork:
    """A random network with d = n = 64, 12 state bits, 8-bit inputs, 4-bit weights and 10 logits."""
    random = np.random.default_rng(0)
    return IntegerNetwork(
        signs=random.choice([-1, 1], 64),
        input_weight=random.integers(-8, 8, (64, 1)),
        bias=random.integers(-64, 64, 64),
        output_weight=random.integers(-8, 8, (10, 64)),
        output_bias=random.integers(-100, 100, 10),
        block_size=64,
        state_bits=12,
    )


def measure(folder: Path, target: Target, output: str, ports: str, pins: int, seeds: int) -> None:
    """Place and route the netlist in ``folder`` with every seed, and print a row of the table."""
    tool = target.place_and_route
    assert tool is not None
    placements = [place_and_route(folder, tool, CLOCK, None, seed, lambda stage: None) for seed in range(1, seeds + 1)]
    row = f"| {output} | `{target.name}` | {ports.format(pins)} |"
    if not all(placement.fits for placement in placements):
        print(f"{row} does not fit: {placements[0].reason}", flush=True)
        return
    kinds = [target.resource(name) for name in ("logic_cells", "block_rams", "dsps")]
    cells = {tuple(p.used[kind.placed_as] for kind in kinds if kind and kind.placed_as) for p in placements}
    assert len(cells) == 1, f"another seed changed a count: {cells}"
    clocks = [placement.achieved_mhz for placement in placements if placement.achieved_mhz is not None]
    spread = ", ".join(f"{value:.1f}" for value in (min(clocks), statistics.mean(clocks), max(clocks)))
    print(f"{row} {cells.pop()} | {spread} MHz |", flush=True)


def main(seeds: int) -> None:
    """Print the table."""
    for output in ("class", "logits"):
        with tempfile.TemporaryDirectory() as scratch:
            description = generate(network(), CoreParameters(output=output), Path(scratch))
            pins = sum(port["width"] for port in description["ports"])
            for target in (TARGETS[name] for name in ("ice40-up5k", "ice40-hx8k", "ecp5-25k")):
                folder = Path(scratch, target.name)
                synthesise(Path(scratch, description["verilog"]), description["name"], target, work_folder=folder)
                measure(folder, target, output, "cut", pins, seeds)
                script = (folder / "synthesis.ys").read_text().splitlines()
                (folder / "synthesis.ys").write_text("\n".join(x for x in script if not x.startswith("delete")))
                run_tool([sys.executable, "-P", "-c", YOSYS], folder, "yosys.log")
                ports = json.loads((folder / "netlist.json").read_text())["modules"][description["name"]]["ports"]
                assert len(ports) == len(description["ports"])
                measure(folder, target, output, "{} on pins", pins, seeds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
