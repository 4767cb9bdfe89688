"""Run folders as files: what is in one, and in what state it is. Imports without torch."""

import json
import os
import reprlib
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..model.task import SPLITS
from .configuration import ExperimentConfig, read_config

CONFIG, LAST, BEST = "config.toml", "last.pt", "best.pt"
METRICS, CURVE, RESULT = "metrics.jsonl", "curve.png", "result.json"
FILES = (LAST, BEST, METRICS, CURVE, RESULT, CONFIG)  # the configuration goes last: it makes a folder a run's

NOT_BEGUN, UNFINISHED, FINISHED, DAMAGED = "not begun", "unfinished", "finished", "damaged"


@dataclass(frozen=True, kw_only=True)
class RunState:
    """A run as its folder shows it, without loading task or network.

    Attributes
    ----------
    folder : of the run
    state : ``"not begun"``, ``"unfinished"``, ``"finished"`` or ``"damaged"``
    reason : what is damaged, one line; None otherwise
    config : as used; None where it cannot be read
    epochs : that are done
    metrics : the record of each of them, as in ``metrics.jsonl``
    result : what ``result.json`` says; empty for a run that is not finished
    """

    folder: Path
    state: str
    reason: str | None = None
    config: ExperimentConfig | None = None
    epochs: int = 0
    metrics: Sequence[dict[str, Any]] = ()
    result: dict[str, Any] = field(default_factory=dict)


def find_runs(folders: Iterable[Path]) -> list[RunState]:
    """The state of every run folder among and below ``folders``, each once; hidden folders are passed by.

    Raises
    ------
    InputError
        If one of ``folders`` is not there. What is damaged is said in the state of that run.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder, expected one with runs in it")
        found |= dict.fromkeys(path for path in _folders(folder) if path == folder or _is_run(path))
    states = [run_state(path) for path in found if (path / CONFIG).exists()]
    return sorted(states, key=_order)


def run_state(folder: Path) -> RunState:
    """The state of one run folder; never raises for what is in it."""
    config = None
    try:
        config = read_config(folder / CONFIG, recorded=True)
        metrics = _read_metrics(folder / METRICS)
        finished = (folder / RESULT).exists()
        result = read_result(folder / RESULT) if finished else {}
        for name in (LAST, BEST):
            _check_archive(folder / name, needed=finished and name == BEST)
    except (InputError, OSError) as error:
        reason = " ".join(str(error).split()).removeprefix(f"{folder}{os.sep}")
        return RunState(folder=folder, state=DAMAGED, reason=reason, config=config)
    begun = UNFINISHED if metrics or (folder / LAST).exists() else NOT_BEGUN
    return RunState(
        folder=folder,
        state=FINISHED if finished else begun,
        config=config,
        epochs=len(metrics),
        metrics=metrics,
        result=result,
    )


def read_result(path: Path) -> dict[str, Any]:
    """Read ``result.json``.

    Raises
    ------
    InputError
        If it cannot be read, or is not the result of a run.
    """
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    needed = ("best_epoch", "epochs", "seconds", "versions", *SPLITS)
    missing = [key for key in needed if not isinstance(result, dict) or key not in result]
    for split in SPLITS:
        if not missing and not (isinstance(result[split], dict) and {"loss", "accuracy"} <= result[split].keys()):
            missing.append(split)
    if missing:
        raise InputError(f"{path}: not the result of a run, it has no {missing[0]!r}")
    for split in SPLITS:
        for name, value in result[split].items():
            if not (value is None and name != "loss") and not _is_finite(value):
                raise InputError(f"{path}: {split} {name} must be a finite number, not {reprlib.repr(value)}")
    for name in ("best_epoch", "epochs", "seconds"):
        if not _is_finite(result[name]):
            raise InputError(f"{path}: {name} must be a finite number, not {reprlib.repr(result[name])}")
    return result


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def clear_run(folder: Path) -> None:
    """Make ``folder`` if need be and remove a run's files from it, the remains of a killed process included."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    clear_remains(folder)


def clear_remains(folder: Path) -> None:
    """Remove what killed processes have left half written in a run folder."""
    for path in folder.iterdir():
        if is_remains(path):
            path.unlink(missing_ok=True)


def is_remains(path: Path) -> bool:
    """Whether ``path`` is what a killed process was writing aside, of a file of a run."""
    return path.name.startswith(".") and Path(path.name[1:]).stem in FILES


def _folders(folder: Path) -> Iterator[Path]:
    for path, below, _ in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield Path(path)


def _is_run(folder: Path) -> bool:
    """Whether a folder that nobody named is a run's: other programs have files of the name config.toml too."""
    if not (folder / CONFIG).is_file():
        return False
    if any((folder / name).exists() for name in (LAST, METRICS, RESULT)):
        return True
    try:
        read_config(folder / CONFIG, recorded=True)
    except InputError:
        return False
    return True


def _read_metrics(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8") from error
    if lines and not lines[-1].endswith("\n"):
        lines.pop()  # a process was killed while it wrote this line; resuming writes it again
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: line {number} is not JSON") from error
        if not isinstance(record, dict) or record.get("epoch") != number:
            raise InputError(f"{path}: line {number} is not the record of epoch {number}")
        records.append(record)
    return records


def _check_archive(path: Path, *, needed: bool) -> None:
    if not path.exists():
        if needed:
            raise InputError(f"{path}: no such checkpoint")
    elif not zipfile.is_zipfile(path):
        raise InputError(f"{path}: not a readable checkpoint")


def _order(run: RunState) -> tuple[Any, ...]:
    if run.config is None:
        return (1, str(run.folder))
    network = run.config.network
    names = (run.config.task, str(run.config.task_options))
    sizes = (network.kind, network.hidden_size, network.block_size, str(network.weight_bits), network.signs)
    return (0, *names, *sizes, run.config.training.seed, str(run.folder))
