"""How many threads a product is worth."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .network import HadamardRNN

THREADING_PAYS = 1 << 27  # multiply-adds per pass, some 2 ms of one core


@contextmanager
def suited_threads(network: HadamardRNN, *, sequences: int, steps: int) -> Iterator[None]:
    """One thread for small networks, torch's own number for large ones; put back afterwards.

    Threads that share a product wait for each other by spinning. Where a pass takes a millisecond that gains nothing,
    and on a machine with other work it costs twenty times the pass (measured: digits, d = 64, two cores, load 4).
    The choice depends on sizes alone, so it is the same whenever a run is resumed.
    """
    block, hidden, inputs = network.block_size, network.hidden_size, network.input_size
    powers = hidden * block**2 * steps.bit_length()
    products = (block + sequences) * hidden * steps * inputs
    before = torch.get_num_threads()
    if powers + products < THREADING_PAYS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
