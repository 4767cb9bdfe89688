"""Clocks a second of the simulation engines: native, cocotb on Verilator, cocotb on Icarus.

python benchmarks/simulation.py [NETWORK] [--lanes P] [--repeats N] [--json]

The same core with random stalls of one kind, results compared with the reference as ever. The engines take turns, and
the medians are compared. Wall time is that of the simulation itself, as reports have it; processor time is that of the
whole process of the simulator, its start included, and depends little on what else the machine does. Compilation is in
neither: the cores are compiled before anything is timed.
"""

import argparse
import json
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hadamrnn.cli.network_file import NetworkFile
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import IntegerNetwork, read_network
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.native.verification import verify
from hadamrnn.sim.report import CosimulationReport

# Sequences of STEPS steps, such that each engine runs for seconds.
STEPS = 784
SEQUENCES = {"native": 300, "cocotb on verilator": 6, "cocotb on icarus": 1}


def engines(
    network: IntegerNetwork, core: Path, builds: Path
) -> dict[str, Callable[[np.ndarray, np.ndarray], CosimulationReport]]:
    """Each engine as a function of inputs and lengths."""
    common = {"states": False, "build_folder": builds}

    def cocotb(simulator: str) -> Callable[[np.ndarray, np.ndarray], CosimulationReport]:
        return lambda x, lengths: cosimulate(network, core, x, lengths=lengths, simulator=simulator, **common)

    return {
        "native": lambda x, lengths: verify(network, core, x, lengths=lengths, **common),
        "cocotb on verilator": cocotb("verilator"),
        "cocotb on icarus": cocotb("icarus"),
    }


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(network: IntegerNetwork, lanes: int, repeats: int) -> dict[str, dict[str, float]]:
    """Clocks a second of each engine, by wall and by processor time, and how many times as many native makes."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in SEQUENCES}
    shape = (max(SEQUENCES.values()), STEPS) + (network.input_size,) * (network.input_kind == "vector")
    inputs = np.random.default_rng(0).integers(*network.input_range, shape, endpoint=True)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        core, builds = Path(scratch, "core"), Path(scratch, "builds")
        generate(network, CoreParameters(lanes=lanes), core)
        runs = engines(network, core, builds)
        for run in runs.values():
            run(inputs[:1, :1], np.array([1]))  # compiles
        for _ in range(repeats):
            for name, run in runs.items():
                count = SEQUENCES[name]
                before = processor_seconds()
                report = run(inputs[:count], np.full(count, STEPS))
                assert report.passed, report.problems
                seconds = processor_seconds() - before
                rates[name].append((report.clocks_per_second, report.clocks / seconds))
    rows = {
        name: dict(zip(("wall", "processor"), map(statistics.median, zip(*pairs, strict=True)), strict=True))
        for name, pairs in rates.items()
    }
    return {
        name: row | {f"native_over_{kind}": rows["native"][kind] / row[kind] for kind in ("wall", "processor")}
        for name, row in rows.items()
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", default="zoo:pmnist-d64", help="frozen network or zoo:NAME")
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    network = read_network(NetworkFile().convert(options.network, None, None))
    rows = measure(network, options.lanes, options.repeats)
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{options.network}, {options.lanes} lanes; clocks a second")
    print(f"{'':22}{'wall time':>12}{'processor time':>16}{'native is':>12}")
    for name, row in rows.items():
        ratio = f"{row['native_over_processor']:.0f} x" if name != "native" else ""
        print(f"{name:22}{row['wall']:12,.0f}{row['processor']:16,.0f}{ratio:>12}")


if __name__ == "__main__":
    main()
