"""The last state of tokens by groups of steps, of whatever size: against the loop."""

import pytest
import torch
from torch import Tensor

from hadamrnn.errors import InputError
from hadamrnn.model.recurrence.grouped import GroupedLast
from hadamrnn.model.recurrence.powers import consecutive_powers

from .problems import SHAPES, assert_same, long, problem, shape_of
from .test_last import looped, some_lengths


def grouped(arguments: list[Tensor], block_size: int, group: int, lengths: Tensor | None = None) -> Tensor:
    signs, weight, bias, x = arguments
    powers = consecutive_powers(signs, **shape_of(block_size), count=group)
    last = GroupedLast.apply(powers, weight, bias, x, lengths)
    assert isinstance(last, Tensor)
    return last


@pytest.mark.quick(24)
@pytest.mark.parametrize("inputs", [1, 3, 200])
@pytest.mark.parametrize("signs_learn", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 7, *long(13, 64)])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop_for_every_length_and_group(
    hidden: int, block_size: int, steps: int, signs_learn: bool, inputs: int
) -> None:
    options = {"batch": 5, "tokens": True, "signs_learn": signs_learn}
    for lengths in some_lengths(steps):
        for group in {1, min(2, steps), min(5, steps), steps, steps + 3}:
            ours, loop = (problem(hidden, steps, inputs, **options) for _ in range(2))
            expected = looped(loop, block_size, lengths)
            assert_same(grouped(ours, block_size, group, lengths), ours, expected, loop)


@pytest.mark.parametrize("group", [2, 6])
@pytest.mark.parametrize("block_size", [64, 32, 16])
def test_single_precision_holds_over_a_thousand_steps(block_size: int, group: int) -> None:
    single, double = (problem(64, 1000, 70, tokens=True, dtype=kind) for kind in (torch.float32, torch.float64))
    assert_same(grouped(single, block_size, group), single, looped(double, block_size, None), double, within=1e-5)


@pytest.mark.parametrize("group", [1, 2, 4])
def test_gradients_are_the_numerical_ones(group: int) -> None:
    arguments, lengths = problem(8, 5, batch=2, tokens=True), torch.tensor([3, 5])

    def last(*values: Tensor) -> Tensor:
        return grouped([*values, arguments[3]], 4, group, lengths)

    assert torch.autograd.gradcheck(last, tuple(arguments[:3]))


def test_keys_that_32_bits_do_not_hold_are_sorted_too() -> None:
    ours, loop = (problem(4, 9, 5, tokens=True) for _ in range(2))
    far = 1 << 30  # the vocabulary is a view of a few columns, of which most are the same
    ours[1] = loop[1].detach()[:, :1].expand(-1, far)
    ours[3] = torch.full_like(ours[3], far - 1)
    loop[3] = torch.zeros_like(loop[3])
    with torch.no_grad():
        torch.testing.assert_close(grouped(ours, 4, 4), looped(loop, 4, None))


@pytest.mark.parametrize(("signs_learn", "states"), [(True, 2 * 5 * 64), (False, 0)])
def test_states_are_kept_where_signs_learn_and_only_those_between_groups(signs_learn: bool, states: int) -> None:
    arguments = problem(64, 30, 70, batch=2, tokens=True, dtype=torch.float32)  # of 5 groups of 6 steps
    kept = {}

    def record(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    powers = consecutive_powers(arguments[0].detach(), **shape_of(64), count=6).requires_grad_(signs_learn)
    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        GroupedLast.apply(powers, *arguments[1:], None)
    assert sum(kept.values()) == 4 * (states + 64 * (70 + 1) + 6 * 64 * 64)


@pytest.mark.parametrize(("token", "found"), [(-1, "-1 to 3"), (4, "0 to 4")])
def test_unknown_tokens_are_refused(token: int, found: str) -> None:
    arguments = problem(8, 3, 4, tokens=True)
    arguments[3][:] = torch.tensor([[0, 3, token]])
    with pytest.raises(InputError) as error:
        grouped(arguments, 8, 2)
    assert str(error.value) == f"tokens must be from 0 to 3, not {found}"
    assert grouped(arguments, 8, 2, torch.tensor([2, 2, 2])).isfinite().all()  # beyond a length they mean nothing


def test_runs_on(device: str) -> None:
    lengths = torch.tensor([3, 9, 1])
    there, here = (problem(16, 9, 200, tokens=True, device=kind) for kind in (device, "cpu"))
    found = grouped(there, 16, 4, lengths.to(device))
    assert found.device.type == device
    assert_same(found, there, looped(here, 16, lengths), here)
