"""What the ways to compute a recurrence cost, in multiply-adds: some 60 take a nanosecond of one core (AVX-512)."""

from functools import lru_cache

from .scan import factors

OPERATION = 500_000  # a step of a scan, called from Python
STEP_WORK = 100  # a step of a scan, per unit, for all that is not the transform
SIGN_WORK = 80  # more per unit, where signs learn
HALVING_WORK = 500  # a halving, per unit, for all that is not a product: it passes through memory


@lru_cache(maxsize=256)
def way_to_last(
    batch: int,
    steps: int,
    hidden_size: int,
    inputs: int,
    block_size: int,
    *,
    tokens: bool = False,
    signs_learn: bool = False,
    x_learns: bool = False,
    powers_at_hand: bool = False,
) -> str:
    """``"doubling"``, ``"response"``, ``"halving"`` or ``"scan"``: what costs least, forwards and backwards.

    The first two take tokens as one-hot vectors. Doubling and halving need powers of W. The scan gives x no gradient.
    """
    passes, units = 3 if signs_learn else 2, batch * steps * hidden_size
    powers = 0 if powers_at_hand else (1 + 2 * signs_learn) * hidden_size * block_size**2 * steps.bit_length()
    kernel, drive = steps * hidden_size * inputs, 0 if tokens else passes * inputs
    chunk = chunk_steps(inputs + 1, steps, hidden_size, block_size)
    impulses = scan_cost(inputs + 1, steps, hidden_size, block_size, chunk)
    costs = {
        "doubling": powers + passes * kernel * (block_size + batch),
        "response": 2 * impulses + passes * kernel * batch,
        "halving": powers + units * (passes * block_size + drive + HALVING_WORK),
        "scan": 2 * scan_cost(batch, steps, hidden_size, block_size, steps) + units * (drive + SIGN_WORK * signs_learn),
    }
    if x_learns:
        del costs["scan"]
    return min(costs, key=lambda way: costs[way])


@lru_cache(maxsize=256)
def chunk_steps(batch: int, steps: int, hidden_size: int, block_size: int) -> int:
    """c for which the scan costs least: T where the states of one step keep a core busy, less where they do not."""
    return min(range(1, steps + 1), key=lambda chunk: scan_cost(batch, steps, hidden_size, block_size, chunk))


def scan_cost(batch: int, steps: int, hidden_size: int, block_size: int, chunk: int) -> int:
    """One way of a scan in chunks of ``chunk`` steps.

    One chunk is one pass over all steps. More chunks are two passes, of fewer and larger operations, the power W^c, and
    a product with it for each.
    """
    chunks, unit_work = -(-steps // chunk), sum(factors(block_size)) + STEP_WORK
    one_pass = chunk * (OPERATION + batch * chunks * hidden_size * unit_work)
    if chunks == 1:
        return one_pass
    power = hidden_size * block_size**2 * chunk.bit_length()
    return 2 * one_pass + power + (chunks - 1) * (2 * OPERATION + batch * hidden_size * block_size)
