"""What differs between the families of networks: the recurrence, and what is known of it without building it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork
from .dense.dense_widths import dense_widths
from .dense.recurrence import DenseRecurrence
from .dense.schedule import DenseSchedule
from .parameters import CoreParameters
from .recurrence import Recurrence
from .ring.recurrence import RingRecurrence
from .ring.ring_widths import ring_widths
from .ring.schedule import Schedule


@dataclass(frozen=True)
class Family:
    """The hardware of one family of networks.

    Attributes
    ----------
    title : of a core, for a reader
    recurrence : of a network and parameters
    schedule : of a network and parameters: ``rows``, ``row_cycles``, ``cycles_per_step``, ``output_latency`` and
        ``figures``
    widths : of a network: those of :class:`~hadamrnn.hw.widths.Widths` and more
    """

    title: str
    recurrence: Callable[[Any, CoreParameters], Recurrence]
    schedule: Callable[[Any, CoreParameters], Any]
    widths: Callable[[Any], Any]


_FAMILIES = {
    IntegerNetwork.family: Family("a Hadamard RNN", RingRecurrence, Schedule.of, ring_widths),
    DenseNetwork.family: Family("a dense RNN", DenseRecurrence, DenseSchedule.of, dense_widths),
}


def family_of(network: FrozenNetwork) -> Family:
    """The hardware for ``network``."""
    return _FAMILIES[network.family]
