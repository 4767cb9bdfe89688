"""Input weights as a task asks for them: the states that are read have a mean square of 1."""

import numpy as np
import pytest
import torch

from hadamrnn.model.initialisation import AVERAGED, SEQUENCES, input_mean, scale_inputs, set_output_bias
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.split import Split
from hadamrnn.model.task import Task

STEPS = 12


def task(*, readout: str = "last", tokens: bool = False, lengths: bool = False, size: float = 3.0) -> Task:
    random = np.random.default_rng(0)

    def split(count: int) -> Split:
        ends = random.integers(1, STEPS + 1, count) if lengths else np.full(count, STEPS)
        beyond = np.arange(STEPS) >= ends[:, None]
        if tokens:
            x = np.where(beyond, 0, random.integers(0, 5, (count, STEPS))).astype(np.int32)
        else:
            x = np.where(beyond[..., None], 0, random.normal(size=(count, STEPS, 2)) * size).astype(np.float32)
        y = random.integers(0, 3, (count, STEPS) if readout == "every" else count)
        return Split(x=x, y=y, lengths=ends if lengths else None)

    return Task(
        name="toy",
        train=split(SEQUENCES + 44),
        validation=split(5),
        test=split(5),
        labels=("a", "b", "c"),
        readout=readout,
        input_kind="index" if tokens else "vector",
        vocabulary=5 if tokens else None,
    )


def network(task: Task) -> HadamardRNN:
    return HadamardRNN(
        input_size=task.input_size,
        hidden_size=16,
        output_size=task.output_size,
        block_size=8,
        input_kind=task.input_kind,
        readout=task.readout,
        generator=torch.Generator().manual_seed(1),
    )


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("readout", ["last", "every"])
def test_states_that_are_read_have_a_mean_square_of_one(readout: str, tokens: bool, lengths: bool) -> None:
    data = task(readout=readout, tokens=tokens, lengths=lengths)
    scaled, drawn = network(data), network(data)
    factor = scale_inputs(scaled, data)
    assert abs(factor - 1) > 0.01
    torch.testing.assert_close(scaled.input_weight, drawn.input_weight * factor)
    x, _, ends = data.train.batch(np.arange(SEQUENCES))
    states = scaled.states(torch.from_numpy(x)).detach().double().numpy()
    last = np.full(SEQUENCES, STEPS) if ends is None else ends
    read = np.arange(STEPS) == last[:, None] - 1 if readout == "last" else np.arange(STEPS) < last[:, None]
    assert np.mean(states[read] ** 2) == pytest.approx(1, rel=1e-5)


def test_states_that_are_all_zero_leave_the_weights_alone() -> None:
    data = task(size=0.0)
    one, drawn = network(data), network(data)
    assert scale_inputs(one, data) == 1
    assert torch.equal(one.input_weight, drawn.input_weight)


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("tokens", [False, True])
def test_the_mean_input_counts_steps_and_no_padding(tokens: bool, lengths: bool) -> None:
    data = task(tokens=tokens, lengths=lengths)
    assert len(data.train) < AVERAGED
    x, _, ends = data.train.batch(np.arange(len(data.train)))
    rows = [step for n, one in enumerate(x) for step in one[: STEPS if ends is None else ends[n]]]
    expected = np.mean(np.eye(5)[rows] if tokens else rows, axis=0)
    found = input_mean(data)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("readout", "lengths"), [("last", False), ("every", False), ("every", True)])
def test_output_biases_are_the_logarithms_of_how_frequent_classes_are(readout: str, lengths: bool) -> None:
    found = task(readout=readout, tokens=True, lengths=lengths)
    made = network(found)
    set_output_bias(made, found)
    _, y, ends = found.train.first(AVERAGED).batch(np.arange(len(found.train)))
    labels = [
        label
        for row, end in zip(np.atleast_2d(y.T).T, ends if ends is not None else [STEPS] * len(y), strict=True)
        for label in row[:end]
    ]
    frequencies = np.array([1 + labels.count(label) for label in range(3)]) / (3 + len(labels))
    softmax = torch.softmax(made.output_bias.detach(), 0)
    torch.testing.assert_close(softmax, torch.from_numpy(frequencies).float())
    assert float(made.output_bias.sum()) == pytest.approx(0, abs=1e-6)
