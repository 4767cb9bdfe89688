"""What a core must send for given sequences, from the integer reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..quant.integer import FrozenNetwork
from . import reference
from .beats import input_beats
from .description import CoreDescription
from .job import Sequence as StreamedSequence
from .malformed import has_wrong_index


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """All that a core must send for some sequences, in order.

    Attributes
    ----------
    sequences : their beats, and how many beats each must bring
    states : int64, shape ``(S, d)``, after every step of every sequence, or None where they were not asked for
    step_sequence, step_number : int64, shape ``(S,)``, the sequence that a state belongs to, and the step within it
    results : int64, shape ``(results, beats per result)``
    result_sequence : int64, shape ``(results,)``
    result_step : int64, shape ``(results,)``, or None where only last steps have a result
    result_last : bool, shape ``(results, beats per result)``, ``tlast``
    classes : whether results are classes, not logits
    errors : pulses on ``error``
    saturations : states that the reference clipped
    """

    sequences: tuple[StreamedSequence, ...]
    states: np.ndarray | None
    step_sequence: np.ndarray
    step_number: np.ndarray
    results: np.ndarray
    result_sequence: np.ndarray
    result_step: np.ndarray | None
    result_last: np.ndarray
    classes: bool
    errors: int
    saturations: int


def expect(
    network: FrozenNetwork,
    description: CoreDescription,
    inputs: np.ndarray,
    lengths: Sequence[int] | np.ndarray | None = None,
    cut_beats: Sequence[int] | np.ndarray | None = None,
    wrong_indices: Sequence[int] | np.ndarray | None = None,
    *,
    states: bool = True,
) -> Expectation:
    """Run the reference; parameters as of :func:`~hadamrnn.sim.cosimulation.cosimulate`."""
    inputs = reference.checked_inputs(network, inputs)
    count, longest = inputs.shape[:2]
    lengths = reference.checked_lengths(lengths, count, longest)
    cut = _checked("cut_beats", cut_beats, count, np.full(count, description.beats_per_step - 1))
    wrong = _checked("wrong_indices", wrong_indices, count, lengths * has_wrong_index(network, description))
    run = reference.run(network, inputs, lengths=lengths, return_states=states)
    malformed = (cut > 0) | (wrong > 0)
    whole = np.where(wrong > 0, wrong, lengths + 1) - 1  # steps before a wrong index
    whole = np.minimum(whole, lengths - (cut > 0))  # and not cut off
    finished = np.arange(longest) < whole[:, None]
    step_sequence, step_number = np.nonzero(finished)
    if network.readout == "last":
        sending, result_sequence = ~malformed, np.flatnonzero(~malformed)
        ends = np.ones(len(result_sequence), dtype=bool)
    else:
        sending, result_sequence = finished, step_sequence
        ends = (step_number == whole[step_sequence] - 1) & ~malformed[step_sequence]
    classes = description.output == "class"
    results = (run.classes[..., None] if classes else run.logits)[sending]
    last_beat = np.arange(results.shape[1]) == results.shape[1] - 1
    return Expectation(
        sequences=tuple(
            StreamedSequence(
                beats=_beats(network, description, inputs[i, : lengths[i]], int(cut[i]), int(wrong[i]), seed=i),
                results=int(np.count_nonzero(sending[i])) * description.beats_per_result,
                rows=int(whole[i]) * description.rows * description.trace,
            )
            for i in range(count)
        ),
        states=None if run.states is None else run.states[finished].astype(np.int64),
        step_sequence=step_sequence,
        step_number=step_number,
        results=results,
        result_sequence=result_sequence,
        result_step=step_number if network.readout == "every" else None,
        result_last=ends[:, None] & last_beat if classes else np.broadcast_to(last_beat, results.shape),
        classes=classes,
        errors=int(np.count_nonzero(malformed)),
        saturations=run.saturations,
    )


def _beats(
    network: FrozenNetwork, description: CoreDescription, inputs: np.ndarray, cut: int, wrong: int, seed: int
) -> np.ndarray:
    if wrong:
        # The rest of the sequence is dropped, another wrong index in it too.
        inputs = inputs.copy()
        inputs[wrong - 1 :: 2] = np.random.default_rng(seed).integers(
            network.input_size, 1 << 8 * description.element_bytes, len(inputs[wrong - 1 :: 2])
        )
    beats = input_beats(
        inputs, element_bytes=description.element_bytes, beat_elements=description.beat_elements, seed=seed
    )
    return beats[: len(beats) - description.beats_per_step + cut] if cut else beats


def _checked(name: str, values: Sequence[int] | np.ndarray | None, count: int, most: np.ndarray) -> np.ndarray:
    if values is None:
        return np.zeros(count, dtype=np.int64)
    array = np.asarray(values)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"{name} must be {count} integers, not {array.dtype} of shape {array.shape}")
    places = np.flatnonzero((array < 0) | (array > most))
    if places.size:
        raise InputError(f"{name} must be from 0 to {int(most[places[0]])}, not {int(array[places[0]])}")
    return array.astype(np.int64)
