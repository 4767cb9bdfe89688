"""What the page of a report says: its figures as words, tables and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...hw.estimate import Estimate, estimate
from ...quant.integer import DenseNetwork
from ..counts import plural
from .core_report import CoreReport
from .costs import sequences_per_second, target_costs
from .datapath import datapath_svg
from .figures import state_error_plot, training_curve
from .verification import compared

if TYPE_CHECKING:
    from ...hw.data_sheet import DataSheet
    from ..recorded_figures import Figures

    _Rows = tuple[list[tuple[str, str]], str, list[tuple[str, str]]]

_ACTIVATIONS = {"none": "", "relu": ", with ReLU in the loop", "modrelu": ", with modReLU in the loop"}
_IN_A_RING = (
    "The state circulates through the delay lines of its own Walsh–Hadamard transform: no state memory beside them, "
    "and no multiplier in the loop."
)
_IN_A_MEMORY = (
    "Each row of the new state is the product of the whole old one, read part by part from a memory, with its weights."
)
_MEASURES = {"accuracy": "accuracy", "sequence_accuracy": "whole sequences right", "loss": "loss"}


def report_contents(report: CoreReport) -> dict[str, Any]:
    """The variables of ``report.html``."""
    network, check = report.core.network, report.verification
    missing = {command.step: command.line for command in report.commands if not command.run}
    title = f"{report.name}: d = {network.hidden_size}, {network.state_bits}-bit states"
    return {
        "title": title,
        "lead": _lead(report),
        "tiles": _tiles(report),
        "accuracy": _accuracy(report),
        "training": training_curve(report.epochs) if report.epochs else "",
        "training_caption": f"Training: {len(report.epochs)} epochs, {_trained_weights(report)}.",
        "images": report.images,
        "state_error": _state_error(report),
        "datapath": datapath_svg(report.core),
        "datapath_text": _IN_A_MEMORY if isinstance(network, DenseNetwork) else _IN_A_RING,
        "core": _core_rows(report),
        "cycles": _cycle_rows(report),
        "verification": None if check is None else [_verdict(report), *compared(check)],
        "problems": [] if check is None else list(check.problems),
        "costs": target_costs(report),
        "missing": missing,
        "commands": [command.line for command in report.commands if command.run],
        "config": report.config,
        "footer": f"hadamrnn {report.version}.",
    }


def _trained_weights(report: CoreReport) -> str:
    return f"{report.core.network.weight_bits}-bit weights" if report.quantised else "weights in floating point"


def _lead(report: CoreReport) -> str:
    network, lanes = report.core.network, report.core.parameters.lanes
    task = "" if report.task is None else f", trained for {report.task}"
    words = plural(lanes, "lane")
    if isinstance(network, DenseNetwork):
        schedule = report.core.schedule
        weights = "of weights +1 and −1" if schedule.count_bits else f"of {network.recurrent_bits}-bit weights"
        taken = "1 word" if schedule.multipliers == 1 else f"{schedule.multipliers} words"
        return (
            f"A recurrent network of {network.hidden_size} units{task}. Its recurrent matrix is dense, {weights}"
            f"{_ACTIVATIONS[network.activation]}; its core has {words}, each of which takes {taken} of the state "
            "a clock."
        )
    matrix = "sparse ternary" if network.blocks > 1 else "binary"
    blocks = f"{network.blocks} blocks of {network.block_size}" if network.blocks > 1 else "one block"
    return (
        f"A recurrent network of {network.hidden_size} units{task}. Its recurrent matrix is {matrix} and orthogonal, "
        f"in {blocks}; its core has {words}."
    )


def _tiles(report: CoreReport) -> list[dict[str, str]]:
    measure, share = _headline(report.accuracy.in_integers)
    check = report.verification
    tiles = [
        {"value": share or "?", "text": f"{measure} of the integers, test set" if share else "accuracy: not known"},
        {"value": str(report.core.cycles_per_step), "text": "clocks a step"},
    ]
    if check is None:
        tiles.append({"value": "?", "text": "differences from the reference: not run"})
    else:
        text = f"differences in {check.states_compared:,} states and {check.results_compared:,} results"
        kind = "good" if check.passed else "bad"
        tiles.append({"value": f"{check.differences:,}", "text": text, "kind": kind})
    for one in report.syntheses:
        if one.achieved_mhz is not None:
            rate = sequences_per_second(report, one.achieved_mhz)
            text = f"sequences a second on {one.target} at {one.achieved_mhz:.1f} MHz"
            tiles.append({"value": f"{rate:,.0f}" if rate >= 10 else f"{rate:.3g}", "text": text})
    return [{"kind": ""} | tile for tile in tiles]


def _headline(figures: Figures) -> tuple[str, str]:
    """The measure that says most of what is known, and its value; two empty texts for none."""
    for measure in ("sequence_accuracy", "accuracy", "loss"):
        if figures.get(measure) is not None:
            return _MEASURES[measure], _value(measure, figures[measure])
    return "", ""


def _value(measure: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.4g}" if measure == "loss" else f"{100 * value:.2f} %"


def _accuracy(report: CoreReport) -> dict[str, Any]:
    found = report.accuracy
    both = (found.in_floats, found.in_integers)
    measures = [one for one in _MEASURES if any(figures.get(one) is not None for figures in both)]
    rows = [(_MEASURES[one], *(_value(one, figures.get(one)) for figures in both)) for one in measures]
    sequences = "" if found.sequences is None else f"{found.sequences:,} test sequences. "
    clipped = f"{found.saturations:,} states saturated in them." if found.saturations is not None else ""
    weights = "Weights are quantised in both" if report.quantised else "Weights are quantised in the integers alone"
    text = f"{weights}; the integers are what the hardware computes. {sequences}{clipped}"
    return {"rows": rows, "text": text, "reasons": [f"{k}: {why}" for k, why in found.reasons.items()]}


def _state_error(report: CoreReport) -> dict[str, Any]:
    error = report.state_error
    last = len(error.mean)
    rows = [
        ("inputs", report.inputs),
        (f"mean error after {last} steps", f"{error.mean[-1]:.3g} LSB"),
        ("largest error of any state", f"{error.largest.max():.3g} LSB"),
    ]
    if report.trained_error is not None:
        text = f"{report.trained_error[-1]:.3g} LSB"
        rows.append((f"mean distance from the trained network after {last} steps", text))
    rows.append(("states that saturate", f"{error.saturations:,} of {error.states:,}"))
    return {"plot": state_error_plot(error.mean, error.largest, report.trained_error), "rows": rows}


def _core_rows(report: CoreReport) -> list[tuple[str, str]]:
    core = report.core
    network, parameters = core.network, core.parameters
    figures = estimate(network, parameters, steps=report.steps)
    shape, states, arithmetic = (_dense_rows if isinstance(network, DenseNetwork) else _ring_rows)(core, figures)
    rows = [
        *shape,
        ("state, weights, input", f"{network.state_bits}, {network.weight_bits}, {core.widths.input} bits"),
        ("channels", f"{parameters.channels}"),
        *arithmetic,
        (states, f"{figures.state_memory_bits:,}"),
        ("bits of pipeline registers", f"{figures.pipeline_register_bits:,}"),
        ("bits of weights and biases", f"{figures.weight_memory_bits + figures.output_bias_bits:,}"),
        ("bits of an input memory", f"{figures.input_memory_bits:,}"),
        ("additions, products a step", f"{figures.adds_per_step:,}, {figures.multiplies_per_step:,}"),
    ]
    return [row for row in rows if row not in (("channels", "1"), ("bits of an input memory", "0"))]


def _ring_rows(core: DataSheet, figures: Estimate) -> _Rows:
    """Of a Hadamard RNN: its shape, what the bits of its states are called, and its arithmetic."""
    shape = [
        ("hidden size d, block n", f"{core.network.hidden_size}, {core.network.block_size}"),
        ("lanes P, rows R of a state", f"{core.parameters.lanes}, {core.schedule.rows}"),
    ]
    arithmetic = [
        ("adders of the transform", f"{figures.butterfly_adders:,}"),
        ("adders of √½", f"{figures.multiplier_adders:,}"),
        ("multipliers: input, read-out", f"{figures.input_multipliers:,}, {figures.readout_multipliers:,}"),
    ]
    return shape, "bits of the states, in the ring", arithmetic


def _dense_rows(core: DataSheet, figures: Estimate) -> _Rows:
    """The same of a dense network."""
    schedule = core.schedule
    shape = [
        ("hidden size d", f"{core.network.hidden_size}"),
        ("lanes P, rows R of a state", f"{core.parameters.lanes}, {schedule.rows}"),
        ("words M a lane takes a clock, clocks of a row", f"{schedule.multipliers}, {schedule.row_cycles}"),
        ("recurrent weights", "1 bit" if schedule.weight_bits == 1 else f"{schedule.weight_bits} bits"),
    ]
    multipliers = (figures.input_multipliers, figures.recurrent_multipliers, figures.readout_multipliers)
    arithmetic = [
        ("adders of the recurrent sums", f"{figures.recurrent_adders:,}"),
        ("adders of the scale of W", f"{figures.multiplier_adders:,}"),
        ("multipliers: input, recurrent, read-out", ", ".join(f"{one:,}" for one in multipliers)),
    ]
    return shape, "bits of the memory of two states", arithmetic


def _cycle_rows(report: CoreReport) -> list[tuple[str, str, str]]:
    """What it is, by the formula, and as the simulation measured it."""
    core, check = report.core, report.verification
    step = (
        "not run"
        if check is None
        else "not measured"
        if check.cycles_per_step is None
        else f"{check.cycles_per_step:,}"
    )
    rows = [
        ("one step to the next", f"{core.cycles_per_step:,}", step),
        (f"a sequence of {report.steps:,} steps", f"{core.sequence_latency(report.steps):,}", ""),
    ]
    if check is None:
        rows[1] = (*rows[1][:2], "not run")
    elif check.latency_steps == report.steps:
        rows[1] = (*rows[1][:2], _measured(check.sequence_latency))
    else:
        rows[1] = (*rows[1][:2], "not measured")
        formula = f"{core.sequence_latency(check.latency_steps):,}"
        rows.append((f"a sequence of {check.latency_steps:,} steps", formula, _measured(check.sequence_latency)))
    if core.parameters.channels > 1:
        rows.append(("one step to the next, one channel alone", f"{core.cycles_per_step_alone:,}", "not measured"))
    return rows


def _measured(value: int | None) -> str:
    return "not measured" if value is None else f"{value:,}"


def _verdict(report: CoreReport) -> tuple[str, str]:
    check = report.verification
    assert check is not None
    return "verdict", check.verdict
