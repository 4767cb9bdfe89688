"""The activation in the loop of a dense network, and the saturation behind it."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import DenseNetwork
from ..coefficient_memory import CoefficientMemory, pack
from ..row_layouts import state_layout
from ..saturation import saturated
from ..widths import bits_of
from .dense_widths import dense_widths


class Activation(wiring.Component):
    """``states`` = sat_w(f(total)) for each lane, exact: f is nothing, ReLU or modReLU.

    ReLU is saturation at 0. modReLU moves a total towards 0 (for a negative threshold) by one addition of the threshold
    with the total's sign, −θ = ~θ + 1; what has changed its sign on the way, and what was 0, is 0.

    Latency: none, and for ``modrelu`` 1 clock with ``enable``.

    Parameters
    ----------
    network : DenseNetwork
    lanes : int

    Members
    -------
    enable : ``In(1)``
        For ``modrelu``: take the row ``totals``. Ignored by the others.
    advance : ``In(1)``
        For ``modrelu``: the thresholds are those of the row that ``totals`` hold after this clock. Ignored by the
        others.
    totals : ``In`` of rows of ``dense_widths(network).total`` bits
    states : ``Out(state_layout(network, lanes))``
    """

    def __init__(self, network: DenseNetwork, lanes: int) -> None:
        self.network = network
        self.lanes = lanes
        self.widths = dense_widths(network)
        super().__init__(
            {
                "enable": In(1),
                "advance": In(1),
                "totals": In(data.ArrayLayout(signed(self.widths.total), lanes)),
                "states": Out(state_layout(network, lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = self.network.state_bits
        thresholds = self._thresholds(m) if self.network.activation == "modrelu" else None
        for lane in range(self.lanes):
            total = self.totals[lane]
            if thresholds is not None:
                shifted, cut = self._shifted(m, lane, total, thresholds[lane])
            else:
                shifted = total
                cut = total[-1] if self.network.activation == "relu" else 0
            m.d.comb += self.states[lane].eq(Mux(cut, 0, saturated(shifted, bits)))
        return m

    def _thresholds(self, m: Module) -> data.View:
        """One row of them beside the row of totals."""
        threshold = self.network.threshold
        assert threshold is not None
        bits = bits_of(threshold)
        words = [pack([(value, bits) for value in row]) for row in threshold.reshape(-1, self.lanes).tolist()]
        m.submodules.thresholds = memory = CoefficientMemory(words, bits * self.lanes)
        m.d.comb += memory.advance.eq(self.advance)
        return memory.registered(m, self.advance, data.ArrayLayout(signed(bits), self.lanes))

    def _shifted(self, m: Module, lane: int, total: Signal, threshold: Signal) -> tuple[Signal, Signal]:
        """Registers: the total moved by the threshold, and whether the result is 0."""
        shifted = Signal(signed(self.widths.shifted), name=f"shifted_{lane}", reset_less=True)
        negative = Signal(name=f"negative_{lane}", reset_less=True)
        zero = Signal(name=f"zero_{lane}", reset_less=True)
        sign = total[-1]
        turned = threshold ^ Cat(sign.replicate(len(threshold))).as_signed()
        with m.If(self.enable):
            m.d.sync += [shifted.eq(total + turned + sign), negative.eq(sign), zero.eq(total == 0)]
        return shifted, zero | (shifted[-1] != negative)
