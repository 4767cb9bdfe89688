"""One core from numbers to its report: what a sweep gives to each of its workers."""

import tempfile
from pathlib import Path
from typing import Any

from ...quant.integer import IntegerNetwork
from ..core import HadamardCore
from ..parameters import CoreParameters
from ..targets.catalogue import get_target
from ..verilog.generation import to_verilog
from .synthesise import synthesise


def synthesise_core(
    network: IntegerNetwork, parameters: CoreParameters, target_name: str, seed: int = 1
) -> dict[str, Any]:
    """Generate, map, place and route a core; returns the report as plain JSON.

    Raises
    ------
    InputError
        Parameters that do not fit the network, an unknown target, or a tool that is not installed.
    """
    target = get_target(target_name)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-sweep-") as folder:
        verilog = Path(folder) / "core.v"
        verilog.write_text(to_verilog(HadamardCore(network, parameters), "core"), encoding="utf-8")
        return synthesise(verilog, "core", target, seed=seed).to_json()
