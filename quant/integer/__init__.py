"""The integer network: the one thing that crosses from training to hardware.

Imports without torch.
"""

from .arithmetic import modrelu, round_half_even_shift, saturate, shift_round, walsh_hadamard
from .dense import DenseNetwork
from .file import read_frozen, read_network, write_network
from .frozen import FrozenNetwork
from .inputs import quantise_inputs
from .network import IntegerNetwork, check_hadamard

__all__ = [
    "DenseNetwork",
    "FrozenNetwork",
    "IntegerNetwork",
    "check_hadamard",
    "modrelu",
    "quantise_inputs",
    "read_frozen",
    "read_network",
    "round_half_even_shift",
    "saturate",
    "shift_round",
    "walsh_hadamard",
    "write_network",
]
