"""Read-only memory for weights: one wide word per row of lanes."""

from amaranth.hdl import Const, Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out


class CoefficientMemory(wiring.Component):
    """A synchronous read-only memory.

    Latency: one enabled clock from ``address`` to ``data``. A single word is a constant.

    Parameters
    ----------
    words : list of int
        The contents, each of ``width`` bits, unsigned.
    width : int

    Members
    -------
    enable : ``In(1)``
    address : ``In(range(len(words)))``
    data : ``Out(width)``
        Undefined until the first enabled clock.
    """

    def __init__(self, words: list[int], width: int) -> None:
        self.words = words
        self.width = width
        super().__init__({"enable": In(1), "address": In(range(len(words))), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self.words) == 1:
            m.d.comb += self.data.eq(Const(self.words[0], self.width))
            return m
        m.submodules.memory = contents = memory.Memory(shape=self.width, depth=len(self.words), init=self.words)
        read = contents.read_port()
        m.d.comb += [read.en.eq(self.enable), read.addr.eq(self.address), self.data.eq(read.data)]
        return m


def pack(fields: list[tuple[int, int]]) -> tuple[int, int]:
    """Concatenate ``(value, bits)`` pairs, the first one in the low bits, two's complement: ``(word, bits)``."""
    word = position = 0
    for value, bits in fields:
        word |= (value & ((1 << bits) - 1)) << position
        position += bits
    return word, position

