"""How long estimates take.

python benchmarks/estimate.py [--count 1000]

Every estimate is of another network and core, from numbers to figures: hidden sizes 16 to 1024, blocks, lanes, bits and
targets in turn. The time is that of this process, after one estimate that loads what there is to load.
"""

import argparse
import itertools
import time

from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.targets.catalogue import get_target

HIDDEN = (16, 32, 64, 128, 256, 512, 1024)
TARGETS = ("ice40-up5k", "ice40-hx8k", "ecp5-25k", "ecp5-85k")


def main(count: int) -> None:
    """Make so many estimates, and print the seconds."""
    choices = itertools.product(HIDDEN, (1, 2, 4), (1, 2, 4, 8), (8, 10, 12, 14), TARGETS)
    cases = [
        (hidden, hidden // blocks, lanes, bits, get_target(name))
        for hidden, blocks, lanes, bits, name in itertools.islice(itertools.cycle(choices), count)
    ]
    estimate(worst_case_network(16, 16), CoreParameters(), target=get_target(TARGETS[0]))
    start, processor = time.perf_counter(), time.process_time()
    for hidden, block, lanes, bits, target in cases:
        network = worst_case_network(hidden, block, state_bits=bits)
        estimate(network, CoreParameters(lanes=lanes), steps=784, target=target)
    wall, used = time.perf_counter() - start, time.process_time() - processor
    print(f"{count} estimates: {wall:.2f} s, {used:.2f} s of processor time")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    main(parser.parse_args().count)
