"""What the page of a demo's report says: its figures as words, tables and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...hw.estimate import estimate
from ...hw.synthesis.report import SynthesisReport
from .datapath import datapath_svg
from .figures import classified_images, state_error, training_curve, utilisation

if TYPE_CHECKING:
    from ..demonstration import Demonstration

_SHOWN_IMAGES = 24
_COMMANDS = """\
hadamrnn train configs/digits.toml -o run
hadamrnn freeze run -o digits.safetensors --state-bits {bits}
hadamrnn generate digits.safetensors -o core --lanes 1
hadamrnn verify digits.safetensors --task digits --sequences {sequences}
hadamrnn synth core {targets}"""


def report_contents(demo: Demonstration) -> dict[str, Any]:
    """The variables of ``report.html`` for a demo."""
    network, task, check = demo.network, demo.run.task, demo.verification
    total, right = demo.test_size, demo.integer_right
    return {
        "title": f"Hadamard RNN on {task.name}: {network.hidden_size} units, {network.state_bits}-bit states",
        "lead": f"A recurrent network with a binary orthogonal recurrent matrix reads {task.steps} pixels, one a step, "
        f"and says which of {task.classes} digits they are. Trained, frozen to integers, generated as Verilog, "
        "compared bit for bit with the software reference, placed and routed.",
        "tiles": _tiles(demo),
        "accuracy": {
            "sequences": total,
            "float": demo.float_right / total,
            "float_right": demo.float_right,
            "integer": right / total,
            "integer_right": right,
            "state_bits": network.state_bits,
            "saturations": demo.integer.saturations,
            "states": total * task.steps * network.hidden_size,
        },
        "training_caption": f"{len(demo.epochs)} epochs in {demo.seconds['train']:.0f} s, "
        f"{network.weight_bits}-bit input and output weights, binary recurrent matrix.",
        "figures": {
            "training": training_curve(demo.epochs),
            "images": _images(demo),
            "state_error": state_error(demo.state_error_mean, demo.state_error_largest),
            "datapath": datapath_svg(demo.core),
            "utilisation": utilisation([report.to_json() for report in demo.syntheses]),
        },
        "core": _core_rows(demo),
        "verification": _verification_rows(demo),
        "cost": _cost_table(demo.syntheses),
        "tools": ", ".join(f"{tool} {version}" for tool, version in _tools(demo.syntheses).items()),
        "commands": _COMMANDS.format(
            bits=network.state_bits,
            sequences=check.sequences,
            targets=" ".join(f"--target {report.target}" for report in demo.syntheses),
        ),
        "footer": f"hadamrnn {demo.run.result['versions']['hadamrnn']}, seed {demo.run.config.training.seed}.",
    }


def _tiles(demo: Demonstration) -> list[dict[str, str]]:
    check, total = demo.verification, demo.test_size
    cycles = demo.core.sequence_latency(demo.run.task.steps)
    tiles = [
        {"value": f"{demo.integer_right / total:.1%}", "text": "test accuracy in integers", "kind": ""},
        {
            "value": str(check.differences),
            "text": f"differences in {check.states_compared} states and {check.results_compared} results",
            "kind": "good" if check.passed else "bad",
        },
        {"value": str(demo.core.cycles_per_step), "text": "cycles a step", "kind": ""},
    ]
    for report in demo.syntheses:
        if report.achieved_mhz is None:
            continue
        rate = report.achieved_mhz * 1e6 / cycles
        text = f"images a second on {report.target} at {report.achieved_mhz:.1f} MHz"
        tiles.append({"value": f"{rate:,.0f}", "text": text, "kind": ""})
    return tiles


def _images(demo: Demonstration) -> str:
    """The first test images; only where the simulation saw them and agreed with the reference on all of them."""
    task, count = demo.run.task, min(_SHOWN_IMAGES, demo.verification.sequences)
    if not demo.verification.passed:
        return ""
    side = round(task.steps**0.5)
    names = [task.labels[c] for c in demo.integer.classes[:count]]
    return classified_images(
        task.test.x[:count].reshape(count, side, side), names, [task.labels[y] for y in task.test.y[:count]]
    )


def _core_rows(demo: Demonstration) -> list[tuple[str, str]]:
    steps = demo.run.task.steps
    figures = estimate(demo.network, demo.core.parameters, steps=steps)
    return [
        ("hidden size d, block n, lanes P", f"{figures.hidden_size}, {figures.block_size}, {figures.lanes}"),
        ("cycles per step", str(figures.cycles_per_step)),
        (f"cycles from first pixel to class, {steps} steps", str(figures.sequence_clocks)),
        ("adders and subtractors of the transform", str(figures.butterfly_adders)),
        ("state memory", f"{figures.state_memory_bits} bits"),
        ("weights", f"{figures.weight_memory_bits} bits"),
    ]


def _verification_rows(demo: Demonstration) -> list[tuple[str, str]]:
    check = demo.verification
    cycles = "not measured" if check.cycles_per_step is None else str(check.cycles_per_step)
    latency = "not measured" if check.sequence_latency is None else str(check.sequence_latency)
    return [
        ("result", "equal, bit for bit" if check.passed else check.problems[0]),
        ("simulator", f"{check.simulator} {check.simulator_version}, back-pressure: {check.stalls}"),
        ("test images through the simulated Verilog", str(check.sequences)),
        ("states compared", str(check.states_compared)),
        ("classes compared", str(check.results_compared)),
        ("cycles per step, measured / formula", f"{cycles} / {check.formula_cycles_per_step}"),
        (
            f"cycles for a sequence of {check.latency_steps} steps, measured / formula",
            f"{latency} / {check.formula_sequence_latency}",
        ),
        ("clocks simulated", f"{check.clocks} at {check.clocks_per_second:,.0f} a second"),
    ]


def _cost_table(reports: tuple[SynthesisReport, ...]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for report in reports for name in report.resources))
    rows = []
    for report in reports:
        values = []
        for name in names:
            used = report.used(name)
            values.append("none" if name not in report.resources else "unknown" if used is None else str(used))
        clock = "unknown" if report.achieved_mhz is None else f"{report.achieved_mhz:.1f}"
        rows.append({"target": report.target, "values": [*values, clock]})
    return {"columns": [*(name.replace("_", " ") for name in names), "clock, MHz"], "rows": rows}


def _tools(reports: tuple[SynthesisReport, ...]) -> dict[str, str]:
    return {tool: version for report in reports for tool, version in report.tools.items()}
