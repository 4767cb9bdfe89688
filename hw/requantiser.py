"""Multiplication by factor / 2^shift, split for the adder that follows: a quotient rounded down, and the carry that
rounds half to even.
"""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .ring.constant_multiplier import ConstantMultiplier
from .rounding import round_up


class Requantiser(wiring.Component):
    """``quotient + round_up`` = round(input · factor / 2^shift), half to even, for each lane.

    The multiplication by the constant is made of shifts and adders.

    Latency: one clock for each entry of ``register_levels``, and one if ``registered``. Throughput: one row per enabled
    clock.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    factor : int, at least 1
    shift : int, at least 0
    register_levels : tuple of int
        Adder levels of the multiplication that a register follows (0 is the first level).
    registered : bool
        Whether the outputs are registers.
    quotient_width : int

    Members
    -------
    enable : ``In(1)``
    input : ``In`` of rows
    quotient : ``Out`` of rows of ``quotient_width`` bits
    round_up : ``Out(lanes)``, one bit per lane
    """

    def __init__(
        self,
        lanes: int,
        width: int,
        factor: int,
        shift: int,
        register_levels: tuple[int, ...],
        registered: bool,
        quotient_width: int,
    ) -> None:
        self.lanes = lanes
        self.width = width
        self.multiplier = ConstantMultiplier(factor)
        self.shift = shift
        self.register_levels = register_levels
        self.registered = registered
        super().__init__(
            {
                "enable": In(1),
                "input": In(data.ArrayLayout(signed(width), lanes)),
                "quotient": Out(data.ArrayLayout(signed(quotient_width), lanes)),
                "round_up": Out(lanes),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        quotient = Signal(self.quotient.shape(), reset_less=True)
        increment = Signal(self.lanes, reset_less=True)
        m.d.comb += [self.quotient.eq(quotient), self.round_up.eq(increment)]
        for lane in range(self.lanes):
            value = self._product(m, lane) if self.multiplier.constant > 1 else self.input[lane]
            results = [quotient[lane].eq(value >> self.shift), increment[lane].eq(round_up(value, self.shift))]
            if self.registered:
                with m.If(self.enable):
                    m.d.sync += results
            else:
                m.d.comb += results
        return m

    def _product(self, m: Module, lane: int) -> Signal:
        """The adders of the multiplication, level by level, with registers for all nodes that are still needed."""
        multiplier = self.multiplier
        nodes = {0: Signal(signed(self.width), name=f"lane_{lane}_times_1")}
        m.d.comb += nodes[0].eq(self.input[lane])
        for level in range(1, multiplier.depth + 1):
            for node, adder in enumerate(multiplier.adders, start=1):
                if multiplier.levels[node] != level:
                    continue
                left = nodes[adder.left] << adder.left_shift
                right = nodes[adder.right] << adder.right_shift
                bits = multiplier.node_bits(node, self.width)
                nodes[node] = Signal(signed(bits), name=f"lane_{lane}_times_{multiplier.factors[node]}")
                m.d.comb += nodes[node].eq(left - right if adder.subtract else left + right)
            if level - 1 in self.register_levels:
                nodes = {node: self._registered(m, nodes[node]) for node in multiplier.live_nodes(level)}
        return nodes[len(multiplier.adders)] << multiplier.shift

    def _registered(self, m: Module, value: Signal) -> Signal:
        register = Signal.like(value, name=f"{value.name}_register", reset_less=True)
        with m.If(self.enable):
            m.d.sync += register.eq(value)
        return register
