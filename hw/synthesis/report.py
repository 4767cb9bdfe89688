"""What synthesis found, as a report that a program and a person can read. Unknown is None with a reason, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ResourceCount:
    """How much of one kind of cell a design takes.

    Attributes
    ----------
    unit : what one of it is
    used : count, or None where the tools did not say
    available : how many the device has
    bits : bits of memory in one, or None for what is no memory
    """

    unit: str
    used: int | None
    available: int
    bits: int | None = None

    @property
    def utilisation(self) -> float | None:
        """Fraction of the device, larger than 1 where it does not fit, or None where the count is unknown."""
        return None if self.used is None else self.used / self.available

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; the utilisation is derived and comes along for the reader."""
        utilisation = None if self.utilisation is None else round(self.utilisation, 4)
        report = {"used": self.used, "available": self.available, "utilisation": utilisation, "unit": self.unit}
        return report | ({} if self.bits is None else {"bits_each": self.bits})


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """The slowest path between two flip-flops (or memories) of the clock, after routing.

    Attributes
    ----------
    start, end : names of the first and the last cell
    logic_ns : nanoseconds in cells, with clock-to-output and set-up
    routing_ns : nanoseconds in wires
    cells : how many cells the signal passes between the two
    """

    start: str
    end: str
    logic_ns: float
    routing_ns: float
    cells: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, in nanoseconds."""
        times = {"logic_ns": round(self.logic_ns, 3), "routing_ns": round(self.routing_ns, 3)}
        return {"start": self.start, "end": self.end, "cells": self.cells} | times


@dataclass(frozen=True, kw_only=True)
class SynthesisReport:
    """The real cost of a design on a target, out of context: see :func:`hadamrnn.hw.synthesis.synthesise.synthesise`.

    Two runs on equal input, tool versions and seed give equal reports: ``seconds`` takes no part in the comparison.

    Attributes
    ----------
    target : name of the target
    top : name of the top module
    verilog_sha256 : of the Verilog file
    fits : whether place-and-route found a place and a route for everything; None for a target without place-and-route
        whose counts all stay within the device
    reason : why it does not fit, or is not known to; None where it fits
    resources : counts by name, in the target's order; a kind that the device does not have is absent
    requested_mhz : the clock asked for, or None
    achieved_mhz : the highest clock of ``clk`` between flip-flops after routing, or None
    critical_path : what limits it, or None
    unknown : the reason for each of ``achieved_mhz``, ``critical_path`` and the names in ``resources`` that is None
    seed : of the placer
    tools : version of each tool, by name
    seconds : wall time of each tool, by name
    """

    target: str
    top: str
    verilog_sha256: str
    fits: bool | None
    reason: str | None
    resources: Mapping[str, ResourceCount]
    requested_mhz: float | None
    achieved_mhz: float | None
    critical_path: CriticalPath | None
    unknown: Mapping[str, str]
    seed: int
    tools: Mapping[str, str]
    seconds: Mapping[str, float] = field(compare=False)

    @property
    def meets_clock(self) -> bool | None:
        """Whether the achieved clock is at least the requested one; None where either is not known."""
        if self.requested_mhz is None or self.achieved_mhz is None:
            return None
        return self.achieved_mhz >= self.requested_mhz

    def used(self, name: str) -> int | None:
        """The count of a resource, or None where it is unknown or the device has none of the kind."""
        count = self.resources.get(name)
        return None if count is None else count.used

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: what ``hadamrnn synth`` writes (docs/synthesis.md describes it)."""
        return {
            "version": VERSION,
            "target": self.target,
            "top": self.top,
            "verilog_sha256": self.verilog_sha256,
            "out_of_context": True,
            "fits": self.fits,
            "reason": self.reason,
            "resources": {name: count.to_json() for name, count in self.resources.items()},
            "clock": {
                "requested_mhz": self.requested_mhz,
                "achieved_mhz": None if self.achieved_mhz is None else round(self.achieved_mhz, 3),
                "met": self.meets_clock,
                "critical_path": None if self.critical_path is None else self.critical_path.to_json(),
            },
            "unknown": dict(self.unknown),
            "seed": self.seed,
            "tools": dict(self.tools),
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
        }

    @classmethod
    def from_json(cls, plain: Any) -> "SynthesisReport":
        """The report of which :meth:`to_json` gave ``plain``, up to its roundings.

        Raises
        ------
        InputError
            What is no such report, or one of another version.
        """
        if not isinstance(plain, dict) or plain.get("version") != VERSION:
            raise InputError(f"not a synthesis report of version {VERSION}")
        try:
            clock, path = plain["clock"], plain["clock"]["critical_path"]
            return cls(
                **{name: plain[name] for name in ("target", "top", "verilog_sha256", "fits", "reason", "unknown")},
                **{name: plain[name] for name in ("seed", "tools", "seconds")},
                resources={name: _count(one) for name, one in plain["resources"].items()},
                requested_mhz=_number(clock["requested_mhz"]),
                achieved_mhz=_number(clock["achieved_mhz"]),
                critical_path=None if path is None else CriticalPath(**path),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"not a synthesis report ({error})") from error


def _count(plain: Mapping[str, Any]) -> ResourceCount:
    used, available = plain["used"], plain["available"]
    if any(type(value) is not int or value < 0 for value in (0 if used is None else used, available)):
        raise ValueError(f"counts must be integers of at least 0, not {used!r} of {available!r}")
    return ResourceCount(unit=plain["unit"], used=used, available=available, bits=plain.get("bits_each"))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
