"""The configuration of an experiment, as a TOML file: task, network and training. Imports without torch."""

import dataclasses
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from ..model.options import TrainingOptions
from ..model.shape import READOUT_ACTIVATIONS, check_choice, check_shape
from ..model.tasks import check_task
from .weight_format import check_weight_bits

SIGNS = ("learned", "drawn")

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """What network to train; sizes of input and output come from the task.

    Parameters
    ----------
    hidden_size : d, units of the state.
    block_size : n, a power of two that divides d; d itself where left out or 0.
    weight_bits : p of U and V, 2 to 8, or ``"ternary"``.
    signs : ``"learned"``, or ``"drawn"`` and then left alone.
    readout_activation : ``"relu"`` or ``"none"``.

    Raises
    ------
    InputError
        If a value is of the wrong type or out of range.
    """

    hidden_size: int
    block_size: int = 0
    weight_bits: int | str = 4
    signs: str = "learned"
    readout_activation: str = "relu"

    def __post_init__(self) -> None:
        if self.block_size == 0 and type(self.block_size) is int:
            object.__setattr__(self, "block_size", self.hidden_size)
        check_shape(hidden_size=self.hidden_size, block_size=self.block_size)
        check_weight_bits(self.weight_bits)
        check_choice("signs", self.signs, SIGNS)
        check_choice("readout_activation", self.readout_activation, READOUT_ACTIVATIONS)


@dataclass(frozen=True, kw_only=True)
class ExperimentConfig:
    """All there is to say about an experiment; a run of it is repeatable from this alone.

    Parameters
    ----------
    task, task_options : see :func:`hadamrnn.model.tasks.load_task`.
    network, training : see there.

    Raises
    ------
    InputError
        If there is no such task, or it has no such option.
    """

    task: str
    task_options: dict[str, Any] = field(default_factory=dict)
    network: NetworkOptions
    training: TrainingOptions = field(default_factory=TrainingOptions)

    def __post_init__(self) -> None:
        check_task(self.task, self.task_options)

    def replace(self, **training: Any) -> "ExperimentConfig":
        """The same experiment with other training options (``seed=1``, ``epochs=10``, …)."""
        _refuse_unknown(training, _names(TrainingOptions), "training options")
        return dataclasses.replace(self, training=dataclasses.replace(self.training, **training))

    def to_toml(self) -> str:
        """The configuration as TOML, every value spelt out; :func:`parse_config` reads it back to an equal one."""
        tables = {
            "task": {"name": self.task, **self.task_options},
            "network": dataclasses.asdict(self.network),
            "training": dataclasses.asdict(self.training),
        }
        lines = []
        for table, values in tables.items():
            lines += [f"[{table}]", *(f"{key} = {_toml_value(value)}" for key, value in values.items()), ""]
        return "\n".join(lines)


def read_config(path: Path) -> ExperimentConfig:
    """Read a configuration file.

    Raises
    ------
    InputError
        If the file is missing or no TOML, or a table, key or value is wrong; the message begins with the path.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"{path}: cannot read this configuration ({reason})") from error
    try:
        return parse_config(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_config(text: str) -> ExperimentConfig:
    r"""Parse a configuration, of the tables ``[task]``, ``[network]`` and, optional, ``[training]``.

    Raises
    ------
    InputError
        If it is no TOML, a table or key is missing or unknown, or a value is wrong.

    Examples
    --------
    >>> config = parse_config('[task]\nname = "digits"\n[network]\nhidden_size = 64\n')
    >>> config.network.block_size, config.training.seed
    (64, 0)
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not a TOML document: {error}") from error
    _refuse_unknown(document, ("task", "network", "training"), "tables")
    for table, values in document.items():
        if not isinstance(values, dict):
            raise InputError(f"{table} must be a table [{table}], not {values!r}")
    task = dict(document.get("task", {}))
    name = task.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f"[task] needs a name in quotes, not {name!r}")
    return ExperimentConfig(
        task=name,
        task_options=task,
        network=_build(NetworkOptions, "network", document.get("network", {})),
        training=_build(TrainingOptions, "training", document.get("training", {})),
    )


def _build(kind: type[Options], table: str, values: dict[str, Any]) -> Options:
    _refuse_unknown(values, _names(kind), f"keys of [{table}]")
    for option in dataclasses.fields(kind):  # type: ignore[arg-type]
        if option.default is dataclasses.MISSING and option.name not in values:
            raise InputError(f"[{table}] needs {option.name}")
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"[{table}] {error}") from error


def _names(kind: type) -> tuple[str, ...]:
    return tuple(option.name for option in dataclasses.fields(kind))


def _refuse_unknown(found: dict[str, Any], known: tuple[str, ...], what: str) -> None:
    for name in found:
        if name not in known:
            raise InputError(f"unknown {name!r}; {what}: {', '.join(known)}")


def _toml_value(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)  # strings, integers and booleans are spelt as in JSON
