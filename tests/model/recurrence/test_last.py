"""The last state step by step, whatever the sizes say of its cost: against the loop."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import scan, step_loop
from hadamrnn.model.recurrence.last import LastState
from hadamrnn.model.recurrence.scan import CACHED

from .problems import SHAPES, assert_same, long, problem, shape_of


def scanned(arguments: list[Tensor], block_size: int, lengths: Tensor | None = None) -> Tensor:
    last = LastState.apply(*arguments, lengths, arguments[0].requires_grad, *shape_of(block_size).values())
    assert isinstance(last, Tensor)
    return last


def looped(arguments: list[Tensor], block_size: int, lengths: Tensor | None) -> Tensor:
    states = step_loop(*arguments, **shape_of(block_size))
    return states[torch.arange(len(states)), -1 if lengths is None else lengths - 1]


def some_lengths(steps: int) -> list[Tensor | None]:
    """All steps, a spread with equals in it, none that takes all steps, and all of one step."""
    generator = torch.Generator().manual_seed(steps)
    spread = torch.randint(1, steps + 1, (5,), generator=generator)
    return [None, torch.full((5,), steps), spread, (spread + 1) // 2, torch.ones(5, dtype=torch.long)]


@pytest.mark.quick(36)
@pytest.mark.parametrize(("inputs", "tokens"), [(2, False), (20, False), (3, True), (200, True)])
@pytest.mark.parametrize("signs_learn", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 7, *long(13, 64)])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop_for_every_length_and_segment(
    hidden: int,
    block_size: int,
    steps: int,
    signs_learn: bool,
    inputs: int,
    tokens: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"batch": 5, "tokens": tokens, "signs_learn": signs_learn}
    for lengths in some_lengths(steps):
        for cached in (1, 15 * hidden, CACHED):
            monkeypatch.setattr(scan, "CACHED", cached)
            ours, loop = (problem(hidden, steps, inputs, **options) for _ in range(2))
            expected = looped(loop, block_size, lengths)
            assert_same(scanned(ours, block_size, lengths), ours, expected, loop)


@pytest.mark.parametrize("block_size", [64, 16])
def test_single_precision_holds_over_a_thousand_steps(block_size: int) -> None:
    single, double = (problem(64, 1000, 70, tokens=True, dtype=kind) for kind in (torch.float32, torch.float64))
    assert_same(scanned(single, block_size), single, looped(double, block_size, None), double, within=1e-5)


@pytest.mark.parametrize("tokens", [False, True])
def test_gradients_are_the_numerical_ones(tokens: bool) -> None:
    arguments, lengths = problem(8, 5, batch=2, tokens=tokens), torch.tensor([3, 5])

    def last(*values: Tensor) -> Tensor:
        return scanned([*values, arguments[3]], 4, lengths)

    assert torch.autograd.gradcheck(last, tuple(arguments[:3]))


@pytest.mark.parametrize(("signs_learn", "states"), [(True, 64 * (10 * 1 + 20 * 2)), (False, 0)])
def test_states_are_kept_where_signs_learn_and_only_those_there_are(
    signs_learn: bool, states: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "CACHED", 64 * 2 * 10)  # segments of ten steps
    kept = {}

    def record(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    arguments = problem(64, 30, 70, batch=2, tokens=True, signs_learn=signs_learn, dtype=torch.float32)
    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        scanned(arguments, 64, torch.tensor([20, 30]))
    tokens, order, weights = 8 * 30 * 2, 8 * 2, 4 * 64 * (2 + 70)
    assert sum(kept.values()) == 4 * states + tokens + order + weights


def test_runs_on(device: str) -> None:
    lengths = torch.tensor([3, 9, 1])
    for inputs, tokens in ((2, False), (3, True), (200, True)):
        there, here = (problem(16, 9, inputs, tokens=tokens, device=kind) for kind in (device, "cpu"))
        found = scanned(there, 16, lengths.to(device))
        assert found.device.type == device
        assert_same(found, there, looped(here, 16, lengths), here)
