import pytest
from amaranth.hdl import Signal

from hadamrnn.errors import InputError
from hadamrnn.hw.boards.uart_receiver import UartReceiver

from ..streams import StreamBench
from .uart_lines import drive, line_of, random_bytes, record


def received(levels: list[int], divisor: int) -> tuple[list[int], int]:
    """The bytes that come of a line, and how often it was broken."""
    receiver = UartReceiver(divisor)
    bench = StreamBench(receiver)
    values = record(bench, receiver.byte.payload)
    valid = record(bench, receiver.byte.valid)
    broken = record(bench, receiver.broken)
    drive(bench, receiver.rx, [1] * 3 + levels + [1] * 4 * divisor)
    bench.run()
    return [value for value, now in zip(values, valid, strict=True) if now], sum(broken)


@pytest.mark.parametrize("divisor", [4, 5, 36])
def test_bytes_back_to_back(divisor: int) -> None:
    sent = random_bytes(20, seed=divisor)
    levels = [level for byte in sent for level in line_of(byte, divisor)]
    assert received(levels, divisor) == (sent, 0)


@pytest.mark.quick(1)
@pytest.mark.parametrize("clocks", [39, 41])
def test_a_sender_whose_clock_is_off_by_two_and_a_half_percent(clocks: int) -> None:
    sent = random_bytes(20)
    assert received([level for byte in sent for level in line_of(byte, clocks)], 40) == (sent, 0)


def test_a_spike_is_no_start_bit() -> None:
    spike = [0] * 6 + [1] * 40
    assert received(spike + line_of(0x5A, 16) + spike, 16) == ([0x5A], 0)


def test_a_byte_without_stop_bit_is_reported_and_the_next_one_is_received() -> None:
    broken = [0] * 16 * 12 + [1] * 20
    assert received(line_of(1, 16) + broken + line_of(2, 16), 16) == ([1, 2], 1)


@pytest.mark.parametrize("divisor", [3, 0, -4, 4.0, (1 << 20) + 1])
def test_divisors_that_no_bit_can_have(divisor: object) -> None:
    with pytest.raises(InputError, match=f"divisor must be an integer from 4 to 1048576 clocks a bit, not {divisor!r}"):
        UartReceiver(divisor)  # type: ignore[arg-type]


def test_the_line_rests_high() -> None:
    assert isinstance(UartReceiver(4).rx, Signal)
    assert UartReceiver(4).rx.init == 1
