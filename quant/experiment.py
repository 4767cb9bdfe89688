"""Experiments: a configuration in, a run folder out.

A run folder holds ``config.toml`` (as used), ``last.pt`` and ``best.pt``, ``metrics.jsonl``, ``curve.png`` and, once
training is over, ``result.json``.
"""

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from ..model.checkpoint import load_weights, read_checkpoint, write_checkpoint
from ..model.device import available_device
from ..model.labels import label_notes
from ..model.progress import StepReport
from ..model.sign_search import check_searchable
from ..model.task import SPLITS, Task
from ..model.tasks import load_task
from ..model.temperature import scale_logits
from ..model.training import BEST, LAST, Trainer, evaluate
from ..replacement import write_whole
from .building import Network, build_network
from .configuration import ExperimentConfig, read_config
from .network_options import FREEZABLE
from .own_data import check_data, load_run_task, located, portable, same_data
from .rounding_noise import check_noise, rounding_noise
from .run_folder import CONFIG, RESULT, clear_remains, clear_run, is_remains, read_result
from .run_size import stored_kilobytes

EVALUATED = 25_000  # sequences of a split that a result is of: every test set of the tasks is smaller or as large


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A finished run: its network is the one of the best validation result, ``result`` what ``result.json`` says."""

    folder: Path
    config: ExperimentConfig
    task: Task
    network: Network
    result: dict[str, Any]

    @property
    def origin(self) -> dict[str, Any]:
        """What the file of the frozen network says of where it comes from, plain JSON.

        Raises
        ------
        InputError
            For a baseline, which no core computes and which cannot be frozen.
        """
        kind = self.config.network.kind
        if kind not in FREEZABLE:
            raise InputError(f"{self.folder}: a run of kind {kind!r} is a baseline and cannot be frozen to integers")
        return {
            "config": portable(self.config).to_toml(),
            "best_epoch": self.result["best_epoch"],
            "float_accuracy": {split: self.result[split]["accuracy"] for split in SPLITS},
            "float_loss": {split: self.result[split]["loss"] for split in SPLITS},
            "versions": self.result["versions"],
        }


def train(
    config: ExperimentConfig,
    folder: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "cpu",
    report: Callable[[StepReport], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> Run:
    """Train and evaluate; everything goes to ``folder``, which is created.

    Parameters
    ----------
    resume : go on where a run of the same configuration stopped, however it was stopped; a finished one is returned as
        it is, and where the folder is missing or empty the run begins.
    overwrite : replace an earlier run in ``folder``. Files that are not a run's are never touched.
    device : ``"cpu"``, ``"cuda"`` or ``"cuda:N"``: where to compute. It is no part of the configuration, and the
        network that is returned is on the CPU. Runs are equal bit for bit on the same device only.
    report : called after every step, see :func:`hadamrnn.model.progress.progress_bar`.
    note : called with each line of :func:`hadamrnn.model.labels.label_notes`, before the first step.

    Raises
    ------
    InputError
        If the folder holds something else, a run and neither ``resume`` nor ``overwrite`` is given, or a run of another
        configuration or on other data; if there is no such device; and whatever loading the task and training raise.
    KeyboardInterrupt
        On Ctrl-C; the folder is then ready to resume.
    """
    folder = Path(folder)
    available_device(device)  # said before the data are loaded
    if resume and not _is_empty(folder):
        _check_resumable(config, folder)
        if (folder / RESULT).exists():
            return load_run(folder)
    else:
        check_free(folder, overwrite)
        resume = False
    task = load_run_task(folder, config) if resume else load_task(config.task, **config.task_options)
    if resume and (folder / LAST).exists():
        check_data(folder, config, task, read_checkpoint(folder / LAST))
    config = located(config)
    network = build_network(config, task)
    search = config.network.signs == "searched"
    if search:
        check_searchable(network, task)
    bits = config.training.state_bits
    if bits:
        check_noise(network, bits)
    if resume:
        clear_remains(folder)
    else:
        begin(config, folder)
    if note is not None:
        for line in label_notes(task):
            note(line)
    noise = (lambda: rounding_noise(network, task, bits)) if bits else None
    trainer = Trainer(
        network, task, config.training, folder, search=search, device=device, report=report, state_noise=noise
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        trainer.run(resume=resume and (folder / LAST).exists())
    factor = _load_best(network, task, folder)
    result = {**_result(config, task, network, trainer), "logit_factor": factor}
    write_whole(folder / RESULT, _strict_json(result) + "\n")
    return Run(folder=folder, config=config, task=task, network=network.cpu(), result=result)


def _load_best(network: Network, task: Task, folder: Path) -> float:
    """Load the best network with its logits scaled, as its checkpoint holds them from then on; return the factor."""
    best = read_checkpoint(folder / BEST)
    network.load_state_dict(best["network"])
    if "logit_factor" not in best:
        factor = scale_logits(network, task)
        state = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
        best = {**best, "network": state, "logit_factor": factor}
        write_checkpoint(folder / BEST, best)
    return best["logit_factor"]


def load_run(folder: Path) -> Run:
    """Load a finished run from its folder.

    Raises
    ------
    InputError
        If there is none, it is not finished, or a file of it is damaged; :class:`~hadamrnn.errors.DataError` if its
        data cannot be loaded or are no longer those that it was trained on.
    """
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        inside = [path.parent.name for path in sorted(folder.glob(f"*/{CONFIG}"))]
        which = f", but runs in it: {', '.join(inside[:5])}" if inside else ""
        raise InputError(f"{folder}: not a run folder, it has no {CONFIG}{which}")
    config = read_config(folder / CONFIG, recorded=True)
    if not (folder / RESULT).is_file():
        raise InputError(f"{folder}: this run is not finished, it has no {RESULT}; resume it first")
    result = read_result(folder / RESULT)
    task = load_run_task(folder, config)
    best = read_checkpoint(folder / BEST)
    check_data(folder, config, task, best)
    network = build_network(config, task)
    try:
        load_weights(network, best["network"])
    except (RuntimeError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{folder / BEST}: does not fit {CONFIG} ({reason})") from error
    return Run(folder=folder, config=config, task=task, network=network, result=result)


def _result(config: ExperimentConfig, task: Task, network: Network, trainer: Trainer) -> dict[str, Any]:
    assert trainer.best is not None, "there is at least one epoch"
    parameters = sum(parameter.numel() for parameter in network.parameters())
    sizes = {"input_size": task.input_size, "output_size": task.output_size}
    return {
        "task": config.task,
        "kind": config.network.kind,
        "seed": config.training.seed,
        "epochs": len(trainer.history),
        "best_epoch": trainer.best["epoch"],
        **{split: asdict(evaluate(network, getattr(task, split).first(EVALUATED))) for split in SPLITS},
        "searched": trainer.searched,
        "sign_flips": sum(record["sign_flips"] for record in trainer.history),
        "parameters": parameters,
        "shape": sizes | {"input_kind": task.input_kind, "readout": task.readout},
        "kilobytes": stored_kilobytes(config.network, **sizes, parameters=parameters),
        "seconds": trainer.history[-1]["seconds"],
        "device": network.output_weight.device.type,
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _strict_json(result: dict[str, Any]) -> str:
    try:
        return json.dumps(result, indent=2, allow_nan=False)
    except ValueError as error:
        raise InputError(
            "the loss of the trained network is not finite: some sequences are too large for it"
        ) from error


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    packages = {name: version(name) for name in ("hadamrnn", "torch", "brevitas", "numpy", "scikit-learn")}
    return {"python": platform.python_version(), **packages}


def check_free(folder: Path, overwrite: bool) -> None:
    """Refuse a folder in which no run can begin.

    Raises
    ------
    InputError
        If it is a file, or holds something else, or a run that is not to be overwritten.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: a file is in the way, expected a new or empty folder")
    if _is_empty(folder):
        return
    if not (folder / CONFIG).exists():
        raise InputError(f"{folder}: not empty and not a run folder, expected a new or empty folder")
    if not overwrite:
        state = "a finished run" if (folder / RESULT).exists() else "an unfinished run"
        raise InputError(f"{folder}: holds {state}; resume it, overwrite it, or choose another folder")


def begin(config: ExperimentConfig, folder: Path) -> None:
    """Make ``folder`` that of a run of ``config`` of which nothing is done yet; ``train`` with ``resume`` does it.

    Paths to the user's own data are absolute in it.
    """
    clear_run(folder)
    write_whole(folder / CONFIG, located(config).to_toml())


def _is_empty(folder: Path) -> bool:
    """Whether there is nothing in ``folder``, or only what a process that was killed at once has left."""
    return not folder.exists() or (folder.is_dir() and all(is_remains(path) for path in folder.iterdir()))


def _check_resumable(config: ExperimentConfig, folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: nothing to resume, it has no {CONFIG}")
    recorded = read_config(folder / CONFIG, recorded=True)
    difference = same_data(recorded).first_difference(same_data(config))
    if difference is not None:
        raise InputError(f"{folder}: holds a run of another configuration: {difference}")
