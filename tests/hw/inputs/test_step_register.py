"""The step register passes everything once and in order, one transfer in two clocks, without a combinational path."""

import random

import pytest
from amaranth.hdl import unsigned

from hadamrnn.hw.inputs.step_register import StepRegister

from ..streams import StreamBench, payloads_of


@pytest.mark.parametrize("patient", [False, True])
@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
def test_everything_once_and_in_order(stall: float, patient: bool) -> None:
    payloads = [random.Random(1).getrandbits(8) for _ in range(60)]
    register = StepRegister(unsigned(8))
    bench = StreamBench(register, stall=stall, seed=2, patient=patient)
    bench.send(register.input, payloads)
    received = bench.receive(register.output, len(payloads))
    bench.run()
    assert payloads_of(received) == payloads


def test_latency_is_one_clock_and_throughput_one_transfer_in_two_clocks() -> None:
    register = StepRegister(unsigned(8))
    bench = StreamBench(register)
    sent = bench.send(register.input, range(10))
    received = bench.receive(register.output, 10)
    bench.run()
    assert [transfer.clock for transfer in sent] == list(range(1, 21, 2))
    assert [transfer.clock for transfer in received] == list(range(2, 22, 2))
