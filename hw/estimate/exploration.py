"""Which networks a device has room for at a rate: the best cores of all shapes, by estimates alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from ...quant.integer import IntegerNetwork
from ..data_sheet import DataSheet
from ..parameters import CoreParameters
from ..targets.target import Target
from .figures import Estimate, estimate

HIDDEN_SIZES = tuple(1 << bits for bits in range(3, 14))
LEAST_BLOCK = 4
HIGHEST_MHZ = 600.0  # no core is expected to be faster: slower schedules need no estimate


@dataclass(frozen=True)
class Candidate:
    """A core that fits and is fast enough.

    Attributes
    ----------
    network, parameters : of the core; the network's weights are the worst case
    figures : its estimate
    share : of the resource of which it takes the largest share
    scarce : the name of that resource
    """

    network: IntegerNetwork
    parameters: CoreParameters
    figures: Estimate
    share: float
    scarce: str


def candidates(
    target: Target,
    steps_per_second: float,
    shape: Callable[[int, int, int], IntegerNetwork],
    parameters: CoreParameters,
    *,
    state_bits: Sequence[int],
    hidden_sizes: Sequence[int] = HIDDEN_SIZES,
    block_sizes: Sequence[int] | None = None,
    clock_mhz: float | None = None,
    filled: float = 0.9,
) -> Iterator[Candidate]:
    """The cores that fit a device and make so many steps a second, with as few lanes as do.

    Parameters
    ----------
    shape : makes the network of a hidden size, a block size and a number of state bits
    parameters : of the cores, but for the lanes
    block_sizes : those to try, where they divide a hidden size; all from :data:`LEAST_BLOCK` up unless given
    clock_mhz : of the core; the expected one unless given, and where that is lower, the core is left out
    filled : the share of each resource that may be taken

    Raises
    ------
    InputError
        A rate, a share, a hidden size or a block size that cannot be, or a device of which nothing is known.
    """
    if not 0 < steps_per_second < float("inf"):
        raise InputError(f"rate must be a positive number of steps a second, not {steps_per_second!r}")
    if not 0 < filled <= 1:
        raise InputError(f"filled must be above 0 and at most 1, not {filled!r}")
    if clock_mhz is not None and not 0 < clock_mhz < float("inf"):
        raise InputError(f"clock_mhz must be a positive number of MHz, not {clock_mhz!r}")
    for block in block_sizes or ():
        if block < LEAST_BLOCK or block & (block - 1):
            raise InputError(f"block_size must be a power of two of at least {LEAST_BLOCK}, not {block}")
    for hidden in hidden_sizes:
        for block in _block_sizes(hidden):
            if block_sizes is not None and block not in block_sizes:
                continue
            for bits in state_bits:
                found = _least_lanes(
                    target, steps_per_second, shape(hidden, block, bits), parameters, clock_mhz, filled
                )
                if found is not None:
                    yield found


def _block_sizes(hidden: int) -> list[int]:
    """The powers of two that divide a hidden size, the largest first; those below :data:`LEAST_BLOCK` left out."""
    if hidden < LEAST_BLOCK or hidden % LEAST_BLOCK:
        raise InputError(f"hidden_size must be a positive multiple of {LEAST_BLOCK}, the least block, not {hidden}")
    largest = hidden & -hidden
    return [1 << bit for bit in range(LEAST_BLOCK.bit_length() - 1, largest.bit_length())][::-1]


def _least_lanes(
    target: Target,
    rate: float,
    network: IntegerNetwork,
    parameters: CoreParameters,
    clock_mhz: float | None,
    filled: float,
) -> Candidate | None:
    """The core with the fewest lanes that is fast enough, where that one fits: more lanes only take more."""
    lanes = 1
    while lanes < network.hidden_size and network.hidden_size % lanes == 0:
        if rate * network.hidden_size / lanes > 1e6 * (clock_mhz or HIGHEST_MHZ):
            lanes *= 2  # a step takes a clock for each row at least
            continue
        chosen = replace(parameters, lanes=lanes)
        cycles = DataSheet(network, chosen).cycles_per_step
        if rate * cycles <= 1e6 * (clock_mhz or HIGHEST_MHZ):
            figures = estimate(network, chosen, target=target)
            if figures.logic_cells is None:
                raise InputError(f"{target.name}: {figures.reasons['logic_cells']}")
            if clock_mhz is None and figures.clock_mhz is None:
                raise InputError(f"{target.name}: {figures.reasons['clock_mhz']}; --clock gives one")
            clock = clock_mhz if clock_mhz is not None else figures.clock_mhz
            met = figures.clock_mhz is None or clock_mhz is None or figures.clock_mhz >= clock_mhz
            if clock is not None and met and rate * cycles <= 1e6 * clock:
                share, scarce = _share(target, figures)
                return Candidate(network, chosen, figures, share, scarce) if share <= filled else None
        lanes *= 2
    return None


def _share(target: Target, figures: Estimate) -> tuple[float, str]:
    shares = {one.name: (getattr(figures, one.name, None) or 0) / one.available for one in target.resources}
    scarce = max(shares, key=shares.__getitem__)
    return shares[scarce], scarce


def _merits(one: Candidate) -> tuple[float, ...]:
    """What is better where it is larger."""
    return one.network.hidden_size, one.network.state_bits, -one.share, -(one.figures.logic_cells or 0)


def front(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates to which none other is better: larger or as large, of as many bits, and in as little room.

    In the order of hidden size and bits, the largest first.
    """

    def better(one: Candidate, other: Candidate) -> bool:
        sizes, others = _merits(one), _merits(other)
        return sizes != others and all(a >= b for a, b in zip(sizes, others, strict=True))

    best = [one for one in found if not any(better(other, one) for other in found)]
    return sorted(best, key=lambda one: (-one.network.hidden_size, -one.network.state_bits, one.share))
