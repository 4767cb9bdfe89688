import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim import reference
from hadamrnn.sim.stimulus import corner_inputs, random_network, tie_inputs, tie_network

from . import scalar_model

# hidden size, block size, state bits, further fields: k even and odd, q = 1 and more, each field at its corners.
NETWORKS = {
    "one block, k even": (16, 16, 8, {}),
    "one block, k odd": (8, 8, 12, {}),
    "blocks, k even": (12, 4, 10, {"weight_bits": 8}),
    "blocks, k odd, F = 4": (24, 8, 16, {"sqrt_half_bits": 4}),
    "blocks of one": (5, 1, 9, {"weight_bits": 1}),
    "blocks of two, F = 1": (6, 2, 4, {"sqrt_half_bits": 1}),
    "F = 30": (8, 2, 12, {"sqrt_half_bits": 30}),
    "three signed inputs": (16, 4, 12, {"input_size": 3, "input_signed": True}),
    "inputs of one bit": (16, 8, 8, {"input_bits": 1, "input_size": 2}),
    "inputs of 16 bits": (8, 4, 16, {"input_bits": 16, "input_signed": True}),
    "shifted left": (8, 4, 16, {"input_shift": 5}),
    "shifted right": (8, 4, 8, {"input_shift": -5, "input_signed": True}),
    "positions": (8, 4, 10, {"input_kind": "index", "input_size": 6}),
    "every step": (8, 8, 10, {"readout": "every"}),
    "no activation": (8, 8, 10, {"readout_activation": "none", "output_size": 1}),
    "32 state bits": (4, 4, 32, {"input_bits": 32}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_state_and_logit_equals_the_scalar_model(name: str) -> None:
    hidden_size, block_size, state_bits, fields = NETWORKS[name]
    network = random_network(3, hidden_size=hidden_size, block_size=block_size, state_bits=state_bits, **fields)
    inputs, lengths = corner_inputs(network, 4, sequences=7, steps=9)
    assert_equals_scalar_model(network, inputs, lengths)


@pytest.mark.parametrize(
    "hidden_size, block_size, state_bits, sqrt_half_bits",
    [(8, 4, 4, 15), (16, 16, 8, 15), (4, 2, 16, 15), (16, 8, 16, 15), (32, 32, 16, 8), (8, 8, 8, 4)],
)
def test_ties_go_to_the_even_integer(hidden_size: int, block_size: int, state_bits: int, sqrt_half_bits: int) -> None:
    network = tie_network(
        1, hidden_size=hidden_size, block_size=block_size, state_bits=state_bits, sqrt_half_bits=sqrt_half_bits
    )
    inputs = tie_inputs(3)
    assert_equals_scalar_model(network, inputs, np.full(4, 3))
    for sequence in inputs[:2].tolist():  # 1 and −1: every unit of the second step ties
        ties = [unit for name, unit in list(scalar_model.run(network, sequence))[1][2] if name == "tie"]
        assert ties == list(range(hidden_size))


def assert_equals_scalar_model(network: IntegerNetwork, inputs: np.ndarray, lengths: np.ndarray) -> None:
    result = reference.run(network, inputs, lengths=lengths, return_states=True)
    assert result.states is not None
    saturations = 0
    for number, length in enumerate(lengths.tolist()):
        sequence = inputs[number, :length].reshape(length, -1).tolist()
        for t, (state, logits, events) in enumerate(scalar_model.run(network, sequence)):
            assert result.states[number, t].tolist() == state, (number, t)
            saturations += sum(name in ("low", "high") for name, _ in events)
            if network.readout == "every":
                assert result.logits[number, t].tolist() == logits, (number, t)
                assert result.classes[number, t] == logits.index(max(logits))
        if network.readout == "last":
            assert result.logits[number].tolist() == logits, number
            assert result.classes[number] == logits.index(max(logits))
    assert result.saturations == saturations


def test_a_step_by_hand() -> None:
    """d = n = 2, F = 3: C_half = round(8/√2) = 6, so that 1/√2 is taken as 6/8."""
    network = IntegerNetwork(
        signs=[1, -1],
        input_weight=[[1], [2]],
        bias=[0, 1],
        output_weight=[[1, 1], [1, -1]],
        output_bias=[5, 0],
        block_size=2,
        state_bits=4,
        sqrt_half_bits=3,
    )
    result = reference.run(network, np.array([[[3], [0], [1]]]), return_states=True)
    assert result.states is not None
    # (3, 7) → sum 10, difference −4 → ·6/8: 7.5 → 8, −(−4)·6/8 = 3; with the bias (8, 4), clipped to (7, 4)
    # (7, 4) → sum 11, difference 3 → 8.25 → 8, −2.25 → −2; with bias and input (9, 1), clipped to (7, 1)
    assert result.states[0].tolist() == [[3, 7], [7, 4], [7, 1]]
    assert result.saturations == 2
    assert result.logits.tolist() == [[13, 6]]
    assert result.classes.tolist() == [0]


def test_the_class_of_equal_logits_is_the_smallest() -> None:
    network = IntegerNetwork(
        signs=[1],
        input_weight=[[1]],
        bias=[0],
        output_weight=[[1], [2], [2], [-1]],
        output_bias=[0, 0, 0, 0],
        block_size=1,
        state_bits=8,
    )
    assert reference.run(network, np.array([[[5]], [[0]]])).classes.tolist() == [1, 0]


def test_a_sequence_does_not_see_its_neighbours() -> None:
    network = random_network(5, hidden_size=16, block_size=8)
    inputs, lengths = corner_inputs(network, 6, sequences=6, steps=8)
    together = reference.run(network, inputs, lengths=lengths).logits
    for number, length in enumerate(lengths):
        alone = reference.run(network, inputs[number : number + 1, :length]).logits
        assert np.array_equal(alone[0], together[number])


def test_states_are_kept_only_on_request_and_stand_still_after_the_end() -> None:
    network = random_network(5, hidden_size=4, block_size=4)
    inputs, _ = corner_inputs(network, 6, sequences=2, steps=5)
    assert reference.run(network, inputs).states is None
    states = reference.run(network, inputs, lengths=[2, 5], return_states=True).states
    assert states is not None
    assert states.dtype == np.int32
    assert (states[0, 2:] == states[0, 1]).all()


@pytest.mark.parametrize(
    "inputs, lengths, message",
    [
        (np.zeros((2, 3, 1)), None, "inputs must be integers, not float64"),
        (np.zeros((2, 3), int), None, "inputs must have shape (N, T, 1), not (2, 3)"),
        (np.zeros((2, 3, 2), int), None, "inputs must have shape (N, T, 1), not (2, 3, 2)"),
        (np.zeros((0, 3, 1), int), None, "inputs must hold at least one step of one sequence, not shape (0, 3, 1)"),
        (np.full((2, 3, 1), 256), None, "inputs must be from 0 to 255, not 256"),
        (np.full((2, 3, 1), -1), None, "inputs must be from 0 to 255, not -1"),
        (np.zeros((2, 3, 1), int), [3, 4], "lengths must be from 1 to 3, not 4"),
        (np.zeros((2, 3, 1), int), [0, 1], "lengths must be from 1 to 3, not 0"),
        (np.zeros((2, 3, 1), int), [1], "lengths must be 2 integers, not int64 of shape (1,)"),
        (np.zeros((2, 3, 1), int), [1.0, 2.0], "lengths must be 2 integers, not float64 of shape (2,)"),
    ],
)
def test_bad_inputs_are_refused(inputs: np.ndarray, lengths: list | None, message: str) -> None:
    network = random_network(5, hidden_size=4, block_size=4)
    with pytest.raises(InputError) as error:
        reference.run(network, inputs, lengths=lengths)
    assert str(error.value) == message
