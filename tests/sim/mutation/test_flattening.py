"""A core and its mutant without hierarchy: one set of nets, every one driven once, and one cell that differs."""

from collections import Counter

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.sim.mutation.followed import followed_bits
from hadamrnn.sim.mutation.mutants import MutableCore, Mutant
from hadamrnn.sim.mutation.suite import suite


@pytest.fixture(scope="module", params=[3, 5, 6])
def core(request: pytest.FixtureRequest) -> MutableCore:
    subject = suite()[request.param]
    return MutableCore(HadamardCore(subject.network, subject.parameters), "hadamard_core")


def of_kind(core: MutableCore, kind: str) -> Mutant:
    return next(mutant for mutant in core.mutants if mutant.kind == kind and mutant.cell is not None)


@pytest.mark.parametrize("kind", ["operator", "enable", "handshake"])
def test_one_cell_differs(core: MutableCore, kind: str) -> None:
    pair = core.pair(of_kind(core, kind))
    driven = Counter(bit for cells in pair.cells for bits in cells.original.outputs.values() for bit in bits)
    assert set(driven.values()) == {1}
    given = {bit for bits in pair.inputs.values() for bit in bits}
    read = {bit for cells in pair.cells for bits in cells.mutant.inputs.values() for bit in bits}
    assert {bit for bit in read if not isinstance(bit, str)} <= driven.keys() | given
    assert sum(cells.original is not cells.mutant for cells in pair.cells) == 1


def test_an_output_that_is_stuck(core: MutableCore) -> None:
    stuck = next(mutant for mutant in core.mutants if mutant.outputs is not None)
    pair = core.pair(stuck)
    ((port, (_, mutant)),) = [(port, both) for port, both in pair.outputs.items() if both[0] != both[1]]
    assert stuck.outputs == {port: mutant}


def test_what_is_followed_hangs_on_nothing_else(core: MutableCore) -> None:
    """Handshakes are followed by value, states are not."""
    pair = core.pair(of_kind(core, "enable"))
    followed = followed_bits(pair)
    assert followed is not None
    given = {bit for bits in pair.inputs.values() for bit in bits}
    for cells in pair.cells:
        for bits in cells.original.outputs.values():
            if cells.original.type == "register" and bits[0] in followed:
                enables = cells.original.inputs.get("EN", [])
                assert all(isinstance(bit, str) or bit in followed | given for bit in enables)
    assert set(pair.outputs["m_axis_tvalid"][0]) <= followed
    assert not set(pair.outputs["m_trace_tdata"][0]) & followed
