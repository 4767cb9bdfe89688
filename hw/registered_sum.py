"""A sum of products of each lane as a pipeline: a register behind the products, and behind every level of a tree."""

from amaranth.hdl import Module, Signal


def registered_sum(
    m: Module, enable: Signal, terms: list[list], carried: Signal, valid: Signal
) -> tuple[list[Signal], Signal, Signal]:
    """The sum of the terms of each lane, as a tree with a register before every level and behind the last.

    What is ``carried`` and whether it is ``valid`` come out beside it, 1 + ceil(log2 M) enabled clocks later for M
    terms.
    """
    terms, carried, valid = _registered(m, enable, "product", terms, carried, valid)
    while len(terms[0]) > 1:
        terms = [[sum(lane_terms[j : j + 2]) for j in range(0, len(lane_terms), 2)] for lane_terms in terms]
        terms, carried, valid = _registered(m, enable, f"sum_of_{len(terms[0])}", terms, carried, valid)
    return [lane_terms[0] for lane_terms in terms], carried, valid


def _registered(
    m: Module, enable: Signal, name: str, terms: list, carried: Signal, valid: Signal
) -> tuple[list, Signal, Signal]:
    """One pipeline register over the terms of all lanes and what travels with them."""
    registers = [
        [Signal.like(term, name=f"{name}_{lane}_{j}", reset_less=True) for j, term in enumerate(lane_terms)]
        for lane, lane_terms in enumerate(terms)
    ]
    following = Signal(carried.shape(), name=f"{name}_carried", reset_less=True)
    following_valid = Signal(name=f"{name}_valid")
    with m.If(enable):
        m.d.sync += [following.eq(carried), following_valid.eq(valid)]
        for lane, lane_terms in enumerate(terms):
            m.d.sync += [register.eq(term) for register, term in zip(registers[lane], lane_terms, strict=True)]
    return registers, following, following_valid
