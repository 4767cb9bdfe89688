"""Which way is taken at which sizes, and that every way taken gives the same."""

import math

import pytest
import torch

from hadamrnn.model.recurrence import PowerCache, choice, every_read_out, every_state, last_state, step_loop
from hadamrnn.model.recurrence.choice import chunk_steps, way_to_last

from .problems import SHAPES, assert_same, problem, shape_of


@pytest.mark.parametrize("signs_learn", [False, True])
@pytest.mark.parametrize(
    ("sizes", "kind", "expected"),
    [
        ((100, 784, 512, 1, 512), {}, "doubling"),  # pMNIST
        ((100, 784, 512, 1, 16), {}, "doubling"),
        ((50, 8, 64, 8, 64), {}, "doubling"),
        ((100, 784, 64, 1, 64), {"x_learns": True}, "doubling"),
        ((100, 500, 128, 10_001, 128), {"tokens": True}, "scan"),  # IMDB
        ((100, 500, 512, 10_001, 16), {"tokens": True}, "scan"),
        ((100, 500, 128, 200, 128), {}, "scan"),
        ((1, 500, 128, 10_001, 128), {"tokens": True}, "halving"),
        ((8, 500, 128, 10_001, 16), {"tokens": True}, "halving"),
        ((100, 500, 128, 400, 128), {"x_learns": True}, "halving"),
    ],
)
def test_last_state_costs_least(
    sizes: tuple[int, ...], kind: dict[str, bool], expected: str, signs_learn: bool
) -> None:
    assert way_to_last(*sizes, **kind, signs_learn=signs_learn) == expected


def test_powers_at_hand_count_for_nothing() -> None:
    sizes = (1, 784, 512, 1, 512)  # few products but those of the powers
    assert way_to_last(*sizes, powers_at_hand=True) == "doubling"
    assert way_to_last(*sizes) == "scan"


@pytest.mark.parametrize(
    ("batch", "steps", "hidden", "block_size", "chunks"),
    [
        (128, 1000, 128, 128, 1),  # copy
        (128, 1000, 512, 16, 1),
        (1000, 784, 64, 64, 1),
        (1, 1, 64, 64, 1),
    ],
)
def test_batches_that_keep_a_core_busy_are_one_chunk(
    batch: int, steps: int, hidden: int, block_size: int, chunks: int
) -> None:
    assert -(-steps // chunk_steps(batch, steps, hidden, block_size)) == chunks


@pytest.mark.parametrize(("batch", "hidden", "block_size"), [(1, 64, 64), (2, 128, 16), (4, 16, 16)])
def test_batches_that_do_not_are_several_chunks(batch: int, hidden: int, block_size: int) -> None:
    chunk = chunk_steps(batch, 1000, hidden, block_size)
    assert 1 < chunk < 500


@pytest.mark.parametrize("way", ["doubling", "halving", "scan"])
@pytest.mark.parametrize("tokens", [True, False])
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


@pytest.mark.parametrize("way", ["doubling", "halving", "scan"])
def test_padding_is_not_looked_at(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "way_to_last", lambda *sizes, **kind: way)
    arguments, lengths = problem(16, 9, 3), torch.tensor([2, 9, 5])
    before = last_state(*arguments, lengths=lengths, **shape_of(8))
    with torch.no_grad():
        arguments[3][0, 2:] = 7.0
        arguments[3][2, 5:] = -7.0
    assert torch.equal(before, last_state(*arguments, lengths=lengths, **shape_of(8)))


def test_powers_come_from_the_cache() -> None:
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
        every_read_out(*arguments, rectified=True, **shape_of(block_size))
    assert max(sizes) <= batch * steps * hidden < hidden * hidden


def test_runs_on(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for way, tokens in (("doubling", False), ("halving", True), ("scan", False), ("scan", True)):
        monkeypatch.setattr(choice, "way_to_last", lambda *sizes, way=way, **kind: way)
        lengths = torch.tensor([3, 9, 1])
        there, here = (problem(16, 9, 300, tokens=tokens, device=kind) for kind in (device, "cpu"))
        found = last_state(*there, lengths=lengths.to(device), **shape_of(8))
        assert found.device.type == device
        expected = step_loop(*here, **shape_of(8))[torch.arange(3), lengths - 1]
        assert_same(found, there, expected, here)
