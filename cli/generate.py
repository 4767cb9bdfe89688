"""``hadamrnn generate``: a frozen network as Verilog, and a JSON that describes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from ..hw.parameters import CoreParameters
from .core_options import core_options
from .counts import plural
from .network_file import NetworkFile
from .output import check_folder, json_option, print_json
from .refusal import given, refuse_options

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork


@click.command(
    epilog="""\b
Example:
  hadamrnn generate digits.safetensors -o core --lanes 2 --output logits
  hadamrnn generate zoo:digits-d64 -o core --target ice40-hx8k --clock 100
"""
)
@click.argument("network", metavar="NET", type=NetworkFile())
@click.option(
    "-o", "--out", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--name", default="hadamard_core", show_default=True, help="Name of the top module and of the files.")
@click.option("--target", "target_name", metavar="NAME", help="FPGA to choose for: docs/hardware.md.")
@click.option("--clock", "clock_mhz", type=float, metavar="MHZ", help="Place the registers that this clock needs.")
@core_options()
@json_option
def command(
    network: Path,
    folder: Path,
    name: str,
    target_name: str | None,
    clock_mhz: float | None,
    parameters: CoreParameters,
    as_json: bool,
) -> int:
    """Write the frozen network NET as DIR/NAME.v, with AXI4-Stream ports, and DIR/NAME.json, which describes it.

    Beside them go DIR/NAME_template.v, an instantiation to copy from, and DIR/NAME.core for FuseSoC. The same network,
    options and tool versions give the same files, byte for byte. With --target alone, butterflies between lanes are as
    that FPGA has them smallest. With --target and --clock, registers are placed, and delay lines made memories or not,
    by a model of the target's delays; the status is 1 where the model says that the clock is missed: `hadamrnn synth`
    measures it. Without, there is a register behind every adder, which is fastest.
    """
    from ..hw.verilog.generation import generate
    from ..quant.integer import read_frozen

    frozen = read_frozen(network)
    parameters, expected = _for_target(frozen, parameters, target_name, clock_mhz)
    check_folder(folder, "--out")
    description = generate(frozen, parameters, folder, name)
    if as_json:
        print_json(description | ({} if expected is None else {"expected_clock_mhz": expected}))
    else:
        _print_summary(folder, description)
        if expected is not None:
            registers = ", ".join(parameters.registers or ()) or "none"
            click.echo(
                f"  {expected:.0f} MHz expected on {target_name} (delay model), {clock_mhz:g} MHz asked for; "
                f"registers: {registers}"
            )
    return int(expected is not None and clock_mhz is not None and expected < clock_mhz)


def _for_target(
    network: FrozenNetwork, parameters: CoreParameters, target_name: str | None, clock_mhz: float | None
) -> tuple[CoreParameters, float | None]:
    """The parameters for a target and a clock, and the clock that the delay model expects."""
    from ..hw.ring.clock_parameters import parameters_for_clock
    from ..hw.targets.catalogue import get_target
    from ..quant.integer import IntegerNetwork

    if target_name is None:
        if clock_mhz is not None:
            raise click.UsageError("--clock goes with --target")
        return parameters, None
    target = get_target(target_name)
    if clock_mhz is None:
        if isinstance(network, IntegerNetwork) and not given("lane_difference"):
            parameters = replace(parameters, lane_difference=target.lane_difference)
        return parameters, None
    if not isinstance(network, IntegerNetwork):
        raise InputError(f"--clock goes with family hadamard, not {network.family!r}: its registers are where they are")
    parameters.check(network)
    refuse_options(("stages_per_register", "registers"), "does not go with --clock, which places the registers")
    parameters, placement = parameters_for_clock(
        network, parameters, target, clock_mhz, keep_depth=given("memory_depth")
    )
    return parameters, 1000.0 / placement.core_ns


def _print_summary(folder: Path, description: dict[str, Any]) -> None:
    latency = description["sequence_latency"]
    network, parameters = description["network"], description["parameters"]
    click.echo(f"{folder / description['verilog']}: module {description['name']}")
    click.echo(f"  beside it: {', '.join(description['files'].values())}")
    matrix = f"n = {network['block_size']}" if "block_size" in network else f"dense of {network['recurrent_bits']} bits"
    click.echo(
        f"  d = {network['hidden_size']}, {matrix}, {network['state_bits']} state bits, "
        f"{plural(parameters['lanes'], 'lane')}, {parameters['output']} output"
    )
    several = parameters["channels"] > 1
    click.echo(f"  {description['cycles_per_step']} cycles per step{', for a step of each channel' * several}")
    click.echo(
        f"  {latency['constant']} + {latency['per_further_step']} (T - 1) cycles from the first input beat of a "
        f"sequence of T steps to the last beat of its result{', of a channel alone' * several}"
    )
