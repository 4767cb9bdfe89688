"""The options that choose a core, shared by the commands that generate one: the fields of CoreParameters, one each."""

import functools
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any

import click

from ..hw.parameters import CoreParameters
from .refusal import refuse_options

NAMES = tuple(field.name for field in fields(CoreParameters))
# Metavariable and help of each field; a test holds them against the fields there are.
_HELP = {
    "lanes": ("P", "Words per clock: a power of two that divides the hidden size."),
    "stages_per_register": ("N", "Adder levels between pipeline registers: 1 for the highest clock, 0 for none."),
    "input_beat": ("E", "Input elements in one beat."),
    "input_multipliers": ("N", "Multipliers per lane of the input product, up to the number of elements."),
    "recurrent_multipliers": ("N", "Multipliers per lane of the recurrent product of a dense network."),
    "readout_multipliers": ("N", "Multipliers per lane of the read-out, up to the number of logits."),
    "output": ("logits|class", "Every logit of a result, or the class alone."),
    "trace": (None, "Add the port m_trace: every state of every step."),
    "memory_depth": ("ROWS", "Delay lines of at least this many rows are memories."),
    "channels": ("C", "Independent sequences that take turns in one core, each with an input port of its own."),
    "arrangement": ("feedback|commutator", "Of butterflies between rows; commutators where they make no step longer."),
    "lane_difference": ("direct|from-sum", "Of butterflies between lanes; from-sum is smaller on iCE40."),
    "registers": ("NAME,...", "Pipeline registers by name, in place of --stages-per-register."),
}


def core_options(*, without: Collection[str] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command with the options of a core; it receives them as one argument ``parameters``.

    Parameters
    ----------
    without : fields that the command chooses itself; they keep their default in ``parameters``
    """
    chosen = [field for field in fields(CoreParameters) if field.name not in without]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_parameters(*arguments: Any, **options: Any) -> Any:
            values = {field.name: options.pop(field.name) for field in chosen}
            if values.get("registers") is not None:
                refuse_options(("stages_per_register",), "does not go with --registers, which names them")
                values["registers"] = tuple(name for name in values["registers"].split(",") if name)
            parameters = CoreParameters(**values)
            return function(*arguments, parameters=parameters, **options)

        for field in reversed(chosen):
            metavar, text = _HELP.get(field.name, (None, None))
            name = "--" + field.name.replace("_", "-")
            flag = isinstance(field.default, bool)
            kind: dict[str, Any] = {"is_flag": True} if flag else {"type": type(field.default), "show_default": True}
            if field.default is None:  # the core chooses
                kind = {"type": int, "show_default": "chosen to fit"} if field.type == int | None else {"type": str}
            with_parameters = click.option(name, default=field.default, metavar=metavar, help=text, **kind)(
                with_parameters
            )
        return with_parameters

    return decorate
