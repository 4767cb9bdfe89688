"""``hadamrnn freeze``: a trained run as integers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .list_options import OptionalNumbers
from .output import check_writable, json_option, print_json
from .progress import stages
from .settings import parse_settings


@click.command(
    cls=OptionalNumbers,
    epilog="""\b
Examples:
  hadamrnn freeze run -o digits.safetensors --state-bits 12
  hadamrnn freeze run -o digits.safetensors --state-bits 8 --fine-tune
  hadamrnn freeze ptq-run -o dense.safetensors --set recurrent_bits=3 --set recurrent_scale=max
""",
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    "path",
    required=True,
    metavar="NET.safetensors",
    type=click.Path(path_type=Path),
    help="File to write.",
)
@click.option(
    "--state-bits", type=int, default=12, show_default=True, metavar="W", help="Bits of a state word, 4 to 24."
)
@click.option("--input-bits", type=int, default=8, show_default=True, help="1 to 16, of inputs not integers by nature.")
@click.option(
    "--fine-tune",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=500,
    default=None,
    metavar="[STEPS]",
    help="Train on with integers in the forward pass, 500 steps unless given; for states of few bits.",
)
@click.option(
    "--set",
    "formats",
    multiple=True,
    metavar="KEY=VALUE",
    help="recurrent_bits, recurrent_scale or weight_bits of a qornn that was trained in floating point (strategy ptq), "
    "instead of its configuration's; repeatable.",
)
@json_option
def command(
    folder: Path,
    path: Path,
    state_bits: int,
    input_bits: int,
    fine_tune: int | None,
    formats: tuple[str, ...],
    as_json: bool,
) -> None:
    """Calibrate the network of the finished run RUN on its training data and freeze it to integers.

    Prints loss and accuracy on the test set in floating point and in integers, side by side, and the state bits that
    provably never saturate; of a qornn, the singular values of its recurrent matrix and their bound instead.
    """
    check_writable(path, "-o")
    chosen = parse_settings(formats)
    with stages("freeze") as stage:
        stage("loading")
        from ..quant.clipped_inputs import clipped_inputs
        from ..quant.experiment import load_run
        from ..quant.freeze import FreezeReport, check_bits
        from ..quant.frozen_run import freeze_run, tested_figures
        from ..quant.integer import IntegerNetwork, write_network
        from ..quant.post_training import requantised

        check_bits(state_bits, input_bits)
        run = load_run(folder)
        run = requantised(run, chosen) if chosen else run
        frozen = freeze_run(run, state_bits=state_bits, input_bits=input_bits, fine_tune=fine_tune or 0, stage=stage)
        network, report, tuned = frozen.network, frozen.report, frozen.tuning
        stage("integers on the test set")
        tested, clipped = tested_figures(run, network), clipped_inputs(network, run.task.test)
        results = {kind: tested[kind] for kind in ("float", "integer")}
        sequences, saturations = tested["sequences"], tested["saturations"]
        write_network(replace(network, trained={**network.trained, "test": tested}), path)
    if as_json:
        accuracy = {kind: values["accuracy"] for kind, values in results.items()} | {"test_sequences": sequences}
        found = {"accuracy": accuracy, "test": results, "saturations": saturations, "freeze": report.to_json()}
        found["clipped_inputs"] = clipped.to_json() if clipped else None
        print_json(found | {"fine_tuning": tuned.to_json() if tuned else None})
        return
    hadamard = isinstance(report, FreezeReport)
    size = f"n = {network.block_size}" if isinstance(network, IntegerNetwork) else "dense recurrent matrix"
    click.echo(
        f"{path}: d = {network.hidden_size}, {size}, {network.state_bits} state bits, "
        f"{report.kilobytes:.2f} kB (of 1000 bytes) of {'signs, ' if hadamard else ''}weights and biases"
    )
    for line in _measures(results, sequences):
        click.echo(f"  {line}")
    if tuned:
        click.echo(f"  {_fine_tuning(tuned)}")
    click.echo(f"  largest state {report.largest_state:.0f} of {report.state_limit} in calibration")
    click.echo(f"  {saturations} states saturated on the test set")
    if clipped and clipped.clipped:
        share, bits = clipped.clipped / clipped.inputs, network.input_bits
        click.echo(
            f"  {clipped.clipped:,} inputs of the test set ({share:.2%}) beyond the range of {bits} bits, clipped"
        )
    if not hadamard:
        for line in _orthogonality(report.orthogonality):
            click.echo(f"  {line}")
        return
    for certificate in (report.certificate, report.data_certificate):
        if certificate:
            click.echo(f"  {_certificate(certificate, network.state_bits)}")


def _measures(results: dict[str, dict[str, Any]], sequences: int) -> list[str]:
    """Float and integer side by side, one line a measure that the task has."""
    formats = {"accuracy": "{:.2%}", "sequence_accuracy": "{:.2%}", "loss": "{:.4g}"}
    lines = []
    for name, form in formats.items():
        pair = [results[kind][name] for kind in ("float", "integer")]
        if None not in pair:
            shown = [form.format(value) for value in pair]
            label = "mean squared error" if name == "loss" and results["integer"]["accuracy"] is None else name
            lines.append(f"test {label.replace('_', ' ')}  float {shown[0]}  integer {shown[1]}")
    lines[0] += f"  ({sequences} sequences)"
    return lines


def _fine_tuning(tuned: Any) -> str:
    pairs = [("accuracy", "{:.2%}"), ("loss", "{:.4g}")]
    name, form = pairs[tuned.before.accuracy is None]
    before, after = (form.format(getattr(evaluation, name)) for evaluation in (tuned.before, tuned.after))
    how = f"best after {tuned.steps} steps" if tuned.steps else "with none of its steps"
    unit = f", a state unit {1 << tuned.finer_unit} times as fine" if tuned.finer_unit else ""
    return f"fine-tuning: {name} {before} to {after} on validation data, {how}{unit}"


def _orthogonality(found: Any) -> list[str]:
    low, high = found.bounds
    return [
        f"recurrent matrix: singular values {found.smallest:.4f} to {found.largest:.4f}, spectral radius "
        f"{found.spectral_radius:.4f}; before it was quantised {found.before[0]:.4f} to {found.before[1]:.4f}",
        f"bounded by {low:.4f} to {high:.4f} for {_steps(found)}; moved by {found.distance:.4f} in norm, "
        f"at most {found.distance_bound:.4f}",
    ]


def _steps(found: Any) -> str:
    steps = f"steps of {found.step:.4g}"
    return steps if found.grid == found.step else f"{steps}, rounded to a grid of {found.grid:.4g}"


def _certificate(certificate: Any, state_bits: int) -> str:
    low, high = certificate.input_range
    steps, enough = certificate.safe_steps, certificate.safe_state_bits
    own = "never do" if steps is None else f"do not in {steps}" if steps else "may in the first step"
    return (
        f"proven for inputs {low} to {high}: {enough} state bits never saturate in {certificate.steps} steps; "
        f"{state_bits} bits {own}"
    )
