"""Every way that may be taken gives the same: sequences of any length, and powers from the cache."""

import math
from itertools import product

import pytest
import torch

from hadamrnn.model.recurrence import PowerCache, choice, every_read_out, every_state, last_state, step_loop

from .problems import SHAPES, assert_same, looped_read_out, problem, shape_of


@pytest.mark.quick(60)
@pytest.mark.parametrize(
    ("way", "tokens"), [*product(["doubling", "response", "halving", "scan"], [True, False]), ("groups", True)]
)
@pytest.mark.parametrize("steps", [1, 2, 7, 13, 32])
@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_last_states_of_sequences_of_any_length(
    hidden: int, block_size: int, steps: int, tokens: bool, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "way_to_last", lambda *sizes, **kind: way)
    options = {"batch": 5, "tokens": tokens, "x_learns": not tokens and way != "scan"}
    spread = torch.randint(1, steps + 1, (5,), generator=torch.Generator().manual_seed(steps))
    for lengths in (None, spread, torch.full((5,), steps), torch.ones(5, dtype=torch.long)):
        ours, loop = (problem(hidden, steps, 3, **options) for _ in range(2))
        last = (torch.full((5,), steps) if lengths is None else lengths) - 1
        expected = step_loop(*loop, **shape_of(block_size))[torch.arange(5), last]
        assert_same(last_state(*ours, lengths=lengths, **shape_of(block_size)), ours, expected, loop)


@pytest.mark.parametrize("way", ["doubling", "response", "halving", "scan"])
def test_padding_is_not_looked_at(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "way_to_last", lambda *sizes, **kind: way)
    arguments, lengths = problem(16, 9, 3), torch.tensor([2, 9, 5])
    before = last_state(*arguments, lengths=lengths, **shape_of(8))
    with torch.no_grad():
        arguments[3][0, 2:] = 7.0
        arguments[3][2, 5:] = -7.0
    assert torch.equal(before, last_state(*arguments, lengths=lengths, **shape_of(8)))


def test_powers_come_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "way_to_last", lambda *sizes, **kind: "doubling")
    arguments, cache = problem(16, 9, signs_learn=False), PowerCache()
    without = last_state(*arguments, **shape_of(8))
    assert torch.equal(last_state(*arguments, cache=cache, **shape_of(8)), without)
    kept = cache.doubled_powers(arguments[0], **shape_of(8), steps=9)
    kept[0].zero_()  # what is in the cache is what is used
    assert not torch.equal(last_state(*arguments, cache=cache, **shape_of(8)), without)
    arguments[0] = -arguments[0]
    ours, loop = arguments, problem(16, 9, signs_learn=False)
    loop[0] = -loop[0]
    expected = step_loop(*loop, **shape_of(8))[:, -1]
    assert_same(last_state(*ours, cache=cache, **shape_of(8)), ours, expected, loop)


@pytest.mark.parametrize("length", [0, 1, 4, 16])
@pytest.mark.parametrize("tokens", [True, False])
@pytest.mark.parametrize("steps", [1, 7, 13])
@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_read_outs_by_a_lifted_system_and_by_a_scan(
    hidden: int, block_size: int, steps: int, tokens: bool, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "lifted_steps", lambda *sizes, **kind: length)
    ours, loop = (problem(hidden, steps, 3, tokens=tokens, outputs=5) for _ in range(2))
    found = every_read_out(*ours, rectified=False, **shape_of(block_size))
    assert_same(found, ours, looped_read_out(loop, block_size, rectified=False), loop)


@pytest.mark.parametrize(
    ("rectified", "options", "taken"), [(False, {}, True), (False, {"chunk": 3}, False), (True, {}, False)]
)
def test_a_system_is_lifted_where_the_read_out_is_linear(
    rectified: bool, options: dict[str, int], taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifted, calls = choice.lifted_read_out, []
    monkeypatch.setattr(choice, "lifted_read_out", lambda *arguments: calls.append(1) or lifted(*arguments))
    monkeypatch.setattr(choice, "lifted_steps", lambda *sizes, **kind: 4)
    arguments = problem(16, 9, outputs=5)
    every_read_out(*arguments, rectified=rectified, **options, **shape_of(8))
    assert bool(calls) == taken


def test_powers_of_a_lifted_system_come_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "lifted_steps", lambda *sizes, **kind: 4)
    arguments, cache = problem(16, 9, signs_learn=False, outputs=5), PowerCache()
    options = {"rectified": False, **shape_of(8)}
    without = every_read_out(*arguments, **options)
    assert torch.equal(every_read_out(*arguments, cache=cache, **options), without)
    cache.doubled_powers(arguments[0], **shape_of(8), steps=8)[0].zero_()  # what is in the cache is what is used
    assert not torch.equal(every_read_out(*arguments, cache=cache, **options), without)


def test_blocks_never_become_a_dense_matrix() -> None:
    hidden, block_size, steps, batch = 256, 4, 8, 2
    sizes = []

    def record(tensor: torch.Tensor) -> torch.Tensor:
        sizes.append(math.prod(tensor.shape))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        arguments = problem(hidden, steps, 1, batch=batch, outputs=2)
        last_state(*arguments[:4], **shape_of(block_size))
        step_loop(*arguments[:4], **shape_of(block_size))
        every_state(*arguments[:4], **shape_of(block_size))
        for rectified in (True, False):
            every_read_out(*arguments, rectified=rectified, **shape_of(block_size))
    assert max(sizes) <= batch * steps * hidden < hidden * hidden


def test_runs_on(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for way, tokens in (("doubling", False), ("response", False), ("halving", True), ("scan", True)):
        monkeypatch.setattr(choice, "way_to_last", lambda *sizes, way=way, **kind: way)
        lengths = torch.tensor([3, 9, 1])
        there, here = (problem(16, 9, 300, tokens=tokens, device=kind) for kind in (device, "cpu"))
        found = last_state(*there, lengths=lengths.to(device), **shape_of(8))
        assert found.device.type == device
        expected = step_loop(*here, **shape_of(8))[torch.arange(3), lengths - 1]
        assert_same(found, there, expected, here)
