"""Trained networks side by side, whatever family they are of: rows from run folders, frozen networks and the zoo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..hw.parameters import CoreParameters
from .recorded_figures import MEASURES, Figures, frozen_figures, recorded_figures, recorded_number
from .run_result import named_task

if TYPE_CHECKING:
    from ..hw.targets.target import Target
    from ..quant.configuration import ExperimentConfig
    from ..quant.integer import FrozenNetwork
    from ..quant.run_folder import RunState

CORE_FIGURES: tuple[str, ...] = ("cycles_per_step", "logic_cells", "block_rams", "clock_mhz")
ORDERS = ("d", "kB")

_NOT_FROZEN = "not frozen: give the file that `hadamrnn freeze` writes"
_SILENT = "the file does not say"
_FREEZE_WRITES = "`hadamrnn freeze` of this version writes it"
_BASELINE = "a baseline in full precision, without integers and without a core"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One network; what is not known is None, with the reason in ``reasons`` where it could be known.

    Attributes
    ----------
    name : run folder, file, or ``zoo:NAME``
    config : that it was trained with, as TOML; None for a file that does not say
    task : with its options
    family : ``"hadamard"``, ``"dense"``, or the kind of a baseline
    strategy : how the recurrent matrix came about
    hidden_size, block_size : d, n
    recurrent_bits, weight_bits, state_bits : of an entry of the recurrent matrix, of U and V, of a state word
    seed : of training
    kilobytes : of 1000 bytes, that inference has to store
    in_floats, in_integers : accuracy and sequence accuracy, 0 to 1, and loss, on the test set
    lanes, target : P of the core that the following are of, and the FPGA, None for none
    core : clocks per step, logic cells, block RAMs and clock in MHz, as `hadamrnn estimate` says them
    reasons : why what is None is not known
    """

    name: str
    config: str | None
    task: str | None
    family: str
    strategy: str | None
    hidden_size: int
    block_size: int | None
    recurrent_bits: int
    weight_bits: int | str
    state_bits: int | None = None
    seed: int | None = None
    kilobytes: float | None = None
    in_floats: Figures = field(default_factory=dict)
    in_integers: Figures = field(default_factory=dict)
    lanes: int = 1
    target: str | None = None
    core: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """One level of plain values but for the reasons; the configuration is left out."""
        named = ("name", "task", "family", "strategy", "hidden_size", "block_size", "recurrent_bits", "weight_bits")
        values: dict[str, Any] = {key: getattr(self, key) for key in (*named, "state_bits", "seed", "kilobytes")}
        for precision, figures in (("float", self.in_floats), ("integer", self.in_integers)):
            values |= {f"{precision}_{measure}": figures.get(measure) for measure in MEASURES}
        values |= {"lanes": self.lanes, "target": self.target}
        values |= {figure: self.core.get(figure) for figure in CORE_FIGURES}
        return values | {"reasons": self.reasons}

    @property
    def best_known(self) -> tuple[Figures, bool]:
        """The figures in integers, or in floating point where there are no integers; and whether they are integers'."""
        return (self.in_integers, True) if self.in_integers else (self.in_floats, False)


@dataclass(frozen=True)
class Cores:
    """The core of every frozen network: its parameters, and the FPGA that it is for, or None."""

    parameters: CoreParameters
    target: Target | None = None

    def figures(self, network: Any) -> tuple[dict[str, float | None], dict[str, str]]:
        """What `hadamrnn estimate` says of the core, and reasons for what is not known; for all where there is none."""
        from ..hw.estimate import estimate

        try:
            found = estimate(network, self.parameters, steps=1, target=self.target).to_json()
        except InputError as error:
            return {}, dict.fromkeys(CORE_FIGURES, str(error))
        reasons = {figure: found["reasons"][figure] for figure in CORE_FIGURES if figure in found["reasons"]}
        return {figure: found.get(figure) for figure in CORE_FIGURES}, reasons


def gather(
    sources: Iterable[str | Path], parameters: CoreParameters | None = None, *, target: Target | None = None
) -> tuple[list[Row], list[str]]:
    """The rows of all sources, and a line for each run that has none.

    A run is left to the file of its frozen network where that is among the sources; a network of the zoo takes the
    place of no run, though its configuration may be the same.

    Parameters
    ----------
    sources : folders, in and below which the runs are; files of frozen networks; ``"zoo:NAME"``
    parameters : of the cores, as they are by default where left out; where they do not go with a network, the reason is
        in its row
    target : FPGA that the cores are for

    Raises
    ------
    InputError
        If a source is not there or no frozen network.
    """
    cores = Cores(CoreParameters() if parameters is None else parameters, target)
    folders: list[Path] = []
    rows: list[Row] = []
    files: dict[str | None, str] = {}
    for source in sources:
        text = str(source)
        if text.startswith("zoo:"):
            rows.append(_zoo_row(text.removeprefix("zoo:"), cores))
        elif Path(source).is_dir():
            folders.append(Path(source))
        else:
            rows.append(_file_row(Path(source), cores))
            files.setdefault(rows[-1].config, text)
    runs, lines = _runs(folders)
    for row in runs:
        if row.config in files:
            lines.append(f"{row.name}: frozen in {files[row.config]}, left out")
        else:
            rows.append(row)
    return rows, lines


