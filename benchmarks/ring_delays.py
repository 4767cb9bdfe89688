"""The delay model against place and route: rings alone, P = 1, some with registers for a clock (half an hour).

python benchmarks/ring_delays.py [TARGET ...]

A row is a ring: its size, the registers in it, the slowest path by nextpnr (the faster of two seeds) and by the model.
"""

import sys
import tempfile
from pathlib import Path

from amaranth.back import verilog

from hadamrnn.hw.estimate import worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.clock_parameters import parameters_for_clock
from hadamrnn.hw.ring.recurrence import RingRecurrence
from hadamrnn.hw.ring.ring_registers import registers_of, ring_parts, segment_delay
from hadamrnn.hw.synthesis.synthesise import synthesise
from hadamrnn.hw.targets.catalogue import TARGETS
from hadamrnn.hw.targets.target import Target
from hadamrnn.quant.integer import IntegerNetwork

# d = n and adder levels between registers; those that the constants were fitted to come first.
RINGS = ((64, 1), (64, 2), (64, 3), (256, 1), (256, 2), (32, 1), (32, 2), (32, 4))
CLOCKS = {"ice40-up5k": (24.0, 36.0), "ice40-hx8k": (60.0, 90.0, 120.0), "ecp5-25k": (80.0, 120.0)}


def modelled(network: IntegerNetwork, parameters: CoreParameters, target: Target) -> float:
    """The slowest segment of the ring, in nanoseconds."""
    assert target.delays is not None
    registers = registers_of(network, parameters) | {"state"}
    parts = ring_parts(network, parameters.lanes, parameters.memory_depth, target.delays)
    slowest, start = 0.0, 0
    for end, part in enumerate(parts, start=1):
        if part.name in registers:
            slowest, start = max(slowest, segment_delay(parts[start:end], target.delays)), end
    return slowest


def measure(size: int, parameters: CoreParameters, target: Target) -> None:
    """Place and route one ring, and print its row."""
    network = worst_case_network(size, size)
    ring = RingRecurrence(network, parameters)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ring.v"
        path.write_text(verilog.convert(ring, name="ring", emit_src=False, strip_internal_attrs=True))
        reports = [synthesise(path, "ring", target, seed=seed) for seed in (1, 2)]
    cells = reports[0].resources["logic_cells"].used
    clocks = [report.achieved_mhz for report in reports if report.achieved_mhz]
    measured, model = 1000 / max(clocks), modelled(network, parameters, target)
    count = len(registers_of(network, parameters))
    error = f"{model / measured - 1:+.0%}"
    print(f"| `{target.name}` | {size} | {count} | {cells} | {measured:.1f} | {model:.1f} | {error} |", flush=True)


def main(names: list[str]) -> None:
    """Print the table."""
    for name in names or CLOCKS:
        target = TARGETS[name]
        for size, every in RINGS:
            measure(size, CoreParameters(stages_per_register=every), target)
        for clock in CLOCKS[name]:
            parameters, _ = parameters_for_clock(worst_case_network(128, 128), CoreParameters(), target, clock)
            measure(128, parameters, target)


if __name__ == "__main__":
    main(sys.argv[1:])
