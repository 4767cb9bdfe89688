"""The dense core that keeps up with another one: as few products a clock as make a step in as many clocks."""

from dataclasses import replace

from ...quant.integer import DenseNetwork
from ..data_sheet import DataSheet
from ..dense.schedule import DenseSchedule
from ..parameters import UNUSED, CoreParameters


def equal_rate(network: DenseNetwork, parameters: CoreParameters, cycles: int) -> CoreParameters | None:
    """The parameters of the dense core with the fewest P · M whose steps take at most ``cycles`` clocks.

    Of those the one with the fewest lanes, each of which has a multiplication with the network's M, and products of the
    input and of the read-out, of its own. None where no dense core is that fast: a step of a dense core waits for the
    pipeline of its sums.

    Parameters
    ----------
    parameters : of the other core; what only the recurrence of a Hadamard RNN has is left at its default
    """
    d = network.hidden_size
    unused = {name: getattr(CoreParameters, name) for name in UNUSED[network.family]}
    for lanes, words in sorted(_arrays(d, -(-d * d // cycles)), key=lambda one: (one[0] * one[1], one[0])):
        found = replace(parameters, lanes=lanes, recurrent_multipliers=words, **unused)
        if DenseSchedule.of(network, found).cycles_per_step > cycles:
            continue
        if DataSheet(network, found).cycles_per_step <= cycles:
            return found
    return None


def _arrays(d: int, products: int) -> list[tuple[int, int]]:
    """Lanes and words a clock of every array of at least so many products."""
    return [
        (lanes, words)
        for lanes in range(1, d + 1)
        if d % lanes == 0
        for words in range(-(-products // lanes), d + 1)
        if words % lanes == 0 or lanes % words == 0
    ]
