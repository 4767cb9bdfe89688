"""What a core is made of, before any tool has seen it: registers, adders, memories and multipliers of each component.

Every count follows from the network's shape and the core's parameters by a closed formula, so that it takes a fraction
of a millisecond. Flip-flops are those of the netlist of words (``tests/hw/estimate/test_structure.py`` holds them
against it); what a family of devices makes of the rest is in the modules beside this one.
"""

from ...quant.integer import DenseNetwork
from ..data_sheet import DataSheet
from .dense_structure import dense_part
from .input_structure import folded_input_part, index_input_part, vector_input_part
from .parts import Part, buffer_part, range_bits
from .read_out_structure import arg_max_part, read_out_part
from .ring_structure import ring_part


def structure(sheet: DataSheet) -> list[Part]:
    """The parts of the core that a data sheet describes."""
    network, parameters = sheet.network, sheet.parameters
    parts = [dense_part(sheet) if isinstance(network, DenseNetwork) else ring_part(sheet)]
    if network.input_kind == "index":
        parts.append(index_input_part(sheet))
    elif sheet.input_format.fold > 1:
        parts.append(folded_input_part(sheet))
    else:
        parts.append(vector_input_part(sheet))
    parts.append(read_out_part(sheet))
    if parameters.output == "class":
        parts.append(arg_max_part(sheet))
    elif network.readout == "every":
        parts.append(buffer_part("result_buffer", sheet.widths.logit + 2))
    if parameters.trace:
        trace = buffer_part("trace", parameters.lanes * network.state_bits)
        trace.flip_flops += range_bits(sheet.schedule.rows)
        trace.counters.append(range_bits(sheet.schedule.rows))
        parts.append(trace)
    return parts
