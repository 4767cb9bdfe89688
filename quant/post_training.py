"""A network that was trained in floating point, quantised in other formats than its run says."""

from dataclasses import replace
from typing import Any

from ..errors import InputError
from .building import build_network
from .experiment import Run

FORMATS = ("recurrent_bits", "recurrent_scale", "weight_bits")


def requantised(run: Run, formats: dict[str, Any]) -> Run:
    """The run as if its configuration had these formats, which played no part in training.

    Parameters
    ----------
    run : of a ``qornn`` of strategy ``"ptq"``; left as it is.
    formats : any of :data:`FORMATS`, with their values.

    Raises
    ------
    InputError
        For a run of anything else, another key, or a value that is wrong.
    """
    options = run.config.network
    if options.kind != "qornn" or options.strategy != "ptq":
        found = f"{options.kind} of strategy {options.strategy!r}" if options.kind == "qornn" else options.kind
        raise InputError(f"formats must be those of training, but for a qornn of strategy 'ptq': this run is a {found}")
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"unknown format {name!r}; what can be set after training: {', '.join(FORMATS)}")
    config = run.config.replace_settings(**formats)
    network = build_network(config, run.task)
    network.load_state_dict(run.network.state_dict())
    return replace(run, config=config, network=network)
