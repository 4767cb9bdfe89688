"""The configuration of an experiment, as a TOML file: task, network and training. Imports without torch."""

import dataclasses
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from ..model.options import TrainingOptions
from ..model.tasks import check_task, task_options
from .network_options import NetworkOptions
from .used_keys import refuse_unused, unused_keys, with_defaults

_TOML_TYPES = (bool, int, float, str)

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class ExperimentConfig:
    """All there is to say about an experiment; a run of it is repeatable from this alone.

    Parameters
    ----------
    task, task_options : see :func:`hadamrnn.model.tasks.load_task`; options left out have their defaults.
    network, training : see there. Keys that have no effect, as those of searched signs where signs are learnt, have
        their defaults.

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
        defaults = {name: value for name, value in task_options(self.task).items() if isinstance(value, _TOML_TYPES)}
        object.__setattr__(self, "task_options", defaults | self.task_options)
        unused = unused_keys(self.network, self.training)
        object.__setattr__(self, "network", with_defaults(self.network, unused))
        object.__setattr__(self, "training", with_defaults(self.training, unused))

    def replace(self, **training: Any) -> "ExperimentConfig":
        """The same experiment with other training options (``seed=1``, ``epochs=10``, …)."""
        _refuse_unknown(training, _names(TrainingOptions), "training options")
        changed = dataclasses.replace(self.training, **training)
        refuse_unused(self.network, changed, training)
        return dataclasses.replace(self, training=changed)

    def replace_kind(self, kind: str) -> "ExperimentConfig":
        """The same experiment with another kind of network; options that only one of them has take their defaults."""
        return dataclasses.replace(self, network=self.network.replace_kind(kind))

    def replace_settings(self, **settings: Any) -> "ExperimentConfig":
        """The same experiment with other values of keys of ``[network]`` or ``[training]``, by their names.

        A network of one block, n = d, stays one where ``hidden_size`` is replaced and ``block_size`` is not.

        Raises
        ------
        InputError
            If there is no such key, the network has no use for it, or a value is wrong.
        """
        network, training = _names(NetworkOptions), _names(TrainingOptions)
        _refuse_unknown(settings, (*network, *training), "settings")
        chosen = {name: value for name, value in settings.items() if name in network}
        kind = self.network.replace_kind(chosen.get("kind", self.network.kind))
        table = kind.to_table()
        if kind.block_size == kind.hidden_size:
            table.pop("block_size", None)  # and so is d again
        new = _network(table | chosen)
        refuse_unused(new, self.training, chosen)
        changed = dataclasses.replace(self, network=new)
        return changed.replace(**{name: value for name, value in settings.items() if name in training})

    def to_tables(self) -> dict[str, dict[str, Any]]:
        """The tables of the file, every value spelt out."""
        return {
            "task": {"name": self.task, **self.task_options},
            "network": self.network.to_table(),
            "training": dataclasses.asdict(self.training),
        }

    def first_difference(self, other: "ExperimentConfig") -> str | None:
        """The first key in which two experiments differ, in words, or None where they are the same one."""
        ours, theirs = self.to_tables(), other.to_tables()
        for table, values in ours.items():
            for key in dict.fromkeys((*values, *theirs[table])):
                left, right = (_described(tables[table], key) for tables in (ours, theirs))
                if left != right:
                    return f"[{table}] {key}: {left}, not {right}"
        return None

    def to_toml(self) -> str:
        """The configuration as TOML, every value spelt out; :func:`parse_config` reads it back to an equal one."""
        lines = []
        for table, values in self.to_tables().items():
            lines += [f"[{table}]", *(f"{key} = {_toml_value(value)}" for key, value in values.items()), ""]
        return "\n".join(lines)


def read_config(path: Path, *, recorded: bool = False) -> ExperimentConfig:
    """Read a configuration file.

    Parameters
    ----------
    recorded : as for :func:`parse_config`

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
        return parse_config(text, recorded=recorded)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_config(text: str, *, recorded: bool = False) -> ExperimentConfig:
    r"""Parse a configuration, of the tables ``[task]``, ``[network]`` and, optional, ``[training]``.

    Parameters
    ----------
    recorded : whether it is that of a run, which may say what had no effect and was not refused then.

    Raises
    ------
    InputError
        If it is no TOML, a table or key is missing or unknown, a value is wrong, or one that has no effect is not the
        default.

    Examples
    --------
    >>> config = parse_config('[task]\nname = "digits"\n[network]\nhidden_size = 64\n')
    >>> config.network.block_size, config.training.seed
    (64, 0)
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"not a TOML document: {error}") from error
    _refuse_unknown(document, ("task", "network", "training"), "tables")
    for table, values in document.items():
        if not isinstance(values, dict):
            raise InputError(f"{table} must be a table [{table}], not {values!r}")
    task = dict(document.get("task", {}))
    name = task.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f"[task] needs a name in quotes, not {name!r}")
    network = _network(document.get("network", {}))
    training = _build(TrainingOptions, "training", document.get("training", {}))
    if not recorded:
        refuse_unused(network, training)
    return ExperimentConfig(task=name, task_options=task, network=network, training=training)


def recorded_config(text: object) -> ExperimentConfig | None:
    """That of ``text``, which a file has recorded; None where this version cannot read it, or there is none."""
    try:
        return parse_config(text, recorded=True) if isinstance(text, str) else None
    except InputError:
        return None


def _network(values: dict[str, Any]) -> NetworkOptions:
    options = _build(NetworkOptions, "network", values)
    for name in options.unused:
        if name in values:
            raise InputError(f"[network] {name} does not go with kind {options.kind!r}, which has no use for it")
    return options


def _described(values: dict[str, Any], key: str) -> str:
    return _toml_value(values[key]) if key in values else "nothing"


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
