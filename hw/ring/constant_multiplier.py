"""Multiplication by a positive constant with shifts and adders: the √½ that odd log2(n) needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Adder:
    """``(left << left_shift) ± (right << right_shift)``, of nodes computed before it; node 0 is the input."""

    left: int
    left_shift: int
    right: int
    right_shift: int
    subtract: bool


class ConstantMultiplier:
    """A shift-and-add network for ``constant · x``.

    With up to three adders the network is the smallest there is (exhaustive search); beyond that, the best of splitting
    off one signed digit at a time until three adders do.

    Parameters
    ----------
    constant : int, at least 1

    Attributes
    ----------
    adders : tuple of Adder
        In order of evaluation; adder i computes node i + 1.
    shift : int
        Left shift of the last node that gives the product.
    levels : tuple of int
        The level of each node: 0 for the input, and for an adder one more than the higher of its inputs.
    depth : int
        Adders on the longest path.
    factors : tuple of int
        What each node is times the input.
    """

    def __init__(self, constant: int) -> None:
        if constant < 1:
            raise ValueError(f"constant must be at least 1, not {constant!r}")
        self.constant = constant
        self.shift = (constant & -constant).bit_length() - 1
        self.adders = _network(constant >> self.shift)
        levels, factors = [0], [1]
        for adder in self.adders:
            levels.append(1 + max(levels[adder.left], levels[adder.right]))
            right = factors[adder.right] << adder.right_shift
            factors.append((factors[adder.left] << adder.left_shift) + (-right if adder.subtract else right))
        self.levels = tuple(levels)
        self.depth = levels[-1]
        self.factors = tuple(factors)

    def live_nodes(self, level: int) -> list[int]:
        """Nodes up to ``level`` that a later level, or the product, still needs: what a register after it must hold."""
        later = [adder for node, adder in enumerate(self.adders, start=1) if self.levels[node] > level]
        needed = {len(self.adders), *(adder.left for adder in later), *(adder.right for adder in later)}
        return [node for node in sorted(needed) if self.levels[node] <= level]

    def node_bits(self, node: int, width: int) -> int:
        """Bits of a node for a signed input of ``width`` bits."""
        return width + (self.factors[node] - 1).bit_length()


@lru_cache(maxsize=64)
def _network(constant: int) -> tuple[Adder, ...]:
    """The adders for an odd constant."""
    if constant == 1:
        return ()
    for count in (1, 2, 3):
        found = _search(constant, (1,), (), count)
        if found is not None:
            return found
    return min((_split(constant, sign) for sign in (1, -1)), key=len)


def _split(constant: int, sign: int) -> tuple[Adder, ...]:
    """``constant = (rest << shift) + sign``: the network of ``rest`` and one adder more."""
    rest = constant - sign
    shift = (rest & -rest).bit_length() - 1
    inner = _network(rest >> shift)
    return (*inner, Adder(len(inner), shift, 0, 0, sign < 0))


def _search(constant: int, nodes: tuple[int, ...], adders: tuple[Adder, ...], count: int) -> tuple[Adder, ...] | None:
    """Networks that extend ``nodes`` by exactly ``count`` adders and end in ``constant``, or None."""
    if count == 1:
        last = _last_adder(constant, nodes)
        return None if last is None else (*adders, last)
    for value, adder in _candidates(constant.bit_length() + 1, nodes):
        found = _search(constant, (*nodes, value), (*adders, adder), count - 1)
        if found is not None:
            return found
    return None


def _last_adder(constant: int, nodes: tuple[int, ...]) -> Adder | None:
    """One adder from ``nodes`` to the odd ``constant``: one operand is not shifted, the other is what remains."""
    for i, left in enumerate(nodes):
        for rest, swapped in ((constant - left, False), (left - constant, False), (constant + left, True)):
            if rest <= 0:
                continue
            for j, right in enumerate(nodes):
                power, remainder = divmod(rest, right)
                if remainder or power & (power - 1):
                    continue
                shift = power.bit_length() - 1
                if swapped:  # (right << shift) − left
                    return Adder(j, shift, i, 0, True)
                return Adder(i, 0, j, shift, rest == left - constant)
    return None


def _candidates(bits: int, nodes: tuple[int, ...]) -> Iterator[tuple[int, Adder]]:
    """Odd values below 2^bits that one adder makes of ``nodes`` (products are odd, so one operand is not shifted)."""
    seen = set(nodes)
    for i, left in enumerate(nodes):
        for j, right in enumerate(nodes):
            for shift in range(1, bits):
                shifted = right << shift
                if shifted >= 1 << (bits + 1):
                    break
                for value, adder in (
                    (left + shifted, Adder(i, 0, j, shift, False)),
                    (left - shifted, Adder(i, 0, j, shift, True)),
                    (shifted - left, Adder(j, shift, i, 0, True)),
                ):
                    if 0 < value < 1 << bits and value not in seen:
                        seen.add(value)
                        yield value, adder