def ordered(rows: Sequence[Row], by: str) -> list[Row]:
    """By task; within one by d, family and kB, or by kB, d and family; then by name."""

    def key(row: Row) -> tuple[Any, ...]:
        kilobytes = float("inf") if row.kilobytes is None else row.kilobytes
        sizes = (kilobytes, row.hidden_size) if by == "kB" else (row.hidden_size, row.family, kilobytes)
        return (row.task is None, row.task or "", *sizes, row.family, row.name)

    return sorted(rows, key=key)


def _runs(folders: Sequence[Path]) -> tuple[list[Row], list[str]]:
    from ..quant.run_folder import FINISHED, find_runs

    rows, lines = [], []
    for run in find_runs(folders) if folders else ():
        if run.state == FINISHED:
            rows.append(_run_row(run))
        else:
            lines.append(f"{run.folder}: {run.reason or run.state}, left out")
    return rows, lines


def _run_row(run: RunState) -> Row:
    from ..quant.network_options import FREEZABLE
    from ..quant.own_data import portable

    assert run.config is not None
    reason = _NOT_FROZEN if run.config.network.kind in FREEZABLE else _BASELINE
    missing = dict.fromkeys(("integer", *CORE_FIGURES), reason)
    kilobytes, reason = recorded_number(run.result.get("kilobytes"), "result.json, kilobytes")
    if kilobytes is None:
        missing["kilobytes"] = reason or "a run of an earlier version, which did not count them"
    in_floats, wrong = recorded_figures(run.result["test"], "result.json, test")
    if wrong or not in_floats:
        missing["float"] = wrong or "result.json does not say"
    return Row(
        name=str(run.folder),
        config=portable(run.config).to_toml(),
        task=named_task(run.config),
        **_shape(run.config),
        seed=run.config.training.seed,
        kilobytes=kilobytes,
        in_floats=in_floats,
        reasons=missing,
    )


def _file_row(path: Path, cores: Cores) -> Row:
    from ..quant.integer import read_frozen

    network = read_frozen(path)
    found = {precision: frozen_figures(network.trained, precision) for precision in ("float", "integer")}
    return _frozen_row(str(path), network, cores, found)


def _zoo_row(name: str, cores: Cores) -> Row:
    from ..quant.integer import read_frozen
    from ..zoo import entry

    one = entry(name)
    found = {key: recorded_figures(one.description[key], f"its description, {key}") for key in ("float", "integer")}
    return _frozen_row(f"zoo:{name}", read_frozen(one.network), cores, found)


def _frozen_row(name: str, network: FrozenNetwork, cores: Cores, found: dict[str, tuple[Figures, str | None]]) -> Row:
    from ..quant.configuration import recorded_config
    from ..quant.integer.size import kilobytes
    from ..quant.own_data import portable

    config = recorded_config(network.trained.get("config"))
    core, reasons = cores.figures(network)
    if config is None:
        reasons["task"] = "the file does not say how it was trained"
    for precision, silent in (("float", _SILENT), ("integer", f"{_SILENT}; {_FREEZE_WRITES}")):
        figures, wrong = found[precision]
        if wrong or not figures:
            reasons[precision] = wrong or silent
    return Row(
        name=name,
        config=None if config is None else portable(config).to_toml(),
        task=None if config is None else named_task(config),
        **_frozen_shape(network, config),
        state_bits=network.state_bits,
        seed=None if config is None else config.training.seed,
        kilobytes=kilobytes(network),
        in_floats=found["float"][0],
        in_integers=found["integer"][0],
        lanes=cores.parameters.lanes,
        target=None if cores.target is None else cores.target.name,
        core=core,
        reasons=reasons,
    )


def _shape(config: ExperimentConfig) -> dict[str, Any]:
    network = config.network
    table = network.to_table()
    full = network.kind not in ("hadamard", "qornn")
    signs = network.kind in ("hadamard", "float")
    return {
        "family": {"qornn": "dense"}.get(network.kind, network.kind),
        "strategy": table.get("strategy", table.get("signs")),
        "hidden_size": network.hidden_size,
        "block_size": table.get("block_size"),
        "recurrent_bits": 1 if signs else table.get("recurrent_bits", 32),
        "weight_bits": 32 if full else network.weight_bits,
    }


def _frozen_shape(network: FrozenNetwork, config: ExperimentConfig | None) -> dict[str, Any]:
    """As the tensors have it; what a file says of its training is free text, from which only the strategy is taken."""
    trained = {} if config is None else _shape(config)
    return {
        "family": network.family,
        "strategy": trained["strategy"] if trained.get("family") == network.family else None,
        "hidden_size": network.hidden_size,
        "block_size": getattr(network, "block_size", None),
        "recurrent_bits": getattr(network, "recurrent_bits", 1),
        "weight_bits": network.weight_bits,
    }
