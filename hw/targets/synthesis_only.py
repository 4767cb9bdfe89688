"""Devices that Yosys maps to and that no place-and-route here knows: cells are counted, the clock stays unknown.

Sources: DS180 and UG474 (7 series), DS922 and UG574 (UltraScale+), FPGA-DS-02049 (CrossLink-NX).
"""

from .target import Resource, Target

_XILINX_CLOCK = "Yosys maps to this device, but there is no open place-and-route for it on PyPI"
_NEXUS_CLOCK = (
    "nextpnr-nexus 0.11.1 refuses carry chains that begin with a constant, as Yosys 0.70 makes them "
    "(“CIN net … driven by non-CCU2 cell”)"
)


def _xilinx(
    name: str,
    title: str,
    family: str,
    package: str,
    speed: str,
    *,
    luts: int,
    rams: int,
    dsps: int,
    dsp: str,
    carry_luts: int,
) -> Target:
    """A Xilinx device: 6-input LUTs with two flip-flops each; up to half of the LUTs can be memory."""
    distributed = luts // 4
    return Target(
        name=name,
        title=title,
        family="xilinx",
        package=package,
        speed_grade=speed,
        synthesis=f"synth_xilinx -family {family} -flatten -noiopad -noclkbuf",
        place_and_route=None,
        clock_unknown=_XILINX_CLOCK,
        resources=(
            Resource(
                name="logic_cells",
                unit="6-input LUT, used as logic, memory or shift register, before any two share one",
                available=luts,
                cells=("LUT?", "INV", "RAM32M", "RAM32M16", "RAM64M", "RAM64M8", "SRL16E", "SRLC32E"),
                weights=(("RAM32M", 4), ("RAM64M", 4), ("RAM32M16", 8), ("RAM64M8", 8)),
            ),
            Resource(name="luts", unit="LUT used as logic, of up to 6 inputs", available=luts, cells=("LUT?", "INV")),
            Resource(name="flip_flops", unit="flip-flop", available=2 * luts, cells=("FD?E",)),
            Resource(
                name="carries", unit="CARRY4: four bits of carry", available=luts // carry_luts, cells=("CARRY4",)
            ),
            Resource(
                name="distributed_rams",
                unit="RAM of 32 or 64 words made of 4 or 8 LUTs, or a shift register in one",
                available=distributed,
                cells=("RAM32M", "RAM32M16", "RAM64M", "RAM64M8", "SRL16E", "SRLC32E"),
                bits=32,
            ),
            Resource(
                name="block_rams",
                unit="18 kbit RAM; a 36 kbit RAM is two",
                available=rams,
                cells=("RAMB18E?", "RAMB36E?"),
                weights=(("RAMB36E?", 2),),
                bits=18432,
            ),
            Resource(name="dsps", unit=f"{dsp}: multiplier with accumulator", available=dsps, cells=(dsp,)),
        ),
    )


SYNTHESIS_ONLY = (
    Target(
        name="nexus-lifcl-40",
        title="Lattice CrossLink-NX LIFCL-40-9BG400C",
        family="nexus",
        package="CABGA400",
        speed_grade="9",
        synthesis="synth_nexus -family lifcl",
        place_and_route=None,
        clock_unknown=_NEXUS_CLOCK,
        resources=(
            Resource(
                name="logic_cells",
                unit="4-input LUT, used as logic, one bit of carry or a quarter of a distributed RAM, before packing",
                available=32256,
                cells=("LUT4", "INV", "CCU2", "DPR16X4"),
                weights=(("CCU2", 2), ("DPR16X4", 4)),
            ),
            Resource(name="luts", unit="4-input LUT used as logic", available=32256, cells=("LUT4", "INV")),
            Resource(name="flip_flops", unit="flip-flop", available=32256, cells=("FD1P3?X",)),
            Resource(name="carries", unit="CCU2: two bits of carry", available=16128, cells=("CCU2",)),
            Resource(
                name="distributed_rams",
                unit="DPR16X4: 16 words of 4 bits made of LUTs",
                available=4032,
                cells=("DPR16X4",),
                bits=64,
            ),
            Resource(
                name="block_rams",
                unit="18 kbit RAM, two ports, up to 18 bits wide (36 with one write port)",
                available=84,
                cells=("PDP16K", "PDPSC16K", "DP16K", "PDP16K_MODE", "PDPSC16K_MODE", "DP16K_MODE"),
                bits=18432,
            ),
            Resource(
                name="dsps",
                unit="multiplier of 9 by 9, 18 by 18, 18 by 36 or 36 by 36 bits",
                available=56,
                cells=("MULT9X9", "MULT18X18", "MULT18X36", "MULT36X36"),
            ),
        ),
    ),
    _xilinx(
        "xilinx-7a35t",
        "Xilinx Artix-7 XC7A35T-1CPG236C",
        "xc7",
        "CPG236",
        "1",
        luts=20800,
        rams=100,
        dsps=90,
        dsp="DSP48E1",
        carry_luts=4,
    ),
    _xilinx(
        "xilinx-ku5p",
        "Xilinx Kintex UltraScale+ XCKU5P-1FFVB676E",
        "xcup",
        "FFVB676",
        "1",
        luts=216960,
        rams=960,
        dsps=1824,
        dsp="DSP48E2",
        carry_luts=8,
    ),
)
"""Placed by no tool here."""
