"""How many threads a product is worth."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .network import HadamardRNN
from .orthogonal_network import OrthogonalRNN
from .recurrence.cost import group_steps, grouped_rows, way_to_last

THREADING_PAYS = 1 << 27  # multiply-adds per pass, some 2 ms of one core
STEP_SHARED = 1 << 15  # numbers up to which torch itself leaves an operation on one thread (at::internal::GRAIN_SIZE)


@contextmanager
def suited_threads(
    network: HadamardRNN | OrthogonalRNN, *, sequences: int, steps: int, every_state: bool | None = None
) -> Iterator[None]:
    """One thread for small networks, torch's own number for large ones; put back afterwards.

    Threads that share a product wait for each other by spinning. Where a pass takes a millisecond, or consists of steps
    of some microseconds, that gains nothing, and on a machine with other work it costs many times the pass (measured on
    two cores: digits, d = 64, load 4: twenty times; copy, d = 128, T = 1000, load 9: 3.2 s instead of 0.4 s).
    The choice depends on sizes alone, so it is the same whenever a run is resumed.

    Parameters
    ----------
    sequences, steps : of a pass.
    every_state : whether all states are computed; as the read-out wants it where left out.
    """
    every_state = network.readout == "every" if every_state is None else every_state
    before = torch.get_num_threads()
    if not _worth_threads(network, sequences, steps, every_state):
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _worth_threads(network: HadamardRNN | OrthogonalRNN, sequences: int, steps: int, every_state: bool) -> bool:
    block, hidden, inputs = network.block_size, network.hidden_size, network.input_size
    powers = hidden * block**2 * steps.bit_length()
    products = (block + sequences) * hidden * steps * inputs
    if isinstance(network, HadamardRNN):  # the others go by sizes alone
        tokens, signs_learn = network.input_kind == "index", network.sign_latents.requires_grad
        kind = {"tokens": tokens, "signs_learn": signs_learn, "powers_at_hand": not signs_learn}
        way = "scan" if every_state else way_to_last(sequences, steps, hidden, inputs, block, **kind)
        if way == "scan":
            return sequences * hidden > STEP_SHARED
        if way == "halving":
            products = sequences * hidden * steps * (block + (0 if tokens else inputs))
        if way == "groups":
            group = group_steps(sequences, steps, hidden, inputs, block, signs_learn, not signs_learn)
            powers, products = 0, grouped_rows(sequences, steps, inputs, group) * hidden * block
        products += hidden * inputs * network.embedding_size
    return powers + products >= THREADING_PAYS
