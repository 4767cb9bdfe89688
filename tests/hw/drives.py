"""What the input side must offer to the recurrence, row by row."""

from typing import Any

import numpy as np

from hadamrnn.quant.integer import IntegerNetwork, shift_round


def expected_rows(network: IntegerNetwork, lanes: int, inputs: np.ndarray) -> list[dict[str, Any]]:
    """The rows of one sequence of inputs, of shape ``(T, m)``, or ``(T,)`` for indices."""
    weight = network.input_weight.T.astype(np.int64)
    products = weight[inputs] if network.input_kind == "index" else inputs @ weight
    drives = shift_round(products, network.input_shift) + network.bias
    negative = (network.signs < 0).reshape(-1, lanes) @ (1 << np.arange(lanes, dtype=np.int64))
    return [
        {"values": values, "negative": int(bits), "first": int(t == 0), "last": int(t == len(inputs) - 1)}
        for t, drive in enumerate(drives)
        for values, bits in zip(drive.reshape(-1, lanes).tolist(), negative, strict=True)
    ]
