"""What one flipped sign does to the features of a Hadamard recurrence, lag by lag: a table of docs/learning-signs.md.

python benchmarks/sign_flips.py
"""

import numpy as np

from hadamrnn.model.walsh_hadamard import recurrent_gain
from hadamrnn.quant.integer import walsh_hadamard

LAGS = (1, 10, 50, 100, 200, 400, 784)
DRAWS = 20


def main() -> None:
    """Print |W'^j U − W^j U| / |W^j U|, mean over draws of s, U and the sign that is flipped."""
    random = np.random.default_rng(0)
    print("n".rjust(5), *(f"j = {lag}".rjust(8) for lag in LAGS))
    for block_size in (16, 128, 512):
        changes = np.mean([_changes(block_size, random) for _ in range(DRAWS)], axis=0)
        print(str(block_size).rjust(5), *(f"{change:.2f}".rjust(8) for change in changes))


def _changes(block_size: int, random: np.random.Generator) -> list[float]:
    signs = random.choice([-1, 1], block_size)
    flipped = signs.copy()
    flipped[random.integers(block_size)] *= -1
    both = np.stack([signs, flipped]) * recurrent_gain(block_size)
    states = np.repeat(random.uniform(-1, 1, (1, block_size)), 2, axis=0)
    changes = []
    for lag in range(1, LAGS[-1] + 1):
        states = both * walsh_hadamard(states, block_size)
        if lag in LAGS:
            changes.append(float(np.linalg.norm(states[1] - states[0]) / np.linalg.norm(states[0])))
    return changes


if __name__ == "__main__":
    main()
