"""The number of threads follows the size of the products, and is put back."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import torch

from hadamrnn.model.baselines import Baseline
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.threads import suited_threads


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


TOKENS = {"input_kind": "index", "readout": "last"}


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(
    ("inputs", "hidden", "block", "sequences", "steps", "kind", "threads"),
    [
        (10, 128, 16, 128, 1000, {"input_kind": "index", "readout": "every"}, 1),  # copy
        (10, 512, 16, 128, 1000, {"input_kind": "index", "readout": "every"}, 2),
        (10_001, 128, 16, 100, 500, TOKENS, 1),  # IMDB, in groups of steps
        (10_001, 128, 128, 100, 500, TOKENS, 2),
        (10_001, 128, 16, 100, 500, TOKENS | {"embedding_size": 32}, 1),
        (10_001, 128, 16, 100, 500, TOKENS | {"embedding_size": 512}, 2),
        (10_001, 128, 16, 1000, 500, TOKENS, 2),
        (10_001, 32, 32, 1, 100, TOKENS, 1),  # the vocabulary does not count
        (10_001, 512, 128, 2, 1000, TOKENS, 1),
        (10_001, 512, 128, 8, 1000, TOKENS, 2),
        (1, 512, 512, 100, 784, {}, 2),  # one product over all steps
        (1, 512, 512, 20, 784, {"every_state": True}, 1),  # of states, whatever is read
        (1, 512, 512, 100, 784, {"every_state": True}, 2),
    ],
)
def test_what_threads_would_share_decides(
    inputs: int, hidden: int, block: int, sequences: int, steps: int, kind: dict[str, Any], threads: int
) -> None:
    options = dict(kind)
    asked = {"every_state": options.pop("every_state")} if "every_state" in options else {}
    network = HadamardRNN(
        input_size=inputs, hidden_size=hidden, output_size=2, block_size=block, learn_signs=False, **options
    )
    with suited_threads(network, sequences=sequences, steps=steps, **asked):
        assert torch.get_num_threads() == threads
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_baselines_are_counted_too() -> None:
    for steps, threads in ((8, 1), (784, 2)):
        baseline = Baseline("lstm", input_size=3, hidden_size=100, output_size=2)
        with suited_threads(cast(HadamardRNN, baseline), sequences=500, steps=steps):
            assert torch.get_num_threads() == threads


@pytest.mark.parametrize(("hidden", "steps", "few"), [(64, 64, True), (64, 784, True), (512, 784, False)])
def test_small_networks_use_one_thread(hidden: int, steps: int, few: bool) -> None:
    network = HadamardRNN(input_size=1, hidden_size=hidden, output_size=10)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with suited_threads(network, sequences=50, steps=steps):
            assert torch.get_num_threads() == (1 if few else 2)
        assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), suited_threads(network, sequences=50, steps=steps):
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
