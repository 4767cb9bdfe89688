from types import SimpleNamespace

import pytest
from cocotb.types import Logic, LogicArray

from hadamrnn.sim.stream_watch import StreamViolation, StreamWatch

IDLE = ("0", "0", "00000000", "0")


class Dut(dict):
    """Handles of one port, with the values that a test sets."""

    def __init__(self, port: str) -> None:
        super().__init__()
        self.signals = [f"{port}_{name}" for name in ("tvalid", "tready", "tdata", "tlast")]
        self.update({name: SimpleNamespace(value=None) for name in self.signals})

    def drive(self, valid: str, ready: str, data: str, last: str) -> None:
        for name, value in zip(self.signals, (valid, ready, data, last), strict=True):
            self[name].value = LogicArray(value) if name.endswith("tdata") else Logic(value)


def watch(*clocks: tuple[str, str, str, str]) -> tuple[list[bool], StreamWatch]:
    """Sample one clock after the other, valid, ready, data and last each."""
    dut = Dut("m_axis")
    stream = StreamWatch(dut, "m_axis")
    transferred = []
    for number, values in enumerate(clocks, start=1):
        dut.drive(*values)
        transferred.append(stream.sample(number))
    return transferred, stream


def test_transfers_are_counted() -> None:
    beat = "00000101"
    transferred, stream = watch(
        IDLE, ("0", "1", beat, "0"), ("1", "0", beat, "1"), ("1", "1", beat, "1"), ("1", "1", "11111111", "0"), IDLE
    )
    assert transferred == [False, False, False, True, True, False]
    assert stream.transfers == 2


def test_data_may_change_while_it_is_not_valid_or_after_it_was_taken() -> None:
    watch(("0", "0", "XXXXXXXX", "X"), ("1", "1", "00000001", "0"), ("1", "0", "00000010", "1"))


@pytest.mark.parametrize(
    "clocks, message",
    [
        ([("1", "0", "00000001", "0"), IDLE], "m_axis_tvalid fell at clock 2 before its beat was taken"),
        (
            [("1", "0", "00000001", "0"), ("1", "0", "00000011", "0")],
            "m_axis_tdata changed at clock 2 while its beat waited for tready",
        ),
        (
            [("1", "0", "00000001", "0"), ("1", "1", "00000011", "0")],
            "m_axis_tdata changed at clock 2 while its beat waited for tready",
        ),
        (
            [("1", "0", "00000001", "0"), ("1", "0", "00000001", "0"), ("1", "1", "00000001", "1")],
            "m_axis_tlast changed at clock 3 while its beat waited for tready",
        ),
        ([("1", "1", "0000X001", "0")], "m_axis_tdata is unknown (X) at clock 1: 0000X001"),
        ([("1", "0", "00000001", "X")], "m_axis_tlast is unknown (X) at clock 1: X"),
        ([("X", "0", "00000001", "0")], "m_axis_tvalid is unknown (X) at clock 1"),
        ([("1", "Z", "00000001", "0")], "m_axis_tready is unknown (X) at clock 1"),
    ],
)
def test_each_broken_rule_is_named(clocks: list[tuple[str, str, str, str]], message: str) -> None:
    with pytest.raises(StreamViolation) as error:
        watch(*clocks)
    assert str(error.value) == message


def test_a_beat_offered_after_reset_is_a_violation() -> None:
    dut = Dut("m_trace")
    stream = StreamWatch(dut, "m_trace")
    dut.drive(*IDLE)
    stream.check_idle()
    assert not stream.is_offered()
    for valid in ("1", "X"):
        dut.drive(valid, "0", "00000000", "0")
        with pytest.raises(StreamViolation, match=f"m_trace_tvalid is {valid} after reset, expected 0"):
            stream.check_idle()
    dut.drive("1", "0", "00000000", "0")
    assert stream.is_offered()
