"""A finished run as integers: fine-tuned where wanted, then frozen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..model.orthogonal_network import OrthogonalRNN
from . import fine_tuning
from .experiment import Run
from .fine_tuning import FineTuned
from .freeze import FreezeReport, freeze
from .freeze_dense import DenseFreezeReport, freeze_dense
from .integer import DenseNetwork, IntegerNetwork
from .integer_evaluation import evaluate_integers


@dataclass(frozen=True, kw_only=True, eq=False)
class FrozenRun:
    """What became of a run.

    Attributes
    ----------
    network : the integers; ``network.trained`` says where they come from
    report : of freezing
    tuning : of fine-tuning; None without
    """

    network: IntegerNetwork | DenseNetwork
    report: FreezeReport | DenseFreezeReport
    tuning: FineTuned | None


def tested_figures(run: Run, network: IntegerNetwork | DenseNetwork) -> dict[str, Any]:
    """What the file of ``network`` says of the test set of ``run``: ``trained["test"]``, plain JSON.

    Evaluates the integers on all of it. ``float`` and ``integer`` are their measures, side by side; ``sequences`` how
    many there are, ``saturations`` how many states the integers clipped.
    """
    integer = evaluate_integers(network, run.task.test).to_json()
    saturations, in_floats = integer.pop("saturations"), run.result["test"]
    figures = {"float": {name: in_floats.get(name) for name in integer}, "integer": integer}
    return {**figures, "sequences": len(run.task.test), "saturations": saturations}


def freeze_run(
    run: Run,
    *,
    state_bits: int = 12,
    input_bits: int = 8,
    fine_tune: int = 0,
    stage: Callable[[str], None] = lambda name: None,
) -> FrozenRun:
    """Calibrate the network of ``run`` on its training data and freeze it.

    Parameters
    ----------
    state_bits, input_bits : as for :func:`~.freeze.freeze`
    fine_tune : steps of :func:`~.fine_tuning.fine_tune` before freezing; 0 for none
    stage : called with the name of each part of the work as it begins

    Raises
    ------
    InputError
        For a baseline, fine-tuning of a dense recurrent matrix, a negative number of steps, and what freezing and
        fine-tuning raise.
    """
    dense = isinstance(run.network, OrthogonalRNN)
    if fine_tune and dense:
        raise InputError("a network of kind 'qornn' cannot be fine-tuned")
    if fine_tune < 0:
        raise InputError(f"fine_tune must be at least 0 steps, not {fine_tune}")
    trained = run.origin  # refuses a baseline before the work begins
    bits: dict[str, Any] = {"state_bits": state_bits, "input_bits": input_bits}
    if dense:
        stage("calibrating")
        frozen, found = freeze_dense(run.network, run.task, trained=trained, **bits)
        return FrozenRun(network=frozen, report=found, tuning=None)
    network, tuning, shift = run.network, None, None
    if fine_tune:
        stage(f"fine-tuning, {fine_tune} steps")
        tuning = fine_tuning.fine_tune(network, run.task, steps=fine_tune, **bits)
        network, shift = tuning.network, tuning.input_shift
        trained |= {"fine_tuning": tuning.to_json()}
    stage("calibrating")
    integers, report = freeze(network, run.task, input_shift=shift, trained=trained, **bits)
    return FrozenRun(network=integers, report=report, tuning=tuning)
