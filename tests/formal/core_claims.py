"""The claims about the streams of a whole core, of whatever family: network input and stalls are free."""

from abc import ABC, abstractmethod

from amaranth.hdl import Assert, Assume, Cat, Const, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hadamrnn.hw.core import HadamardCore

STALLING = 10  # clocks for sequences to come in, and for stalls, before the sinks are ready for good


class CoreClaims(wiring.Component, ABC):
    """A core with free inputs; sources that keep the rules: valid and payload stay until they are taken."""

    def __init__(self, core: HadamardCore) -> None:
        self.core = core
        self.sources = core.data_sheet.input_ports
        self.sinks = [port for port in ("m_axis", "m_trace") if hasattr(core, f"{port}_tvalid")]
        super().__init__(
            {name: In(member.shape) for name, member in core.signature.members.items() if member.flow == In}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self.core
        m.d.comb += [getattr(core, name).eq(getattr(self, name)) for name in self.signature.members]
        m.d.comb += Assume(~ResetSignal())
        for port in self.sources:
            valid, ready = getattr(self, f"{port}_tvalid"), getattr(core, f"{port}_tready")
            payload = Cat(getattr(self, f"{port}_tdata"), getattr(self, f"{port}_tlast"))
            waiting, offered = Signal(name=f"{port}_waiting"), Signal(len(payload), name=f"{port}_offered")
            m.d.sync += [waiting.eq(valid & ~ready), offered.eq(payload)]
            with m.If(waiting):
                m.d.comb += Assume(valid & (payload == offered))
        self.claim(m, core)
        return m

    @abstractmethod
    def claim(self, m: Module, core: HadamardCore) -> None:
        """The claims, over ``core`` and the inputs of this module."""


class Rules(CoreClaims):
    """On every output, valid does not fall, and data, last and channel do not change until they are taken."""

    def claim(self, m: Module, core: HadamardCore) -> None:
        for port in self.sinks:
            valid, ready = getattr(core, f"{port}_tvalid"), getattr(core, f"{port}_tready")
            names = ("tdata", "tlast", "tid") if len(self.sources) > 1 else ("tdata", "tlast")
            payload = Cat(getattr(core, f"{port}_{name}") for name in names)
            waiting, offered = Signal(name=f"{port}_waiting"), Signal(len(payload), name=f"{port}_offered")
            m.d.sync += [waiting.eq(valid & ~ready), offered.eq(payload)]
            with m.If(waiting):
                m.d.comb += Assert(valid & (payload == offered))


class Results(CoreClaims):
    """Never more results of a channel than sequences that came in whole at its port; errors where they did not.

    So the channel that a result names has a sequence whose result is due, and where only one has, it is that one.
    """

    def claim(self, m: Module, core: HadamardCore) -> None:
        channel = core.m_axis_tid if len(self.sources) > 1 else Const(0)
        sent = core.m_axis_tvalid & core.m_axis_tready & core.m_axis_tlast
        m.d.comb += Assert(channel < len(self.sources))
        for number, port in enumerate(self.sources):
            self.claim_channel(m, core, port, sent & (channel == number), core.error[number])

    def claim_channel(self, m: Module, core: HadamardCore, port: str, sent: Value, error: Value) -> None:
        """The same of the channel at the input ``port``; ``sent`` its last beat of a result."""
        size = core.network.input_size
        position, whole = Signal(range(max(size, 2)), name=f"{port}_position"), Signal(4, name=f"{port}_whole")
        results, malformed = Signal(4, name=f"{port}_results"), Signal(name=f"{port}_malformed")
        taken, last = getattr(self, f"{port}_tvalid") & getattr(core, f"{port}_tready"), getattr(self, f"{port}_tlast")
        complete = position == size - 1
        with m.If(taken):
            m.d.sync += position.eq(position + 1)
            with m.If(complete | last):
                m.d.sync += position.eq(0)
            m.d.sync += whole.eq(whole + (complete & last))
        m.d.sync += [results.eq(results + sent), malformed.eq(taken & last & ~complete)]
        m.d.comb += [Assert(results <= whole), Assert(error == malformed)]


class InTime(Results):
    """The result of a first sequence of one step leaves within the latency of the data sheet, if nobody stalls.

    Of several channels: that of the first one, while the others have no sequence.
    """

    def claim(self, m: Module, core: HadamardCore) -> None:
        super().claim(m, core)
        # The beats of the first step are the first ones that are taken; `clock` counts from the first of them.
        begun, clock, count = Signal(), Signal(8), Signal(range(core.network.input_size + 1))
        port, *silent = self.sources
        taken = getattr(self, f"{port}_tvalid") & getattr(core, f"{port}_tready")
        m.d.comb += Assume(getattr(self, f"{port}_tvalid"))
        m.d.comb += [Assume(~getattr(self, f"{other}_tvalid")) for other in silent]
        m.d.comb += Assume(Cat(getattr(self, f"{port}_tready") for port in self.sinks).all())
        with m.If(taken & ~begun):
            m.d.sync += begun.eq(1)
        with m.If(begun):
            m.d.sync += clock.eq(clock + 1)
        with m.If(taken & (count < core.network.input_size)):
            m.d.sync += count.eq(count + 1)
            m.d.comb += Assume(getattr(self, f"{port}_tlast") == (count == core.network.input_size - 1))
        arrived = Signal()
        with m.If(core.m_axis_tvalid & core.m_axis_tlast):
            m.d.sync += arrived.eq(1)
        slack = core.network.output_size + 1  # after reset the read-out loads its biases
        m.d.comb += Assert(arrived | (clock < core.data_sheet.sequence_latency(1) + slack))


class Answers(CoreClaims):
    """No deadlock: where the sinks are ready for so many clocks after the end of a sequence, its result has come.

    Sources and sinks stall as they like before. The bound is the latency of a sequence of six steps and what the
    read-out needs to load its biases: by then all that the core holds has passed it.
    """

    def claim(self, m: Module, core: HadamardCore) -> None:
        whole, results = Signal(4), Signal(4)
        taken = self.s_axis_tvalid & core.s_axis_tready & self.s_axis_tlast
        sent = core.m_axis_tvalid & core.m_axis_tready & core.m_axis_tlast
        patience = Signal(range(answer_clocks(core) + 2))
        ready = Cat(getattr(self, f"{port}_tready") for port in self.sinks).all()
        m.d.sync += [whole.eq(whole + taken), results.eq(results + sent), patience.eq(patience + 1)]
        with m.If(sent | ~ready | (whole == results)):
            m.d.sync += patience.eq(0)
        m.d.comb += Assert(patience <= answer_clocks(core))


def answer_clocks(core: HadamardCore) -> int:
    """Clocks within which a result that is due leaves, where nobody stalls any more."""
    return core.data_sheet.sequence_latency(6) + core.network.output_size + 1


def clocks_for(core: HadamardCore) -> int:
    return core.data_sheet.sequence_latency(1) + core.network.output_size + 6


class BrokenCore(HadamardCore):
    """A core like ``good`` whose ``m_axis_tvalid`` is another one's: ``"flickers"``, ``"high"`` or ``"low"``.

    Or whose ``error`` is: ``"silent"``.
    """

    def __init__(self, good: HadamardCore, wrong: str) -> None:
        super().__init__(good.network, good.parameters)
        self.wrong = wrong

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        if self.wrong == "silent":
            m.d.comb += self.error.eq(0)
            return m
        second = Signal()
        m.d.sync += second.eq(~second)
        with m.If(second | (self.wrong != "flickers")):
            m.d.comb += self.m_axis_tvalid.eq(self.wrong == "high")
        return m
