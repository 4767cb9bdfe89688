"""What the ways to compute a recurrence cost, in multiply-adds: some 60 take a nanosecond of one core (AVX-512)."""

from functools import lru_cache

from .drive import ONE_HOT_PAYS
from .scan import factors

OPERATION = 500_000  # a step of a scan, called from Python
STEP_WORK = 100  # a step of a scan, per unit, for all that is not the transform
SIGN_WORK = 80  # more per unit, where signs learn
HALVING_WORK = 500  # a halving, per unit, for all that is not a product: it passes through memory
LIFTED_OPERATIONS = 16  # OPERATIONs that L steps of a lifted system take beside their products, both ways
GROUPED_WORK = 90  # a token of groups, per unit, for all that is not a product: sorting, and two sums of rows
WORDS_OPERATIONS = 60  # OPERATIONs that it takes to find out which words drive which groups, and to add them up
ROW_WORK = 20  # a row of a product, per unit, that passes through memory
HEAPS_FACTOR, HEAPS_EXPONENT = 14, 0.57
GROUP_OPERATION = 200_000  # a product of a group or of the words at a place, called from Python
TOEPLITZ_WORK = 600  # an entry of the lifted system's Toeplitz matrix, which is made and differentiated through memory


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
    """``"doubling"``, ``"response"``, ``"halving"``, ``"scan"`` or ``"groups"``: what costs least, both ways together.

    The first two take tokens as one-hot vectors. Doubling, halving and groups need powers of W. The scan gives x no
    gradient. Groups are for tokens only.
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
    if tokens:
        sizes, kind = (batch, steps, hidden_size, inputs, block_size), (signs_learn, powers_at_hand)
        costs["groups"] = grouped_cost(*sizes, group_steps(*sizes, *kind), *kind)
    return min(costs, key=lambda way: costs[way])


@lru_cache(maxsize=256)
def group_steps(
    batch: int,
    steps: int,
    hidden_size: int,
    inputs: int,
    block_size: int,
    signs_learn: bool = False,
    powers_at_hand: bool = False,
) -> int:
    """r for which groups cost least, 1 to T."""
    sizes = batch, steps, hidden_size, inputs, block_size
    return min(range(1, steps + 1), key=lambda group: grouped_cost(*sizes, group, signs_learn, powers_at_hand))


def grouped_cost(
    batch: int,
    steps: int,
    hidden_size: int,
    inputs: int,
    block_size: int,
    group: int,
    signs_learn: bool,
    powers_at_hand: bool,
) -> int:
    """Both ways of groups of ``group`` steps: W^r for each, W^j for each word at each of the other places."""
    passes, units = 3 if signs_learn else 2, batch * steps * hidden_size
    groups, rows = -(-steps // group), grouped_rows(batch, steps, inputs, group)
    powers = 0 if powers_at_hand else 2 * (1 + 2 * signs_learn) * hidden_size * block_size**2 * group
    calls = WORDS_OPERATIONS * OPERATION + passes * (group + groups) * GROUP_OPERATION
    return powers + calls + units * GROUPED_WORK + passes * rows * hidden_size * (block_size + ROW_WORK)


def grouped_rows(batch: int, steps: int, inputs: int, group: int) -> int:
    """About how many products of n × n with a vector, per block, groups of ``group`` steps take one way.

    One a group, and one for each word that occurs at one of the other places. How many different words there are among
    tokens of a language is taken from Heaps' law, and they are no more than the vocabulary.
    """
    groups = batch * -(-steps // group)
    return groups + (group - 1) * min(groups, inputs, round(HEAPS_FACTOR * groups**HEAPS_EXPONENT))


@lru_cache(maxsize=256)
def lifted_steps(
    batch: int,
    steps: int,
    hidden_size: int,
    inputs: int,
    outputs: int,
    block_size: int,
    *,
    tokens: bool = False,
    signs_learn: bool = False,
    powers_at_hand: bool = False,
) -> int:
    """L, a power of two, for which a lifted system costs least, for a read-out without relu; 0 where a scan does."""
    passes, units = 3 if signs_learn else 2, batch * steps * hidden_size
    drive = 0 if tokens and inputs > ONE_HOT_PAYS else passes * inputs
    chunk = chunk_steps(batch, steps, hidden_size, block_size)
    scan = 2 * scan_cost(batch, steps, hidden_size, block_size, chunk)
    costs = {0: scan + units * (3 * outputs + drive + SIGN_WORK * signs_learn)}
    powers = 0 if powers_at_hand else (1 + 2 * signs_learn) * hidden_size * block_size**2
    for exponent in range((steps - 1).bit_length() + 1):
        read, taken_in = outputs << exponent, inputs << exponent  # logits and inputs of L steps
        system = (
            3 * hidden_size * (block_size * (read + taken_in) + outputs * taken_in) + TOEPLITZ_WORK * read * taken_in
        )
        products = 2 * taken_in * (read + hidden_size) + hidden_size * (3 * read + passes * block_size)
        once = LIFTED_OPERATIONS * OPERATION + batch * products
        costs[1 << exponent] = powers * (exponent + 1) + system + -(-steps >> exponent) * once
    return min(costs, key=lambda length: costs[length])


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
