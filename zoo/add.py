"""New entries: a finished run frozen, evaluated and described. The one module of the zoo that needs torch."""

import hashlib
import json
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..quant.experiment import Run, versions
from ..quant.frozen_run import FrozenRun, freeze_run
from ..quant.integer import FrozenNetwork, IntegerNetwork, write_network
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
    _check_name(name, folder, overwrite)
    options = {"state_bits": state_bits, "input_bits": input_bits, "fine_tune": fine_tune}
    frozen = freeze_run(run, state_bits=state_bits, input_bits=input_bits, fine_tune=fine_tune)
    data = _file_of(frozen.network)
    if len(data) > LARGEST_BYTES and not large:
        raise InputError(f"zoo:{name}: the network file has {len(data)} bytes, expected at most {LARGEST_BYTES}")
    text = json.dumps(_description(name, run, frozen, data, options), indent=2, allow_nan=False) + "\n"
    config = run.config.to_toml()
    try:
        with ExitStack() as stack:  # leaves in reverse order: the description, by which an entry is found, last
            for kind, contents in ((DESCRIPTION, text.encode()), (CONFIG, config.encode()), (NETWORK, data)):
                stack.enter_context(replacing(folder / f"{name}{kind}")).write_bytes(contents)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error
    return entry(name, folder)


def _check_name(name: str, folder: Path, overwrite: bool) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        raise InputError(f"name must be of small letters, digits, hyphens and points, not {name!r}")
    if not overwrite and (folder / f"{name}{NETWORK}").exists():
        raise InputError(f"zoo:{name}: there is such a network already; overwrite it or choose another name")


def _description(name: str, run: Run, frozen: FrozenRun, data: bytes, options: dict[str, int]) -> dict[str, Any]:
    network, result = frozen.network, run.result
    return {
        "name": name,
        "task": run.config.task,
        "task_options": run.config.task_options,
        "network": _shape(network, run),
        "seed": run.config.training.seed,
        "epochs": result["epochs"],
        "best_epoch": result["best_epoch"],
        "seconds": result["seconds"],
        "float": result["test"],
        "integer": evaluate_integers(network, run.task.test).to_json(),
        "test_sequences": len(run.task.test),
        "freeze": options,
        "freeze_report": frozen.report.to_json(),
        "fine_tuning": frozen.tuning.to_json() if frozen.tuning else None,
        "file_bytes": len(data),
        "stored_bits": stored_bits(network),
        "sha256": hashlib.sha256(data).hexdigest(),
        "versions": {"training": result["versions"], "freezing": versions()},
        "commands": _commands(name, options),
    }


def _file_of(network: FrozenNetwork) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hadamrnn-zoo-") as folder:
        path = Path(folder) / f"network{NETWORK}"
        write_network(network, path)
        return path.read_bytes()


def _shape(network: FrozenNetwork, run: Run) -> dict[str, Any]:
    sizes = ("input_size", "output_size", "state_bits", "weight_bits")
    kinds = ("input_kind", "input_bits", "input_signed", "readout", "readout_activation")
    if isinstance(network, IntegerNetwork):
        family, own, trained = "hadamard", ("hidden_size", "block_size", "blocks"), ("signs", "embedding_size")
    else:
        family, own = "dense", ("hidden_size", "recurrent_bits", "activation")
        trained = ("strategy", "recurrent_scale")
    shape = {name: getattr(network, name) for name in (*own, *sizes, *kinds)}
    options = run.config.network
    chosen = {name: getattr(options, name) for name in trained}
    return {"family": family} | shape | {"weights": options.weight_bits} | chosen


def _commands(name: str, options: dict[str, int]) -> list[str]:
    given = " ".join(f"--{option.replace('_', '-')} {value}" for option, value in options.items())
    return [f"hadamrnn train zoo:{name} -o run", f"hadamrnn zoo add run {name} {given} --folder ."]
