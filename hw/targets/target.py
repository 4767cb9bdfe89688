"""What a target is: how designs are mapped to it, and what it has."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from .delays import Delays


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
    weights : how many a cell of a type is, where that is not one
    """

    name: str
    unit: str
    available: int
    placed_as: str | None = None
    cells: tuple[str, ...] = ()
    bits: int | None = None
    weights: tuple[tuple[str, int], ...] = ()

    def count(self, cells: dict[str, int]) -> int:
        """How many of this resource the cells are, given how many there are of each Yosys type."""
        return sum(
            number * next((weight for kind, weight in self.weights if fnmatchcase(name, kind)), 1)
            for name, number in cells.items()
            if any(fnmatchcase(name, kind) for kind in self.cells)
        )

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
    pads : Yosys command that gives the ports that remain out of context their pads, where nextpnr does not do it
    files : names and contents of the files that the arguments name
    packing_counts : whether packing alone tells what routing ends with, for :mod:`~hadamrnn.hw.estimate` calibration
    """

    tool: str
    distribution: str
    module: str
    function: str
    arguments: tuple[str, ...]
    pads: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    packing_counts: bool = True


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
    delays : what the delay model needs to place registers for a clock, or None where it is not fitted
    lane_difference : the ``lane_difference`` of :class:`~hadamrnn.hw.parameters.CoreParameters` that is smaller there
    preparation : Yosys commands between reading a design and mapping it
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
    delays: Delays | None = None
    lane_difference: str = "direct"
    preparation: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.place_and_route is None) != (self.clock_unknown is not None):
            raise ValueError(f"{self.name} must have either place_and_route or a reason in clock_unknown")
        if self.place_and_route is None and any(resource.placed_as for resource in self.resources):
            raise ValueError(f"{self.name} must count its resources by cells where it has no place_and_route")

    def resource(self, name: str) -> Resource | None:
        """The resource of that name, or None where the device has none of the kind."""
        return next((resource for resource in self.resources if resource.name == name), None)
