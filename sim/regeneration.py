"""Whether a core is what the generator makes: found by making it again, not by what its description says."""

import hashlib

from ..errors import InputError
from ..hw.core import HadamardCore
from ..hw.parameters import CoreParameters
from ..hw.verilog.generation import to_verilog, tool_versions
from ..quant.integer import FrozenNetwork
from .description import CoreDescription


def is_generated(network: FrozenNetwork, description: CoreDescription, verilog_sha256: str) -> bool | None:
    """Whether Verilog of that SHA-256 is what the generator writes for ``network`` and the core's parameters.

    None where it is not, but by its description came from other versions of the generator or of Amaranth.
    """
    try:
        core = HadamardCore(network, CoreParameters(**description.parameters))
        text = to_verilog(core, description.name)
    except (InputError, TypeError):
        return False
    if hashlib.sha256(text.encode()).hexdigest() == verilog_sha256:
        return True
    return False if description.versions == tool_versions() else None
