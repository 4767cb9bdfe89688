"""Coefficient memories hold out their words in order; packing is two's complement from the low bits up."""

import random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.hw.coefficient_memory import CoefficientMemory, pack

from .simulation import simulator_of


def held_out(memory: Any, advances: list[bool], *, reset_at: int = -1) -> list[tuple[int, int]]:
    """``data`` and ``next_index`` in each clock, the first one after reset not counted."""
    seen: list[tuple[int, int]] = []
    simulator, domain = simulator_of(memory)

    async def testbench(ctx: Any) -> None:
        await ctx.tick()
        for clock, advance in enumerate(advances):
            if clock == reset_at:
                ctx.set(domain.rst, 1)
                await ctx.tick()
                ctx.set(domain.rst, 0)
                ctx.set(memory.advance, 0)
                await ctx.tick()
            seen.append((ctx.get(memory.data), ctx.get(memory.next_index)))
            ctx.set(memory.advance, advance)
            await ctx.tick()

    simulator.add_testbench(testbench)
    simulator.run()
    return seen


@pytest.mark.parametrize("count", [1, 2, 3, 8, 11])
def test_words_in_order_and_again(count: int) -> None:
    generator = random.Random(count)
    words = [0, (1 << 37) - 1, *(generator.getrandbits(37) for _ in range(count))][:count]
    advances = [True] * (2 * count + 1) + [generator.random() < 0.5 for _ in range(6 * count)]
    expected, index = [], 0
    for advance in advances:
        expected.append((words[index], (index + 1) % count))
        index = (index + advance) % count
    assert held_out(CoefficientMemory(words, 37), advances) == expected


@pytest.mark.parametrize("moment", range(6))
def test_reset_begins_again_with_word_zero(moment: int) -> None:
    words = [5, 6, 7, 8]
    seen = held_out(CoefficientMemory(words, 4), [True] * 10, reset_at=moment)
    expected = [words[i % 4] for i in range(moment)] + [words[i % 4] for i in range(10 - moment)]
    assert [word for word, _ in seen] == expected


class Registered(wiring.Component):
    """A coefficient memory whose word is seen through its register."""

    def __init__(self, words: list[int]) -> None:
        self.memory = CoefficientMemory(words, 8)
        super().__init__({"advance": In(1), "next_index": Out(4), "data": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = self.memory
        m.d.comb += self.memory.advance.eq(self.advance)
        word = self.memory.registered(m, self.advance, data.StructLayout({"low": 4, "high": 4}))
        m.d.comb += self.data.eq(word.low + (word.high << 4))
        return m


def test_registered_word_is_one_enabled_clock_later() -> None:
    words = [0x12, 0x34, 0xF0]
    generator = random.Random(0)
    advances = [generator.random() < 0.5 for _ in range(40)]
    expected, index = [], 0
    for advance in advances:
        expected.append(words[(index - 1) % 3] if index else 0)
        index += advance
    assert [word for word, _ in held_out(Registered(words), advances)] == expected


def test_single_word_is_a_constant() -> None:
    assert [word for word, _ in held_out(Registered([0xA5]), [True, False, True])] == [0xA5] * 3


def test_pack_is_two_s_complement_from_the_low_bits_up() -> None:
    assert pack([(-1, 3), (2, 4), (-8, 4), (1, 1)]) == 0b1_1000_0010_111
    assert pack([]) == 0


def test_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^words must hold at least one word$"):
        CoefficientMemory([], 4)


@pytest.mark.parametrize("word", [16, -1])
def test_a_word_that_does_not_fit_is_refused(word: int) -> None:
    with pytest.raises(ValueError, match=rf"^words must be from 0 to 15, not {word}$"):
        CoefficientMemory([3, word], 4)
