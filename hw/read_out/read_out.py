"""What both read-outs are seen as: rows of states in, logits out."""

from amaranth.hdl import signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..channel import channel_field
from ..row_layouts import handed_layout
from ..widths import Widths
from .product import read_out_fold, read_out_latency


def logit_layout(network: FrozenNetwork, channels: int = 1) -> data.StructLayout:
    """One logit, and whether it is the ``last`` of its result.

    For read-out ``every`` also whether its result is that of the ``end`` of a sequence, for several channels the
    ``channel`` of its result.
    """
    end = {"end": 1} if network.readout == "every" else {}
    return data.StructLayout({"logit": signed(Widths.of(network).logit), "last": 1} | end | channel_field(channels))


class ReadOut(wiring.Component):
    """Computes logits of states, which arrive row by row: of the last of a sequence or of every one. Exact.

    M multipliers per lane compute M logits at once, so a row takes ``fold`` = ceil(o / M) clocks; multiplier j has the
    logits j·fold to (j + 1)·fold − 1, and as many accumulators. Those of the last multiplier may be more than there are
    logits: their weights and biases are zero.

    Parameters
    ----------
    network : FrozenNetwork
    lanes, multipliers, channels : int
        P, M and C.

    Members
    -------
    state : ``In(stream.Signature(handed_layout(network, lanes, channels)))``
    logits : ``Out(stream.Signature(logit_layout(network, channels)))``

    Attributes
    ----------
    rows : int
        Rows of a state.
    fold, latency : int
        :func:`~hadamrnn.hw.read_out.product.read_out_fold`; clocks from the last product of a state being issued to its
        first logit being offered, :func:`~hadamrnn.hw.read_out.product.read_out_latency`.
    width : int
        Bits of a logit.
    biases : list of int
        What each accumulator begins with, logit 0 first.
    """

    def __init__(self, network: FrozenNetwork, lanes: int, multipliers: int, channels: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.multipliers = multipliers
        self.rows = network.hidden_size // lanes
        self.channels = channels
        self.fold = read_out_fold(network, multipliers)
        self.latency = read_out_latency(lanes)
        self.width = Widths.of(network).logit
        unused = multipliers * self.fold - network.output_size
        self.biases = [int(bias) for bias in network.output_bias] + [0] * unused
        super().__init__(
            {
                "state": In(stream.Signature(handed_layout(network, lanes, channels))),
                "logits": Out(stream.Signature(logit_layout(network, channels))),
            }
        )

    def accumulators_of(self, chain: list, multiplier: int) -> list:
        """The part of ``chain`` that belongs to ``multiplier``."""
        return chain[multiplier * self.fold : (multiplier + 1) * self.fold]
