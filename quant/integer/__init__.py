"""The integer network: the one thing that crosses from training to hardware.

Imports without torch.
"""

from .arithmetic import round_half_even_shift, saturate, shift_round, walsh_hadamard
from .file import read_network, write_network
from .inputs import quantise_inputs
from .network import IntegerNetwork

__all__ = [
    "IntegerNetwork",
    "quantise_inputs",
    "read_network",
    "round_half_even_shift",
    "saturate",
    "shift_round",
    "walsh_hadamard",
    "write_network",
]
