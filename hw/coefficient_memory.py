"""Read-only memory for weights: one wide word per row of lanes, read in order, over and over."""

import numpy as np
from amaranth.hdl import Const, Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from .row_counter import RowCounter


class CoefficientMemory(wiring.Component):
    """Holds out word 0, and the next word, modulo their number, after each clock with ``advance``.

    The memory is read one clock ahead, at an address that is a register: only its enable depends on ``advance``. A
    single word is a constant.

    Latency: none from ``advance``; after reset the first word is there one clock late.

    Parameters
    ----------
    words : list of int
        The contents, at least one, each of ``width`` bits, unsigned.
    width : int

    Members
    -------
    advance : ``In(1)``
    next_index : ``Out(range(len(words)))``
        Which word follows the one held out; 0 while the last one is held out.
    data : ``Out(width)``
    """

    def __init__(self, words: list[int], width: int) -> None:
        if not words:
            raise ValueError("words must hold at least one word")
        wrong = [word for word in words if not 0 <= word < 1 << width]
        if wrong:
            raise ValueError(f"words must be from 0 to {(1 << width) - 1}, not {wrong[0]}")
        self.words = words
        self.width = width
        index = range(len(words))
        super().__init__({"advance": In(1), "next_index": Out(index), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if len(self.words) == 1:
            m.d.comb += self.data.eq(Const(self.words[0], self.width))
            return m
        m.submodules.counter = counter = RowCounter(len(self.words))
        m.submodules.memory = contents = memory.Memory(shape=self.width, depth=len(self.words), init=self.words)
        read = contents.read_port()
        begun = Signal()
        m.d.sync += begun.eq(1)
        m.d.comb += [
            counter.enable.eq(self.advance | ~begun),
            self.next_index.eq(counter.count),
            read.en.eq(counter.enable),
            read.addr.eq(counter.count),
            self.data.eq(read.data),
        ]
        return m

    def registered(self, m: Module, enable: Signal, layout: data.Layout) -> data.View:
        """``data`` seen as ``layout``, one enabled clock later, in a register of ``m``; a single word needs none."""
        if len(self.words) == 1:
            return data.View(layout, self.data)
        register = Signal(layout, name="coefficient_register", reset_less=True)
        with m.If(enable):
            m.d.sync += register.as_value().eq(self.data)
        return register


def pack(fields: list[tuple[int, int]]) -> int:
    """Concatenate ``(value, bits)`` pairs to a word, the first one in the low bits, two's complement."""
    word = position = 0
    for value, bits in fields:
        word |= (value & ((1 << bits) - 1)) << position
        position += bits
    return word


def part_words(weights: np.ndarray, lanes: int, multipliers: int, bits: int) -> list[int]:
    """The words of a matrix of which each row is multiplied in parts of so many columns, one part of ``lanes`` rows a
    word: row by row of lanes, and within a row part by part. Columns that the last part lacks are 0.

    Parameters
    ----------
    weights : integers of ``bits`` bits, shape ``(units, columns)``; ``lanes`` divides the units
    """
    units, columns = weights.shape
    parts = -(-columns // multipliers)
    whole = np.zeros((units, parts * multipliers), dtype=np.int64)
    whole[:, :columns] = weights
    ordered = whole.reshape(-1, lanes, parts, multipliers).transpose(0, 2, 1, 3)
    return [pack([(value, bits) for value in row]) for row in ordered.reshape(-1, lanes * multipliers).tolist()]
