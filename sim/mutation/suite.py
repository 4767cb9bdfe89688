"""Small cores that together have every part of the Hadamard family, for a mutation test of the toolkit itself."""

from dataclasses import dataclass

from ...hw.parameters import CoreParameters
from ...quant.integer import FrozenNetwork, IntegerNetwork
from ..stimulus import random_network


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A core to be mutated.

    Attributes
    ----------
    name : what it is, in a few words
    """

    name: str
    network: FrozenNetwork
    parameters: CoreParameters


def suite() -> tuple[Subject, ...]:
    """The cores, each of some hundred cells, so that a mutant takes a second.

    The networks are drawn such that every class comes of a quarter of random sequences or more, and both limits of the
    states are met: a class that never wins would hide every fault in its logit.
    """
    return (
        Subject(
            name="one block, one lane, n = 8, delay lines in memory, logits",
            network=_network(351, hidden_size=8, block_size=8, input_size=2, input_signed=True),
            parameters=CoreParameters(trace=True, output="logits", memory_depth=2, input_beat=2),
        ),
        Subject(
            name="two blocks, two lanes, two beats a step, class",
            network=_network(142, hidden_size=8, block_size=4, input_size=2, input_signed=True),
            parameters=CoreParameters(trace=True, lanes=2),
        ),
        Subject(
            name="index, results at every step, logits",
            network=_network(83, hidden_size=8, block_size=2, input_size=5, input_kind="index", readout="every"),
            parameters=CoreParameters(trace=True, output="logits", lanes=2),
        ),
        Subject(
            name="folded input products, shifted right, results at every step, class",
            network=_network(74, hidden_size=4, block_size=4, input_size=5, readout="every", input_shift=-2),
            parameters=CoreParameters(trace=True, input_multipliers=2, input_beat=2, readout_multipliers=2),
        ),
        Subject(
            name="commutator, four lanes, four blocks, logits",
            network=_network(325, hidden_size=16, block_size=4, readout_activation="none"),
            parameters=CoreParameters(trace=True, output="logits", lanes=4, arrangement="commutator"),
        ),
        Subject(
            name="all units at once, no registers between stages, index, class",
            network=_network(276, hidden_size=4, block_size=4, input_size=3, input_kind="index"),
            parameters=CoreParameters(trace=True, lanes=4, stages_per_register=0, readout_multipliers=3),
        ),
        Subject(
            name="two channels in turn, two lanes, class",
            network=_network(157, hidden_size=8, block_size=8),
            parameters=CoreParameters(trace=True, lanes=2, channels=2),
        ),
    )


def _network(seed: int, **fields: object) -> IntegerNetwork:
    defaults = {"output_size": 3, "state_bits": 5, "weight_bits": 3, "input_bits": 3, "sqrt_half_bits": 4}
    return random_network(seed, **defaults | fields)  # type: ignore[arg-type]
