import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.boards.uart_transmitter import UartTransmitter

from ..streams import StreamBench
from .uart_lines import line_of, random_bytes, record


@pytest.mark.parametrize("divisor", [4, 5, 36])
def test_bytes_back_to_back_take_ten_bits_each(divisor: int) -> None:
    sent = random_bytes(12, seed=divisor)
    transmitter = UartTransmitter(divisor)
    bench = StreamBench(transmitter)
    transfers = bench.send(transmitter.byte, sent)
    levels = record(bench, transmitter.tx)

    async def wait(ctx: object) -> None:
        await ctx.tick().repeat(10 * divisor * len(sent) + 20)  # type: ignore[attr-defined]

    bench.simulator.add_testbench(wait)
    bench.run()
    first = transfers[0].clock
    assert levels[:first] == [1] * first
    expected = [level for byte in sent for level in line_of(byte, divisor)]
    assert levels[first : first + len(expected)] == expected
    assert set(levels[first + len(expected) :]) == {1}
    assert [transfer.clock - first for transfer in transfers] == [10 * divisor * place for place in range(len(sent))]


def test_the_line_rests_between_bytes() -> None:
    transmitter = UartTransmitter(4)
    bench = StreamBench(transmitter, stall=0.99, seed=3)
    transfers = bench.send(transmitter.byte, [0, 0x55])
    levels = record(bench, transmitter.tx)

    async def wait(ctx: object) -> None:
        await ctx.tick().repeat(1500)  # type: ignore[attr-defined]

    bench.simulator.add_testbench(wait)
    bench.run()
    expected = [1] * len(levels)
    for transfer in transfers:
        expected[transfer.clock : transfer.clock + 40] = line_of(transfer.payload, 4)
    assert transfers[1].clock > transfers[0].clock + 40
    assert levels == expected


def test_divisors_that_no_bit_can_have() -> None:
    with pytest.raises(InputError, match="divisor must be an integer from 4"):
        UartTransmitter(2)
