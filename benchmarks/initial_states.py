"""The size of the states that are read before U is scaled, and what a fitted read-out of copy leaves unexplained.

python benchmarks/initial_states.py          (figures of docs/training.md and docs/learning-signs.md)
"""

from pathlib import Path

import torch

from hadamrnn.model.initialisation import scale_inputs
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.sign_search import search_signs
from hadamrnn.model.tasks import load_task
from hadamrnn.quant.building import build_network
from hadamrnn.quant.configuration import read_config

CONFIGS = Path(__file__).parents[1] / "configs"


def main() -> None:
    """Print both tables. MNIST and IMDB are needed."""
    for name in ("digits", "pmnist-d512", "copy-d256-n16", "imdb-d128-n16"):
        config = read_config(CONFIGS / f"{name}.toml")
        task = load_task(config.task, **config.task_options)
        print(
            f"{name:16} root mean square of the states read: {1 / scale_inputs(build_network(config, task), task):.2f}"
        )
    task = load_task("copy", sequences=20_000)
    for activation in ("none", "relu"):
        network = HadamardRNN(
            input_size=task.input_size,
            hidden_size=128,
            block_size=16,
            output_size=task.output_size,
            input_kind="index",
            readout="every",
            readout_activation=activation,
            generator=torch.Generator().manual_seed(0),
        )
        drawn, searched = search_signs(network, task, candidates=64).unexplained
        print(f"copy, d = 128, n = 16, {activation:4}  unexplained: drawn {drawn:.1%}, searched {searched:.1%}")


if __name__ == "__main__":
    main()
