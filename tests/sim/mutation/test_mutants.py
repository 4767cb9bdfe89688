"""The mutants of a core: every kind of fault, each one change of the Verilog, drawn the same way every time."""

from collections import Counter

import numpy as np
import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.sim import reference
from hadamrnn.sim.coverage import cover
from hadamrnn.sim.mutation.mutants import KINDS, MutableCore, choose
from hadamrnn.sim.mutation.suite import Subject, suite
from hadamrnn.sim.stimulus import corner_inputs


@pytest.fixture(scope="module")
def core() -> MutableCore:
    subject = suite()[1]
    return MutableCore(HadamardCore(subject.network, subject.parameters), "hadamard_core")


def test_every_kind_of_fault(core: MutableCore) -> None:
    counts = Counter(mutant.kind for mutant in core.mutants)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 10


@pytest.mark.long
def test_every_mutant_is_another_core(core: MutableCore) -> None:
    """No two mutants of the first hundred are the same text, and none is the core's."""
    texts = {core.mutated(mutant) for mutant in core.mutants[:100]}
    assert len(texts) > 95  # two names can stand for the same fault
    assert core.verilog not in texts


def test_a_mutant_says_what_it_is(core: MutableCore) -> None:
    mutant = next(m for m in core.mutants if m.module.endswith("stage_1_butterfly") and m.change == "sub becomes add")
    assert str(mutant).startswith("hadamard_core.recurrence.transform.stage_1_butterfly: data_out[")
    removed, added = core.difference(mutant)
    assert removed.startswith("- assign data_out[")
    assert added == removed.replace("- assign", "+ assign").replace(" - ", " + ")


def test_drawing(core: MutableCore) -> None:
    drawn = choose(core.mutants, 28, seed=3)
    assert drawn == choose(core.mutants, 28, seed=3)
    assert drawn[:10] == choose(core.mutants, 10, seed=3)
    assert drawn != choose(core.mutants, 28, seed=4)
    assert set(Counter(mutant.kind for mutant in drawn).values()) == {4}
    everything = choose(core.mutants, 10**6, seed=0)
    assert len(everything) == len(core.mutants)


@pytest.mark.parametrize("number", range(len(suite())))
def test_the_cores_of_the_suite_have_every_kind(number: int) -> None:
    subject = suite()[number]
    core = MutableCore(HadamardCore(subject.network, subject.parameters), "hadamard_core")
    kinds = {mutant.kind for mutant in core.mutants}
    assert kinds == set(KINDS)


def test_the_suite_has_every_part_of_the_generator() -> None:
    subjects = suite()
    networks = [subject.network for subject in subjects]
    assert {network.input_kind for network in networks} == {"vector", "index"}
    assert {network.readout for network in networks} == {"last", "every"}
    assert {network.block_bits % 2 for network in networks} == {0, 1}
    assert {network.hidden_size == network.block_size for network in networks} == {False, True}
    assert {subject.parameters.output for subject in subjects} == {"logits", "class"}
    assert {subject.parameters.arrangement for subject in subjects} == {"feedback", "commutator"}
    assert any(subject.parameters.input_multipliers for subject in subjects)
    assert all(subject.parameters.trace for subject in subjects)


@pytest.mark.parametrize("subject", suite(), ids=lambda subject: subject.name.split(",")[0])
def test_no_network_of_the_suite_hides_a_class(subject: Subject) -> None:
    inputs, lengths = corner_inputs(subject.network, 0, sequences=240, steps=2)
    classes = np.asarray(reference.run(subject.network, inputs, lengths=lengths).classes).ravel()
    shares = np.bincount(classes[classes >= 0], minlength=subject.network.output_size) / np.sum(classes >= 0)
    assert shares.min() > 0.2
    covered = cover(subject.network, inputs, lengths)
    assert covered.saturated_low > 0
    assert covered.saturated_high > 0
