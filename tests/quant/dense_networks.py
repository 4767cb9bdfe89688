"""Small dense networks with weights at their corners."""

from typing import Any

import numpy as np

from hadamrnn.quant.integer import DenseNetwork


def dense_fields(seed: int = 1, **changes: Any) -> dict[str, Any]:
    """A small valid network as arguments, d = 8, m = 2, o = 3; thresholds where ``changes`` say modrelu."""
    random = np.random.default_rng(seed)
    bits = changes.get("recurrent_bits", 4)
    limit = 1 << (changes.get("state_bits", 8) - 1)
    fields = {
        "recurrent_weight": random.integers(-(1 << (bits - 1)), 1 << (bits - 1), (8, 8)),
        "recurrent_bits": bits,
        "recurrent_multiplier": 21845,  # odd: every remainder occurs
        "recurrent_shift": 18,
        "input_weight": random.integers(-8, 8, (8, 2)),
        "bias": random.integers(-min(limit, 9), min(limit, 9), 8),
        "output_weight": random.integers(-8, 8, (3, 8)),
        "output_bias": random.integers(-1000, 1000, 3),
        "state_bits": 8,
        "input_bits": 4,
        "input_signed": changes.get("input_kind") != "index",
        "labels": ("a", "b", "c"),
    } | changes
    if fields.get("activation") == "modrelu" and "threshold" not in fields:
        fields["threshold"] = random.integers(-20, 21, 8)
    return fields


def dense_network(seed: int = 1, **changes: Any) -> DenseNetwork:
    """The same as a network."""
    return DenseNetwork(**dense_fields(seed, **changes))


def dense_inputs(network: DenseNetwork, count: int, steps: int, seed: int = 2) -> np.ndarray:
    """Random inputs; the first sequences of extremes only."""
    random = np.random.default_rng(seed)
    low, high = network.input_range
    shape = (count, steps) if network.input_kind == "index" else (count, steps, network.input_size)
    drawn = random.integers(low, high + 1, shape)
    drawn[: count // 4] = random.choice([low, high], drawn[: count // 4].shape)
    return drawn


# Activations, kinds and shifts, with M / 2^S below, at and above 1, and ties in the division where M is a power of two.
GRID: list[dict[str, Any]] = [
    {},
    {"activation": "relu", "readout": "every"},
    {"activation": "modrelu"},
    {"activation": "modrelu", "readout": "every", "readout_activation": "none", "state_bits": 12},
    {"activation": "modrelu", "input_kind": "index", "input_shift": -2},
    {"activation": "relu", "input_kind": "index", "input_shift": 3, "state_bits": 12},
    {"recurrent_multiplier": 1 << 14, "recurrent_shift": 17, "input_shift": -3},
    {"recurrent_multiplier": 1, "recurrent_shift": 1},
    {"recurrent_multiplier": (1 << 15) - 1, "recurrent_shift": 0, "state_bits": 4},
    {"recurrent_bits": 1, "recurrent_shift": 15, "state_bits": 16},
    {"recurrent_bits": 8, "recurrent_shift": 22, "state_bits": 24, "input_shift": 8},
]
