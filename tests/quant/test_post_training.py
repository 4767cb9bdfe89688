"""Runs that were trained in floating point, frozen in formats that are chosen afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.quant.building import build_network
from hadamrnn.quant.configuration import parse_config
from hadamrnn.quant.experiment import Run
from hadamrnn.quant.frozen_run import freeze_run
from hadamrnn.quant.post_training import requantised

from .tasks import toy_task

CONFIG = """
[task]
name = "digits"
[network]
kind = "qornn"
hidden_size = 16
strategy = "ptq"
recurrent_bits = 8
"""


def run(config: str = CONFIG) -> Run:
    """A run that nobody trained, of a task of another name: nothing here asks for more."""
    parsed, task = parse_config(config), toy_task()
    evaluation = {"accuracy": 0.5, "loss": 1.0}
    result = {"best_epoch": 1, "versions": {}, **dict.fromkeys(("train", "validation", "test"), evaluation)}
    return Run(folder=Path("run"), config=parsed, task=task, network=build_network(parsed, task), result=result)


def test_formats_are_chosen_and_weights_stay() -> None:
    trained = run()
    changed = requantised(trained, {"recurrent_bits": 3, "recurrent_scale": "max", "weight_bits": 5})
    for name, tensor in trained.network.state_dict().items():
        assert torch.equal(tensor, changed.network.state_dict()[name]), name
    table = changed.config.network.to_table()
    assert (table["recurrent_bits"], table["recurrent_scale"], table["weight_bits"]) == (3, "max", 5)
    frozen = freeze_run(changed).network
    assert (frozen.recurrent_bits, frozen.weight_bits) == (3, 5)  # type: ignore[union-attr]
    assert frozen.trained["config"] == changed.config.to_toml()
    assert trained.config.network.recurrent_bits == 8
    assert freeze_run(trained).network.recurrent_bits == 8  # type: ignore[union-attr]


def test_scales_give_other_multipliers_for_one_matrix() -> None:
    scales = {}
    for scale in ("max", "spectral"):
        found = freeze_run(requantised(run(), {"recurrent_bits": 4, "recurrent_scale": scale})).network
        scales[scale] = found.recurrent_scale  # type: ignore[union-attr]
    assert scales["spectral"] < scales["max"]


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"^unknown format 'strategy'; what can be set after training: "):
        requantised(run(), {"strategy": "ste-pen"})
    with pytest.raises(InputError, match=r"recurrent_bits must be 2 to 8, not 9$"):
        requantised(run(), {"recurrent_bits": 9})
    expected = r"^formats must be those of training, but for a qornn of strategy 'ptq': this run is a "
    with pytest.raises(InputError, match=expected + "qornn of strategy 'ste-bjorck'$"):
        requantised(run(CONFIG.replace("ptq", "ste-bjorck")), {"recurrent_bits": 4})
    hadamard = replace(run(), config=parse_config('[task]\nname = "digits"\n[network]\nhidden_size = 16\n'))
    with pytest.raises(InputError, match=expected + "hadamard$"):
        requantised(hadamard, {"weight_bits": 4})
