import random
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.boards.frame_store import FrameStore

from ..streams import StreamBench, payloads_of


@pytest.mark.quick(4)
@pytest.mark.parametrize("stall", [0.0, 0.6, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_confirmed_bytes_come_out_in_order_and_others_never(stall: float, seed: int) -> None:
    """Frames of random lengths, a third of them taken back; the writer never writes without room."""
    chance = random.Random(seed)
    frames = [[chance.randrange(256) for _ in range(chance.randint(1, 11))] for _ in range(60)]
    kept = [chance.random() < 2 / 3 for _ in frames]
    store = FrameStore(16)
    bench = StreamBench(store, stall=stall, seed=seed)
    expected = [byte for frame, keep in zip(frames, kept, strict=True) if keep for byte in frame]
    received = bench.receive(store.byte, len(expected))
    waited = []

    async def write(ctx: Any) -> None:
        for frame, keep in zip(frames, kept, strict=True):
            for byte in frame:
                await ctx.tick()
                await ctx.tick()
                while not ctx.get(store.room):
                    waited.append(1)
                    await ctx.tick()
                ctx.set(store.data, byte)
                ctx.set(store.write, 1)
                await ctx.tick()
                ctx.set(store.write, 0)
            done = store.confirm if keep else store.take_back
            ctx.set(done, 1)
            await ctx.tick()
            ctx.set(done, 0)

    bench.simulator.add_testbench(write)
    bench.run()
    assert payloads_of(received) == expected
    assert waited or stall < 0.95  # a slow reader leaves it full


def test_room_says_whether_four_bytes_are_free() -> None:
    store = FrameStore(16)
    bench = StreamBench(store)
    seen = []

    async def write(ctx: Any) -> None:
        for _ in range(16):
            await ctx.tick().repeat(3)
            seen.append(ctx.get(store.room))
            ctx.set(store.write, 1)
            await ctx.tick()
            ctx.set(store.write, 0)
        ctx.set(store.take_back, 1)
        await ctx.tick()
        ctx.set(store.take_back, 0)
        await ctx.tick().repeat(2)
        seen.append(ctx.get(store.room))

    bench.simulator.add_testbench(write)
    bench.run()
    assert seen == [1] * 13 + [0] * 3 + [1]


@pytest.mark.parametrize("depth", [8, 100, 64.0])
def test_depths_that_it_cannot_have(depth: object) -> None:
    with pytest.raises(InputError, match=f"depth must be a power of two of at least 16, not {depth!r}"):
        FrameStore(depth)  # type: ignore[arg-type]
