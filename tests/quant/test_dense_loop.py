"""The fast loop of a dense network equals the reference in every state, logit and count of saturations."""

from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.quant import integer_loop
from hadamrnn.quant.integer_loop import IntegerLoop
from hadamrnn.sim import reference

from .dense_networks import GRID, dense_inputs, dense_network


@pytest.mark.parametrize("options", GRID, ids=str)
@pytest.mark.parametrize("uneven", [False, True])
def test_equals_the_reference(options: dict[str, Any], uneven: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integer_loop, "_CHUNK", 8 * 7)  # seven sequences at once
    network = dense_network(**options)
    x = dense_inputs(network, 24, 40)
    lengths = np.random.default_rng(2).integers(1, 41, 24) if uneven else None
    expected = reference.run(network, x, lengths=lengths, return_states=True)
    ends = None if lengths is None else torch.from_numpy(lengths)
    found = IntegerLoop(network).run(torch.from_numpy(x), ends, keep_states=True, count=True)
    assert found.states is not None
    assert np.array_equal(found.states.numpy(), expected.states)
    assert np.array_equal(found.logits.numpy(), expected.logits)
    assert found.saturations == expected.saturations


def test_types_are_the_smallest_that_are_exact() -> None:
    # rows of eight times −8: the sum is at most 2^(w − 1 + 6); U x adds to that, so 17 bits for w = 8 stay below 2^24
    weight = np.full((8, 8), -8)
    assert IntegerLoop(dense_network(recurrent_weight=weight)).dtype == torch.float32
    assert IntegerLoop(dense_network(recurrent_weight=weight, state_bits=19)).dtype == torch.float64
    small = {"recurrent_weight": np.eye(8, dtype=int), "state_bits": 8}
    assert IntegerLoop(dense_network(**small)).dtype == torch.float32
    wide = dense_network(**small, activation="modrelu", threshold=np.full(8, 1 << 24))
    assert IntegerLoop(wide).dtype == torch.float64


def test_too_many_bits_are_refused() -> None:
    # 2^31 · 8 · 128 · M with M just below 2^15
    widest = {"recurrent_weight": np.full((8, 8), -128), "recurrent_bits": 8, "state_bits": 32}
    with pytest.raises(InputError, match=r"^the product with M needs 56 bits, expected at most 53 "):
        IntegerLoop(dense_network(**widest, recurrent_multiplier=(1 << 15) - 1))
    IntegerLoop(dense_network(**widest, recurrent_multiplier=1 << 11))
