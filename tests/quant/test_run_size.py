"""What inference has to store, against the networks themselves."""

from pathlib import Path
from typing import Any

import pytest

from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig
from hadamrnn.quant.experiment import train
from hadamrnn.quant.frozen_run import freeze_run
from hadamrnn.quant.integer.size import stored_bits as frozen_bits
from hadamrnn.quant.network_options import NetworkOptions
from hadamrnn.quant.run_size import BIAS_BITS, stored_bits, stored_kilobytes

SIZES = {"input_size": 3, "output_size": 10, "parameters": 1000}


@pytest.mark.parametrize(
    ("options", "bits"),
    [
        ({"weight_bits": 4}, 8 + (24 + 80) * 4 + 18 * 12),
        ({"weight_bits": "ternary"}, 8 + (24 + 80) * 2 + 18 * 12),
        ({"kind": "qornn", "recurrent_bits": 5, "weight_bits": 3}, 64 * 5 + (24 + 80) * 3 + 18 * 12),
        ({"kind": "qornn", "recurrent_bits": 5, "activation": "modrelu"}, 64 * 5 + (24 + 80) * 4 + 26 * 12),
        ({"kind": "float"}, 8 + 32 * (24 + 80 + 18)),
        ({"kind": "float", "embedding_size": 2}, 8 + 32 * (22 + 80 + 18)),
        ({"kind": "float", "embedding_size": 4}, 8 + 32 * (24 + 80 + 18)),
        ({"kind": "lstm"}, 32_000),
        ({"kind": "ornn"}, 32_000),
    ],
    ids=str,
)
def test_bits(options: dict[str, Any], bits: int) -> None:
    network = NetworkOptions(hidden_size=8, **options)
    assert stored_bits(network, **SIZES) == bits
    assert stored_kilobytes(network, **SIZES) == bits / 8000


@pytest.mark.parametrize("options", [{"block_size": 4}, {"kind": "qornn", "recurrent_bits": 5}], ids=str)
def test_a_frozen_network_takes_as_much_but_for_the_width_of_its_output_biases(
    options: dict[str, Any], tmp_path: Path
) -> None:
    network, training = NetworkOptions(hidden_size=8, **options), TrainingOptions(epochs=1, batch_size=200)
    run = train(ExperimentConfig(task="digits", network=network, training=training), tmp_path)
    frozen = freeze_run(run, state_bits=BIAS_BITS).network
    width = max(int(value).bit_length() for value in abs(frozen.output_bias)) + 1
    difference = frozen_bits(frozen) - round(8000 * run.result["kilobytes"])
    assert difference in (10 * (width - BIAS_BITS), 10 * (width - 1 - BIAS_BITS))  # -2^k takes a bit less
