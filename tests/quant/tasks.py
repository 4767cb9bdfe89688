"""Small tasks and networks of every kind, with data and weights drawn at random."""

from typing import Any

import numpy as np
import torch

from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.task import Split, Task
from hadamrnn.quant.quantisers import sign_quantiser, weight_quantiser

STEPS, INPUTS, OUTPUTS = 20, 3, 2


def toy_task(
    *, input_kind: str = "vector", readout: str = "last", objective: str = "classification", lengths: bool = False
) -> Task:
    """T = 20, m = 3, o = 2; 60 sequences to train on, 40 to validate, 50 to test."""
    random = np.random.default_rng(0)

    def split(count: int) -> Split:
        ends = random.integers(1, STEPS + 1, count) if lengths else np.full(count, STEPS)
        beyond = np.arange(STEPS) >= ends[:, None]
        if input_kind == "index":
            x = np.where(beyond, 0, random.integers(0, INPUTS, (count, STEPS))).astype(np.int32)
            total = (x == 1).cumsum(1)
        else:
            x = np.where(beyond[..., None], 0, random.integers(0, 16, (count, STEPS, INPUTS)) / 16).astype(np.float32)
            total = x[..., 0].cumsum(1)
        y = np.stack([total, -total], -1) / 10 if objective == "regression" else (total.round() % 4 > 1)
        if readout == "last":
            y = y[np.arange(count), ends - 1]
        y = y.astype(np.float32 if objective == "regression" else np.int64)
        return Split(x=x, y=y, lengths=ends if lengths else None)

    vector: dict[str, Any] = {"input_scale": 1 / 16, "input_bits": 4} if input_kind == "vector" else {}
    return Task(
        name="toy",
        train=split(60),
        validation=split(40),
        test=split(50),
        labels=("no", "yes") if objective == "classification" else (),
        objective=objective,
        readout=readout,
        input_kind=input_kind,
        vocabulary=INPUTS if input_kind == "index" else None,
        **vector,
    )


def toy_network(task: Task, *, seed: int = 3, weight_bits: int | str = 4, **changes: Any) -> HadamardRNN:
    """d = 32, with weights and biases of every kind, as after some training."""
    generator = torch.Generator().manual_seed(seed)
    options: dict[str, Any] = {
        "input_size": task.input_size,
        "hidden_size": 32,
        "output_size": task.output_size,
        "input_kind": task.input_kind,
        "readout": task.readout,
        "sign_quantiser": sign_quantiser(),
        "input_quantiser": weight_quantiser(weight_bits),
        "output_quantiser": weight_quantiser(weight_bits),
        "generator": generator,
    }
    network = HadamardRNN(**options | changes)
    with torch.no_grad():
        network.bias.normal_(std=0.05, generator=generator)
        network.output_bias.normal_(generator=generator)
    return network
