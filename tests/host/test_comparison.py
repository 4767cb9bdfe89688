import numpy as np
import pytest

from hadamrnn.host.comparison import compare, expected_results
from hadamrnn.sim.reference import run
from hadamrnn.sim.stimulus import corner_inputs

from .boards import small_network
from .test_exchange import identity


def test_equal_results() -> None:
    comparison = compare([np.array([[1, 2]]), np.array([[3, 4]])], [np.array([[1, 2]]), np.array([[3, 4]])])
    assert (comparison.values, comparison.differences, comparison.first) == (4, 0, "")


def test_the_first_difference_is_named() -> None:
    expected = [np.array([[1, 2]]), np.array([[3, 4], [5, 6]])]
    comparison = compare(expected, [np.array([[1, 2]]), np.array([[3, 4], [5, -6]])])
    assert (comparison.values, comparison.differences) == (6, 1)
    assert comparison.first == "sequence 1, result 1, value 1: expected 6, got -6"


def test_a_result_too_few_is_a_defect() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare([np.array([[1]])], [])


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("readout", ["last", "every"])
def test_what_is_expected_is_the_reference(logits: bool, readout: str) -> None:
    network = small_network(readout=readout)
    inputs, lengths = corner_inputs(network, 0, sequences=3, steps=5)
    expected = expected_results(network, identity(logits=logits, every_step=readout == "every"), inputs, lengths)
    reference = run(network, inputs, lengths=lengths)
    values = 3 if logits else 1
    assert [one.shape for one in expected] == [(n if readout == "every" else 1, values) for n in lengths]
    source = reference.logits if logits else reference.classes
    assert expected[1][-1].tolist() == np.atleast_1d(source[1, 0] if readout == "every" else source[1]).tolist()
