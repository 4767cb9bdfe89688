"""The FPGAs that a core can be synthesised for, by name.

A new device is one more :class:`~hadamrnn.hw.targets.target.Target` in the module of its family; nothing else in the
package names a device. A device without open place-and-route has ``place_and_route=None`` and says why in
``clock_unknown``: Yosys alone then counts its cells. The tests compare every count of a device with
what nextpnr reports.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from ...errors import InputError
from .ecp5 import ECP5
from .gowin import GOWIN
from .ice40 import ICE40
from .synthesis_only import SYNTHESIS_ONLY
from .target import Target

Entry = TypeVar("Entry")

TARGETS: MappingProxyType[str, Target] = MappingProxyType(
    {target.name: target for target in (*ICE40, *ECP5, *GOWIN, *SYNTHESIS_ONLY)}
)
"""Every target by its name."""


def get_target(name: str) -> Target:
    """The target of that name.

    Raises
    ------
    InputError
        Where there is none: the line names those there are.
    """
    return by_name(TARGETS, "target", name)


def by_name(entries: Mapping[str, Entry], kind: str, name: str) -> Entry:
    """The entry of that name, or an :class:`InputError` whose line says what ``kind`` of thing there is."""
    try:
        return entries[name]
    except KeyError:
        raise InputError(f"{kind} must be one of {', '.join(entries)}, not {name!r}") from None
