"""Division by √n, rounded half to even."""

from ..requantiser import Requantiser


class RootDivision(Requantiser):
    """``quotient + round_up`` = round(input / √n), half to even, for each lane.

    Even k = log2 n: a shift by k/2. Odd k: a multiplication by the constant ``sqrt_half`` ≈ 2^F/√2 with shifts and
    adders, then a shift by F + (k − 1)/2.

    Latency: one clock for each entry of ``register_levels``, and one if ``registered``. Throughput: one row per enabled
    clock.

    Parameters
    ----------
    lanes, width : int
        An input row is ``lanes`` signed words of ``width`` bits.
    block_bits : int
        k.
    sqrt_half, sqrt_half_bits : int
        The constant and its fraction bits F.
    register_levels : tuple of int
        Adder levels of the multiplication that a register follows (0 is the first level).
    registered : bool
        Whether the outputs are registers.
    quotient_width : int

    Members
    -------
    Those of :class:`~hadamrnn.hw.requantiser.Requantiser`.
    """

    def __init__(
        self,
        lanes: int,
        width: int,
        block_bits: int,
        sqrt_half: int,
        sqrt_half_bits: int,
        register_levels: tuple[int, ...],
        registered: bool,
        quotient_width: int,
    ) -> None:
        odd = block_bits % 2
        factor, shift = (sqrt_half, block_bits // 2 + sqrt_half_bits) if odd else (1, block_bits // 2)
        super().__init__(lanes, width, factor, shift, register_levels, registered, quotient_width)
