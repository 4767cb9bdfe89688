"""Signs searched, learned as published, or drawn, at equal training time: the tables of docs/learning-signs.md.

python benchmarks/learning_signs.py [--case NAME …] [--seeds 0 1 2] [--json FILE]

Each run gets the same processor time on one core, its search included, and as many epochs as fit into it, so the
learning rate has fallen to zero when the time is up. Processor time, because machines are shared.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from hadamrnn.model.objective import evaluate
from hadamrnn.model.task import Task
from hadamrnn.model.tasks import load_task
from hadamrnn.model.training import Trainer
from hadamrnn.quant.building import build_network
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions, TrainingOptions

LEARNED = {"signs": "learned", "decay": 0.98, "sign_schedule": "published"}
METHODS: dict[str, dict[str, Any]] = {
    "drawn": {"signs": "drawn"},
    "published": {
        **LEARNED,
        "learning_rate": 1e-3,
        "sign_learning_rate": 1e-3,
        "network": {"bias": "plain", "blank_input": "learned"},
    },
    "settled": {"signs": "learned"},
    "searched": {"signs": "searched"},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """A network and the processor seconds that its training may take; an epoch is ``sequences`` long."""

    task: str
    options: dict[str, Any]
    network: dict[str, Any]
    training: dict[str, Any]
    seconds: float


def _mnist(hidden: int, block: int, rate: float, seconds: float, *, permuted: bool = True) -> Case:
    return Case(
        task="mnist",
        options={"permuted": permuted},
        network={"hidden_size": hidden, "block_size": block},
        training={"batch_size": 100, "learning_rate": rate, "decay": "cosine", "sign_candidates": 128},
        seconds=seconds,
    )


CASES = {
    "pmnist-d512-n16": _mnist(512, 16, 2e-3, 50),
    "pmnist-d512": _mnist(512, 512, 2e-3, 80),
    "pmnist-d128": _mnist(128, 128, 4e-3, 30),
    "smnist-d64": _mnist(64, 64, 6e-3, 30, permuted=False),
    "copy-d128-n16": Case(
        task="copy",
        options={"sequences": 6_400},
        network={"hidden_size": 128, "block_size": 16, "readout_activation": "none"},
        training={"batch_size": 64, "learning_rate": 5e-3, "decay": "cosine", "sign_candidates": 64},
        seconds=20,
    ),
}


def main() -> None:
    """Run the cases and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs="+", choices=sorted(CASES), default=sorted(CASES))
    parser.add_argument("--method", nargs="+", choices=sorted(METHODS), default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    records = []
    for name in given.case:
        case = CASES[name]
        task = load_task(case.task, **case.options)
        for method in given.method:
            runs = [_run(case, task, method, seed) for seed in given.seeds]
            records += [{"case": name, "method": method, **run} for run in runs]
            print(_line(name, method, runs), flush=True)
            if given.json:
                given.json.write_text(json.dumps(records, indent=1) + "\n")


def _run(case: Case, task: Task, method: str, seed: int) -> dict[str, Any]:
    """Train for the time of the case, and evaluate on the test set."""
    changes = dict(METHODS[method])
    network = NetworkOptions(**case.network, **changes.pop("network", {}), signs=changes.pop("signs"))
    training = {**case.training, **changes, "seed": seed}

    def trained(epochs: int) -> tuple[Trainer, float]:
        config = ExperimentConfig(
            task=case.task,
            task_options=case.options,
            network=network,
            training=TrainingOptions(**training, epochs=epochs),
        )
        before = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            search = network.signs == "searched"
            trainer = Trainer(build_network(config, task), task, config.training, Path(folder), search=search)
            trainer.run()
        return trainer, time.process_time() - before

    once, twice = trained(1)[1], trained(2)[1]
    an_epoch = max(twice - once, 1e-3)
    epochs = max(1, round((case.seconds - (once - an_epoch)) / an_epoch))
    trainer, seconds = trained(epochs)
    found = evaluate(trainer.network, task.test)
    return {
        "seed": seed,
        "epochs": epochs,
        "seconds": round(seconds, 1),
        **dataclasses.asdict(found),
        "searched": trainer.searched,
    }


def _line(name: str, method: str, runs: list[dict[str, Any]]) -> str:
    accuracies, losses = [100 * run["accuracy"] for run in runs], [run["loss"] for run in runs]
    spread = statistics.stdev(accuracies) if len(runs) > 1 else 0.0
    seconds, epochs = statistics.mean(run["seconds"] for run in runs), [run["epochs"] for run in runs]
    each = " ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    return (
        f"{name:18} {method:10} {statistics.mean(accuracies):6.2f} ± {spread:.2f} %  ({each})  "
        f"loss {' '.join(f'{loss:.3e}' for loss in losses)}  {seconds:.0f} s, epochs {epochs}"
    )


if __name__ == "__main__":
    main()
