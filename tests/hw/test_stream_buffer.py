"""The stream buffer passes everything once and in order, one transfer per clock, without a combinational path."""

import random
from typing import Any

import pytest
from amaranth.hdl import unsigned

from hadamrnn.hw.stream_buffer import StreamBuffer

from .simulation import simulator_of
from .streams import StreamBench, payloads_of


@pytest.mark.parametrize("patient", [False, True])
@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_everything_once_and_in_order(seed: int, stall: float, patient: bool) -> None:
    payloads = [random.Random(seed).getrandbits(8) for _ in range(60)]
    buffer = StreamBuffer(unsigned(8))
    bench = StreamBench(buffer, stall=stall, seed=seed, patient=patient)
    bench.send(buffer.input, payloads)
    received = bench.receive(buffer.output, len(payloads))
    bench.run()
    assert payloads_of(received) == payloads


def test_latency_is_one_clock_and_throughput_one_transfer_per_clock() -> None:
    buffer = StreamBuffer(unsigned(8))
    bench = StreamBench(buffer)
    sent = bench.send(buffer.input, range(20))
    received = bench.receive(buffer.output, 20)
    bench.run()
    assert [transfer.clock for transfer in sent] == list(range(1, 21))
    assert [transfer.clock for transfer in received] == list(range(2, 22))


@pytest.mark.parametrize("held", [0, 1, 2])
def test_no_combinational_path(held: int) -> None:
    buffer = StreamBuffer(unsigned(8))
    simulator, _ = simulator_of(buffer)

    async def testbench(ctx: Any) -> None:
        for payload in range(held):
            ctx.set(buffer.input.payload, 0x10 + payload)
            ctx.set(buffer.input.valid, 1)
            await ctx.tick()
        ctx.set(buffer.input.valid, 0)

        def outputs() -> tuple[int, int, int]:
            return ctx.get(buffer.input.ready), ctx.get(buffer.output.valid), ctx.get(buffer.output.payload)

        before = outputs()
        assert before[:2] == (held < 2, held > 0)
        for ready in (1, 0):
            for valid in (1, 0):
                ctx.set(buffer.output.ready, ready)
                ctx.set(buffer.input.valid, valid)
                ctx.set(buffer.input.payload, 0x55)
                assert outputs() == before

    simulator.add_testbench(testbench)
    simulator.run()
