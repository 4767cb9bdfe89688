"""New entries: a finished run frozen, evaluated and described. The one module of the zoo that needs torch."""

import hashlib
import json
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..model.task import Task
from ..quant.experiment import Run, versions
from ..quant.freeze import FreezeReport, freeze
from ..quant.integer import IntegerNetwork, write_network
from ..quant.integer.size import stored_bits
from ..quant.integer_evaluation import evaluate_integers
from ..replacement import replacing
from .catalogue import CONFIG, DESCRIPTION, FOLDER, NETWORK, ZooEntry, entry

LARGEST_BYTES = 200_000


def add_entry(
    run: Run,
    name: str,
    *,
    state_bits: int = 12,
    input_bits: int = 8,
    fine_tune: int = 0,
    large: bool = False,
    overwrite: bool = False,
    folder: Path = FOLDER,
) -> ZooEntry:
    """Freeze a finished run, evaluate it on the whole test set and write the three files of its entry.

    ``NAME.json`` has ``name``, ``task``, ``task_options``, ``network`` (sizes and formats), ``seed``, ``epochs`` and
    ``best_epoch``, ``seconds`` of training, ``float`` and ``integer`` (loss, accuracy and sequence accuracy on the test
    set, null for what the task does not have, and saturated states), ``test_sequences``, ``freeze`` (its options),
    ``freeze_report``, ``fine_tuning`` (null without), ``file_bytes``, ``stored_bits`` (see
    :mod:`hadamrnn.quant.integer.size`), ``sha256`` of the network file, ``versions`` of the run and of what froze it,
    and ``commands``, which make it again.

    Parameters
    ----------
    run : finished
    name : letters, digits, hyphens and points
    state_bits, input_bits : as for :func:`~hadamrnn.quant.freeze.freeze`
    fine_tune : steps of :func:`~hadamrnn.quant.fine_tuning.fine_tune` before freezing; 0 for none
    large : accept a network file of more than :data:`LARGEST_BYTES`
    overwrite : replace an entry of that name
    folder : of the zoo

    Raises
    ------
    InputError
        If the name cannot be one or is taken, the file becomes too large, or the run cannot be frozen. Nothing is
        written then.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        raise InputError(f"name must be of small letters, digits, hyphens and points, not {name!r}")
    if fine_tune < 0:
        raise InputError(f"fine_tune must be at least 0 steps, not {fine_tune}")
    if not overwrite and (folder / f"{name}{NETWORK}").exists():
        raise InputError(f"zoo:{name}: there is such a network already; overwrite it or choose another name")
    options = {"state_bits": state_bits, "input_bits": input_bits, "fine_tune": fine_tune}
    network, report, tuning = _frozen(run, **options)
    data = _file_of(network)
    if len(data) > LARGEST_BYTES and not large:
        raise InputError(f"zoo:{name}: the network file has {len(data)} bytes, expected at most {LARGEST_BYTES}")
    description = {
        "name": name,
        "task": run.config.task,
        "task_options": run.config.task_options,
        "network": _shape(network, run),
        "seed": run.config.training.seed,
        "epochs": run.result["epochs"],
        "best_epoch": run.result["best_epoch"],
        "seconds": run.result["seconds"],
        **_figures(network, run.task, run.result),
        "freeze": options,
        "freeze_report": report.to_json(),
        "fine_tuning": tuning,
        "file_bytes": len(data),
        "stored_bits": stored_bits(network),
        "sha256": hashlib.sha256(data).hexdigest(),
        "versions": {"training": run.result["versions"], "freezing": versions()},
        "commands": _commands(name, options),
    }
    text = json.dumps(description, indent=2, allow_nan=False) + "\n"
    try:
        with ExitStack() as stack:  # leaves in reverse order: the description, by which an entry is found, last
            for kind, contents in ((DESCRIPTION, text.encode()), (CONFIG, _config(run).encode()), (NETWORK, data)):
                stack.enter_context(replacing(folder / f"{name}{kind}")).write_bytes(contents)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error
    return entry(name, folder)


def _frozen(
    run: Run, *, state_bits: int, input_bits: int, fine_tune: int
) -> tuple[IntegerNetwork, FreezeReport, dict[str, Any] | None]:
    """The integers, what freezing reports and, where there was any, what fine-tuning does."""
    bits: dict[str, Any] = {"state_bits": state_bits, "input_bits": input_bits}
    if not fine_tune:
        return *freeze(run.network, run.task, **bits, trained=run.origin), None
    from ..quant import fine_tuning

    origin = run.origin  # refuses a baseline before the work begins
    tuned = fine_tuning.fine_tune(run.network, run.task, **bits, steps=fine_tune)
    origin |= {"fine_tuning": tuned.to_json()}
    frozen = freeze(tuned.network, run.task, **bits, input_shift=tuned.input_shift, trained=origin)
    return *frozen, tuned.to_json()


def _file_of(network: IntegerNetwork) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hadamrnn-zoo-") as folder:
        path = Path(folder) / f"network{NETWORK}"
        write_network(network, path)
        return path.read_bytes()


def _shape(network: IntegerNetwork, run: Run) -> dict[str, Any]:
    sizes = ("hidden_size", "block_size", "blocks", "input_size", "output_size", "state_bits", "weight_bits")
    kinds = ("input_kind", "input_bits", "input_signed", "readout", "readout_activation")
    options = run.config.network
    shape = {name: getattr(network, name) for name in (*sizes, *kinds)}
    return shape | {"weights": options.weight_bits, "signs": options.signs, "embedding_size": options.embedding_size}


def _figures(network: IntegerNetwork, task: Task, result: dict[str, Any]) -> dict[str, Any]:
    integer = evaluate_integers(network, task.test)
    return {"float": result["test"], "integer": integer.to_json(), "test_sequences": len(task.test)}


def _config(run: Run) -> str:
    return run.config.to_toml()


def _commands(name: str, options: dict[str, int]) -> list[str]:
    given = " ".join(f"--{option.replace('_', '-')} {value}" for option, value in options.items())
    return [f"hadamrnn train zoo:{name} -o run", f"hadamrnn zoo add run {name} {given} --folder ."]
