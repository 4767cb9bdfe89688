"""A core behind a UART: what every board holds, between its pins and its clock."""

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from ..core import HadamardCore
from ..parameters import CoreParameters
from ..verilog.generation import describe, fingerprint
from . import protocol
from .beat_bytes import BeatBytes
from .frame_processor import FrameProcessor
from .frame_receiver import FrameReceiver
from .frame_store import FrameStore
from .frame_transmitter import FrameTransmitter
from .protocol import Identity
from .uart_receiver import LARGEST_DIVISOR, UartReceiver
from .uart_transmitter import UartTransmitter

_LARGEST_BAUD_ERROR = 0.02  # a byte is 10 bits, sampled in their middle: each end may be 2.5 % off at most
_LEAST_STORE = 512  # the power of two that holds the largest frame


def bit_clocks(clock_hz: int, baud: int) -> int:
    """Clocks per bit of a line.

    Raises
    ------
    InputError
        Where the nearest whole number is more than 2 % off, less than 4, or more than a receiver can count.
    """
    if type(baud) is not int or not 0 < baud <= clock_hz // 4:
        raise InputError(f"baud must be an integer from 1 to {clock_hz // 4}, a quarter of the clock, not {baud!r}")
    divisor = round(clock_hz / baud)
    if divisor > LARGEST_DIVISOR:
        raise InputError(f"baud must be at least {-(-clock_hz // LARGEST_DIVISOR)} at {clock_hz} Hz, not {baud}")
    if abs(clock_hz / divisor / baud - 1) > _LARGEST_BAUD_ERROR:
        raise InputError(f"baud must be within 2 % of {clock_hz} Hz divided by a whole number, not {baud}")
    return divisor


class SerialCore(wiring.Component):
    """A :class:`~hadamrnn.hw.core.HadamardCore` that speaks the protocol of docs/boards.md on a serial line.

    Parameters
    ----------
    network : FrozenNetwork
    parameters : CoreParameters
        Without ``trace``.
    clock_hz : of the clock, in Hz
    baud : bits per second on the line
    store_depth : bytes of the frame store, a power of two of at least 512
    silence_clocks : clocks without a byte after which a frame is given up; 50 ms unless given

    Members
    -------
    rx : ``In(1)``
    tx : ``Out(1)``

    Attributes
    ----------
    identity : Identity

    Raises
    ------
    InputError
        Parameters that do not fit the network, a trace, a baud rate that the clock cannot make, a store that is
        too small, a result of more than 65535 bytes.
    """

    def __init__(
        self,
        network: FrozenNetwork,
        parameters: CoreParameters,
        *,
        clock_hz: int,
        baud: int,
        store_depth: int = 2048,
        silence_clocks: int | None = None,
    ) -> None:
        if parameters.trace:
            raise InputError("trace must be false on a board: its line has no place for states")
        if parameters.channels > 1:
            raise InputError(f"channels must be 1 on a board, whose line is one stream, not {parameters.channels}")
        if store_depth < _LEAST_STORE:
            raise InputError(f"store_depth must be at least {_LEAST_STORE}, the largest frame, not {store_depth!r}")
        self.core = HadamardCore(network, parameters)
        self.divisor = bit_clocks(clock_hz, baud)
        self.store = FrameStore(store_depth)
        self.silence_clocks = round(clock_hz * protocol.SILENCE_SECONDS) if silence_clocks is None else silence_clocks
        self.identity = _identity(self.core, self.store, clock_hz)
        if self.identity.result_bytes > 0xFFFF:
            raise InputError(f"a result must have at most 65535 bytes on a board, not {self.identity.result_bytes}")
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        identity, core = self.identity, self.core
        m.submodules.uart_receiver = uart_receiver = UartReceiver(self.divisor)
        m.submodules.uart_transmitter = uart_transmitter = UartTransmitter(self.divisor)
        m.submodules.frame_receiver = receiver = FrameReceiver(self.silence_clocks)
        m.submodules.frame_store = store = self.store
        m.submodules.frame_processor = processor = FrameProcessor(
            beat_bytes=identity.beat_bytes, beats_per_step=identity.beats_per_step, every_step=identity.every_step
        )
        m.submodules.frame_transmitter = transmitter = FrameTransmitter(identity.encode(), identity.result_bytes)
        m.submodules.beat_bytes = beat_bytes = BeatBytes(identity.value_bytes)
        drop = Signal()
        m.submodules.core = ResetInserter(drop)(core)

        wiring.connect(m, uart_receiver.byte, receiver.byte)
        wiring.connect(m, store.byte, processor.byte)
        wiring.connect(m, processor.reply, transmitter.reply)
        wiring.connect(m, beat_bytes.byte, transmitter.result)
        wiring.connect(m, transmitter.byte, uart_transmitter.byte)
        m.d.comb += [
            uart_receiver.rx.eq(self.rx),
            self.tx.eq(uart_transmitter.tx),
            receiver.broken.eq(uart_receiver.broken),
            receiver.room.eq(store.room),
            store.write.eq(receiver.write),
            store.data.eq(receiver.data),
            store.confirm.eq(receiver.confirm),
            store.take_back.eq(receiver.take_back),
            processor.refused.eq(core.error),
            processor.result_sent.eq(transmitter.result_sent),
            transmitter.sequence.eq(processor.sequence),
            drop.eq(processor.drop),
            core.s_axis_tdata.eq(processor.beat.payload.data),
            core.s_axis_tlast.eq(processor.beat.payload.last),
            core.s_axis_tvalid.eq(processor.beat.valid),
            processor.beat.ready.eq(core.s_axis_tready),
            beat_bytes.beat.payload.eq(core.m_axis_tdata),
            beat_bytes.beat.valid.eq(core.m_axis_tvalid),
            core.m_axis_tready.eq(beat_bytes.beat.ready),
        ]
        return m


def _identity(core: HadamardCore, store: FrameStore, clock_hz: int) -> Identity:
    network, parameters = core.network, core.parameters
    streams = describe(core, "core")["streams"]
    inputs, results = streams["s_axis"], streams["m_axis"]
    return Identity(
        fingerprint=bytes.fromhex(fingerprint(network)),
        logits=parameters.output == "logits",
        signed_results=results["signed"],
        every_step=network.readout == "every",
        index_input=network.input_kind == "index",
        hidden_size=network.hidden_size,
        input_size=network.input_size,
        output_size=network.output_size,
        beat_bytes=len(core.s_axis_tdata) // 8,
        beat_elements=parameters.input_beat,
        beats_per_step=inputs["beats_per_step"],
        value_bytes=len(core.m_axis_tdata) // 8,
        values_per_result=results["beats_per_result"],
        store_bytes=store.depth - 8,  # and room for an IDENTIFY
        clock_hz=clock_hz,
    )
