"""The number of threads follows the size of the products, and is put back."""

import pytest
import torch

from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.threads import suited_threads


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
