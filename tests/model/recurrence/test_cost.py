"""Which way is taken at which sizes."""

import pytest

from hadamrnn.model.recurrence.cost import chunk_steps, lifted_steps, way_to_last


@pytest.mark.parametrize("signs_learn", [False, True])
@pytest.mark.parametrize(
    ("sizes", "kind", "expected"),
    [
        ((100, 784, 512, 1, 512), {}, "response"),  # pMNIST
        ((100, 784, 512, 1, 512), {"powers_at_hand": True}, "doubling"),
        ((100, 784, 512, 1, 16), {}, "doubling"),
        ((50, 8, 64, 8, 64), {}, "doubling"),
        ((100, 784, 64, 1, 64), {"x_learns": True}, "doubling"),
        ((100, 500, 128, 10_001, 128), {"tokens": True}, "groups"),  # IMDB
        ((100, 500, 512, 10_001, 16), {"tokens": True}, "groups"),
        ((100, 500, 512, 10_001, 512), {"tokens": True}, "scan"),
        ((100, 500, 128, 200, 128), {}, "scan"),
        ((1, 500, 128, 10_001, 128), {"tokens": True}, "halving"),
        ((8, 500, 128, 10_001, 16), {"tokens": True}, "groups"),
        ((32, 30, 64, 70, 16), {"tokens": True}, "doubling"),
        ((100, 500, 128, 400, 128), {"x_learns": True}, "halving"),
    ],
)
def test_last_state_costs_least(
    sizes: tuple[int, ...], kind: dict[str, bool], expected: str, signs_learn: bool
) -> None:
    assert way_to_last(*sizes, **kind, signs_learn=signs_learn) == expected


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


@pytest.mark.parametrize("signs_learn", [False, True])
@pytest.mark.parametrize(
    ("sizes", "kind", "expected"),
    [
        ((128, 1000, 128, 10, 9, 128), {"tokens": True}, 16),  # copy
        ((128, 1000, 512, 10, 9, 16), {"tokens": True}, 16),
        ((128, 1000, 512, 10, 9, 16), {"tokens": True, "powers_at_hand": True}, 16),
        ((128, 1000, 64, 1, 1, 64), {}, 128),
        ((128, 1000, 512, 1, 1, 512), {"powers_at_hand": True}, 256),
        ((1, 1000, 128, 10, 9, 128), {"tokens": True}, 0),
        ((128, 1000, 128, 10_001, 9, 128), {"tokens": True}, 0),
        ((128, 1000, 64, 256, 256, 64), {}, 0),
    ],
)
def test_read_outs_cost_least(sizes: tuple[int, ...], kind: dict[str, bool], expected: int, signs_learn: bool) -> None:
    assert lifted_steps(*sizes, **kind, signs_learn=signs_learn) == expected


@pytest.mark.parametrize("steps", [1, 2, 5, 8, 1000])
def test_no_more_steps_at_a_time_than_there_are(steps: int) -> None:
    assert steps <= lifted_steps(10_000, steps, 512, 1, 1, 2) < 2 * steps or steps == 1000
