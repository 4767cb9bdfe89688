"""The boards that a core can be built for: one entry each, pins from amaranth-boards."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ...errors import InputError
from ..targets.catalogue import by_name, get_target
from ..targets.target import PlaceAndRoute, Target
from .phase_locked_loop import Ecp5Loop, Ice40Loop, PhaseLockedLoop


@dataclass(frozen=True, kw_only=True)
class Packing:
    """How what nextpnr writes becomes a bitstream.

    Attributes
    ----------
    constraints : suffix of the file of pins and clocks that nextpnr reads, by the option of the same name
    placed_option, placed : nextpnr's option for its output, and the suffix of the file
    function : of the package that brings nextpnr: called with the names of both files
    bitstream : suffix of the file that is loaded into the board
    """

    constraints: str
    placed_option: str
    placed: str
    function: str
    bitstream: str


_ICE40 = Packing(constraints="pcf", placed_option="--asc", placed="asc", function="run_icepack", bitstream="bin")
_ECP5 = Packing(constraints="lpf", placed_option="--textcfg", placed="config", function="run_ecppack", bitstream="bit")


@dataclass(frozen=True, kw_only=True)
class Board:
    """One board.

    Attributes
    ----------
    name : as on the command line
    title : as in a report
    platform_module, platform_class : of amaranth-boards
    target : the FPGA on it
    place_and_route : how nextpnr is called for a whole design
    packing : how it becomes a bitstream
    loop : its phase-locked loop
    oscillator_hz : on the board
    clock_hz : of the core unless another is asked for
    load : command that loads a bitstream, for a person to read
    """

    name: str
    title: str
    platform_module: str
    platform_class: str
    target: Target
    place_and_route: PlaceAndRoute
    packing: Packing
    loop: type[PhaseLockedLoop]
    oscillator_hz: int
    clock_hz: int
    load: str

    def platform(self) -> Any:
        """A new platform of amaranth-boards: pins, and the constraints that come of them.

        Raises
        ------
        InputError
            Where amaranth-boards is not installed.
        """
        if importlib.util.find_spec("amaranth_boards") is None:
            raise InputError("amaranth-boards is not installed, expected it from: pip install 'hadamrnn[boards]'")
        make: Callable[[], Any] = getattr(importlib.import_module(self.platform_module), self.platform_class)
        return make()


def _board(name: str, *, target: str, packing: Packing, options: tuple[str, ...], **fields: Any) -> Board:
    """A board whose nextpnr is that of its target, with ``options`` in place of the target's own."""
    fpga = get_target(target)
    assert fpga.place_and_route is not None
    files = (f"--{packing.constraints}", f"design.{packing.constraints}", packing.placed_option)
    arguments = (*options, *files, f"design.{packing.placed}")
    return Board(
        name=name,
        target=fpga,
        packing=packing,
        place_and_route=replace(fpga.place_and_route, arguments=arguments),
        **fields,
    )


def _ulx3s(size: int) -> Board:
    return _board(
        f"ulx3s-{size}f",
        title=f"ULX3S with an ECP5-{size}F",
        platform_module="amaranth_boards.ulx3s",
        platform_class=f"ULX3S_{size}F_Platform",
        target=f"ecp5-{size}k",
        packing=_ECP5,
        options=(f"--{size}k", "--package", "CABGA381", "--speed", "6"),
        loop=Ecp5Loop,
        oscillator_hz=25_000_000,
        clock_hz=25_000_000,
        load="openFPGALoader -b ulx3s",
    )


_ALL = (
    _board(
        "icebreaker",
        title="iCEBreaker",
        platform_module="amaranth_boards.icebreaker",
        platform_class="ICEBreakerPlatform",
        target="ice40-up5k",
        packing=_ICE40,
        options=("--up5k", "--package", "sg48"),
        loop=Ice40Loop,
        oscillator_hz=12_000_000,
        clock_hz=36_000_000,
        load="iceprog",
    ),
    _ulx3s(25),
    _ulx3s(85),
)

BOARDS: MappingProxyType[str, Board] = MappingProxyType({board.name: board for board in _ALL})
"""Every board by its name."""


def get_board(name: str) -> Board:
    """The board of that name.

    Raises
    ------
    InputError
        Where there is none: the line names those there are.
    """
    return by_name(BOARDS, "board", name)
