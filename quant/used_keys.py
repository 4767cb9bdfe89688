"""Keys of a configuration that count for some choices of other keys only. Imports without torch."""

import dataclasses
from collections.abc import Container
from typing import TypeVar

from ..errors import InputError
from ..model.options import TrainingOptions
from .network_options import NetworkOptions

Options = TypeVar("Options", NetworkOptions, TrainingOptions)

# Of a key, what other keys have to be for it to have an effect. Those that a kind does not have at all, as block_size
# of an LSTM, are for NetworkOptions to know; state_bits, which need a task too, for rounding_noise.
NEEDS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "penalty_weight": (("strategy", ("ste-pen",)),),
    "variant": (("strategy", ("ste-projunn",)),),
    "rank": (("strategy", ("ste-projunn",)),),
    "sign_candidates": (("signs", ("searched",)),),
    "sign_learning_rate": (("signs", ("learned",)),),
    "sign_fraction": (("signs", ("learned",)), ("sign_schedule", ("settle",))),
    "sign_schedule": (("signs", ("learned",)),),
    "recurrent_rate": (("kind", ("qornn", "ornn")),),
    "recurrent_fraction": (("kind", ("qornn", "ornn")),),
}


def unused_keys(network: NetworkOptions, training: TrainingOptions) -> dict[str, str]:
    """The keys of :data:`NEEDS` that have no effect, each with the reason in words.

    Examples
    --------
    >>> unused_keys(NetworkOptions(hidden_size=64, signs="learned"), TrainingOptions())["sign_candidates"]
    "goes with signs = 'searched' only, not 'learned'"
    """
    chosen = dataclasses.asdict(network) | dataclasses.asdict(training)
    unused = {}
    for key, needs in NEEDS.items():
        for other, values in needs:
            if other in network.unused:
                unused[key] = f"does not go with kind {network.kind!r}, which has no use for it"
            elif chosen[other] not in values:
                unused[key] = f"goes with {other} = {' or '.join(map(repr, values))} only, not {chosen[other]!r}"
            if key in unused:
                break
    return unused


def refuse_unused(network: NetworkOptions, training: TrainingOptions, given: Container[str] | None = None) -> None:
    """Refuse keys that have no effect and another value than their default: somebody counts on them.

    Parameters
    ----------
    given : the only keys to look at; all where left out.

    Raises
    ------
    InputError
    """
    reasons = unused_keys(network, training)
    for table, options in (("network", network), ("training", training)):
        for field in dataclasses.fields(options):
            if field.name not in reasons or getattr(options, field.name) == field.default:
                continue
            if given is None or field.name in given:
                raise InputError(f"[{table}] {field.name} {reasons[field.name]}")


def with_defaults(options: Options, unused: dict[str, str]) -> Options:
    """``options`` with the defaults of what is unused."""
    fields = {field.name: field.default for field in dataclasses.fields(options) if field.name in unused}
    return dataclasses.replace(options, **fields)
