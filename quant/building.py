"""The network that a configuration describes."""

import math
from typing import Any, TypeAlias

import torch

from ..errors import InputError
from ..model.baselines import Baseline
from ..model.initialisation import input_gain, input_mean
from ..model.network import HadamardRNN
from ..model.orthogonal_network import OrthogonalRNN
from ..model.shape import CELLS
from ..model.task import Task
from .configuration import ExperimentConfig
from .network_options import NetworkOptions
from .quantisers import sign_quantiser, weight_quantiser
from .recurrent_quantisers import recurrent_quantiser

# A HadamardRNN, an OrthogonalRNN or a Baseline: training and evaluation ask nothing that not all of them have.
Network: TypeAlias = Any


def build_network(config: ExperimentConfig, task: Task) -> Network:
    """The network of ``config`` for ``task``, as its seed draws it; quantised in training unless it is a baseline.

    Raises
    ------
    InputError
        If it is to embed inputs that are no tokens.
    """
    options = config.network
    if options.embedding_size and task.input_kind != "index":
        raise InputError(
            f"[network] embedding_size goes with tasks whose inputs are tokens; those of {task.name!r} are vectors"
        )
    shape: dict[str, Any] = {
        "input_size": task.input_size,
        "hidden_size": options.hidden_size,
        "output_size": task.output_size,
        "readout": task.readout,
        "input_kind": task.input_kind,
        "input_gain": input_gain(task),
        "generator": torch.Generator().manual_seed(config.training.seed),
    }
    if options.kind in CELLS:
        gates: dict[str, Any] = {"gate_bias": options.gate_bias, "steps": task.steps}
        return Baseline(options.kind, **shape, **gates, embedding_size=options.embedding_size)
    blank = task.blank if options.blank_input == "zero" else None
    shape |= {"blank": blank, "readout_activation": options.readout_activation}
    if options.bias == "centred" and blank is None:
        shape |= {"input_mean": input_mean(task), "bias_gain": 1 / math.sqrt(task.steps)}
    return (_dense if options.kind in ("ornn", "qornn") else _hadamard)(options, shape)


def _dense(options: NetworkOptions, shape: dict[str, Any]) -> OrthogonalRNN:
    if options.kind == "ornn":
        return OrthogonalRNN(**shape, strategy="ptq", activation=options.activation)
    return OrthogonalRNN(
        **shape,
        strategy=options.strategy,
        recurrent_quantiser=recurrent_quantiser(options.recurrent_bits, options.recurrent_scale),
        input_quantiser=weight_quantiser(options.weight_bits),
        output_quantiser=weight_quantiser(options.weight_bits),
        activation=options.activation,
        penalty_weight=options.penalty_weight,
        variant=options.variant,
        rank=options.rank,
    )


def _hadamard(options: NetworkOptions, shape: dict[str, Any]) -> HadamardRNN:
    quantised = options.kind == "hadamard"
    return HadamardRNN(
        **shape,
        embedding_size=options.embedding_size,
        block_size=options.block_size,
        sign_quantiser=sign_quantiser(),
        input_quantiser=weight_quantiser(options.weight_bits) if quantised else None,
        output_quantiser=weight_quantiser(options.weight_bits) if quantised else None,
        learn_signs=options.signs == "learned",
    )
