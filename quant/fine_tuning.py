"""Fine-tuning: training goes on for a while with the integer network in the forward pass.

What the rounding of states, biases and inputs does to the logits is then seen, and partly undone, by the weights. The
gradient is straight through every rounding and saturation. Straight through means that the backward pass is the one of
the float recurrence, so it need not go through the integer loop at all: the loop runs exactly and without a graph
(:class:`~.integer_loop.IntegerLoop`), the gradient comes from the closed form of the recurrence. That is what a step
loop of quantisers computes (:func:`~.state_quantiser.quantised_states`), at a fraction of its time and memory.
"""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InputError
from ..model.network import HadamardRNN
from ..model.objective import score, tensors
from ..model.task import Task
from ..model.threads import suited_threads
from .calibration import SHIFTS
from .freeze import Formats, bias_rounding, calibrate, to_integers
from .integer import IntegerNetwork, quantise_inputs
from .integer_evaluation import IntegerEvaluation, evaluate_integers
from .integer_loop import IntegerLoop
from .quantisers import straight_through

STEPS = 500
VALIDATION = 5000  # sequences, at most, by which networks are compared
FINER = 2  # units up to 2^FINER finer than calibration's are tried, at the price of states that saturate
_VALIDATIONS = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class FineTuned:
    """The best network met, by validation in integers.

    Attributes
    ----------
    network : a copy of the given network, its signs fixed; an embedding is folded into its input weights
    input_shift : f that it was trained with; ``freeze(network, task, state_bits=…, input_bits=…, input_shift=…)`` gives
        exactly the integers that were validated
    finer_unit : by how many powers of two the unit of states is finer than calibration's, 0 to :data:`FINER`
    before, after : validation of the network as calibration alone would freeze it, and of the best one
    steps : steps trained before the best one; 0 where training did not improve it
    history : ``[step, validation loss, validation accuracy]`` of every validation
    """

    network: HadamardRNN
    input_shift: int
    finer_unit: int
    before: IntegerEvaluation
    after: IntegerEvaluation
    steps: int
    history: list[tuple[int, float, float | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, without the network."""
        return {
            "input_shift": self.input_shift,
            "finer_unit": self.finer_unit,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "steps": self.steps,
            "history": [list(entry) for entry in self.history],
        }


def fine_tune(
    network: HadamardRNN,
    task: Task,
    *,
    state_bits: int,
    input_bits: int = 8,
    steps: int = STEPS,
    batch_size: int = 100,
    learning_rate: float = 1e-3,
    seed: int = 0,
    report: Callable[[int, float], None] | None = None,
) -> FineTuned:
    """Train U, b, V and c of a copy of ``network`` with integers in the forward pass; Adam, the rate falling to 0.

    Signs stay as they are, and so do the formats: the scale of U is held by keeping its largest latent in place and the
    others within it. First the unit of states is chosen, of calibration's and finer ones, by validation.

    Parameters
    ----------
    network, task, state_bits, input_bits : as for :func:`~hadamrnn.quant.freeze.freeze`
    steps, batch_size, learning_rate, seed : of training
    report : called after every step with its number and loss

    Raises
    ------
    InputError
        What freezing raises; if a number is not positive, or the loss is no longer finite.
    """
    for name, value in {"steps": steps, "batch_size": batch_size, "learning_rate": learning_rate}.items():
        if not value > 0:
            raise InputError(f"{name} must be positive, not {value!r}")
    formats = calibrate(network, task, state_bits=state_bits, input_bits=input_bits)
    return _Tuning(network, task, formats).run(steps, batch_size, learning_rate, seed, report)


def trained_logits(network: HadamardRNN, loop: IntegerLoop, x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Logits of the integer network times ``logit_scale``, exactly, with gradients straight through.

    Parameters
    ----------
    network : whose integers ``loop`` runs
    x : real vectors of shape ``(batch, time, m)``, or tokens of shape ``(batch, time)``
    lengths : shape ``(batch,)``, optional

    Returns
    -------
    Tensor
        float64, shape ``(batch, o)`` or, for read-out ``every``, ``(batch, time, o)``.
    """
    frozen, every = loop.network, network.readout == "every"
    integers = x
    if frozen.input_kind == "vector":
        integers = torch.from_numpy(quantise_inputs(frozen, x.cpu().numpy())).to(x.device)
        x = (integers.double() * frozen.input_scale).to(x.dtype)
    found = loop.run(integers, lengths, keep_states=every)
    states = found.states if every else found.last
    assert states is not None
    values, exact = network.output_weight.dtype, found.logits.double() * frozen.logit_scale
    if every and network.readout_activation == "none":  # U and b by way of logits, which take no array of states
        output_weight = network.output_quantiser(network.output_weight)
        linear = network.every_read_out(x, output_weight.detach(), torch.zeros_like(network.output_bias))
        read = states.to(values) @ (output_weight * frozen.state_scale).T + network.output_bias
        return straight_through((linear + read).double(), exact)
    linear = network.states(x) if every else network.last_state(x, lengths)
    logits = network.read_out(straight_through(linear, (states.double() * frozen.state_scale).to(values)))
    return straight_through(logits.double(), exact)


class _Tuning:
    """One fine-tuning: the network being trained, and the best one so far."""

    def __init__(self, network: HadamardRNN, task: Task, formats: Formats) -> None:
        self.network, self.task, self.formats = _folded(network), task, formats
        self.device = network.output_weight.device
        self.rounding = bias_rounding(network, task)
        self.validation = task.validation.first(VALIDATION)
        latents = self.network.effective_input_weight().detach()  # an embedding is folded into it
        self.pinned = divmod(int(latents.abs().argmax()), latents.shape[1])  # a place, in whatever order memory has it
        self.pinned_value = float(latents[self.pinned])

    def run(
        self,
        steps: int,
        batch_size: int,
        learning_rate: float,
        seed: int,
        report: Callable[[int, float], None] | None,
    ) -> FineTuned:
        calibrated, before = self.formats.input_shift, self._validate()
        best = self._choose_unit(before)
        best_step, best_state = 0, copy.deepcopy(self.network.state_dict())
        history = [(0, best.loss, best.accuracy)]
        weights = [self.network.input_weight, self.network.bias, self.network.output_weight, self.network.output_bias]
        optimiser = torch.optim.Adam(weights, lr=learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        order = _batches(len(self.task.train), batch_size, seed)
        with suited_threads(self.network, sequences=batch_size, steps=self.task.steps):
            for step in range(1, steps + 1):
                loss = self._step(optimiser, next(order))
                schedule.step()
                if report:
                    report(step, loss)
                if step % max(1, steps // _VALIDATIONS) and step < steps:
                    continue
                found = self._validate()
                history.append((step, found.loss, found.accuracy))
                if _better(found, best):
                    best, best_step, best_state = found, step, copy.deepcopy(self.network.state_dict())
        self.network.load_state_dict(best_state)
        return FineTuned(
            network=self.network,
            input_shift=self.formats.input_shift,
            finer_unit=self.formats.input_shift - calibrated,
            before=before,
            after=best,
            steps=best_step,
            history=history,
        )

    def _step(self, optimiser: torch.optim.Optimizer, indices: np.ndarray) -> float:
        x, y, lengths = tensors(self.task.train, indices, self.device)
        loop = IntegerLoop(self._integers(), self.device)
        optimiser.zero_grad()
        output = trained_logits(self.network, loop, x, lengths)
        loss = score(output, y.double() if y.is_floating_point() else y, lengths).loss
        value = loss.item()
        if not np.isfinite(value):
            raise InputError(f"fine-tuning diverged: loss {value}; the learning rate is too large")
        loss.backward()
        optimiser.step()
        with torch.no_grad():  # the scale of U, and with it every format, stays
            largest = abs(self.pinned_value)
            self.network.input_weight.clamp_(-largest, largest)
            self.network.input_weight[self.pinned] = self.pinned_value
        return value

    def _integers(self) -> IntegerNetwork:
        return to_integers(self.network, self.task, self.formats, self.rounding)

    def _validate(self) -> IntegerEvaluation:
        return evaluate_integers(self._integers(), self.validation, device=str(self.device))

    def _choose_unit(self, calibrated: IntegerEvaluation) -> IntegerEvaluation:
        """Take the unit of the best validation, calibration's or a finer one, and return what that is."""
        best, formats = calibrated, self.formats
        for finer in range(1, FINER + 1):
            tried = dataclasses.replace(formats, input_shift=formats.input_shift + finer)
            if tried.input_shift > SHIFTS[-1]:
                break
            before, self.formats = self.formats, tried
            found = self._validate()
            if _better(found, best):
                best = found
            else:
                self.formats = before
        return best


def _better(found: IntegerEvaluation, best: IntegerEvaluation) -> bool:
    """More labels right, or as many with a smaller loss; a smaller loss where there are no labels."""
    if found.accuracy is None or best.accuracy is None:
        return found.loss < best.loss
    return (found.accuracy, -found.loss) > (best.accuracy, -best.loss)


def _folded(network: HadamardRNN) -> HadamardRNN:
    """A copy, signs fixed, whose latent U is what an embedding and U make together; what it computes is the same."""
    folded = copy.deepcopy(network)
    folded.sign_latents.requires_grad_(False)
    if folded.embedding is not None:
        folded.input_weight = nn.Parameter(network.effective_input_weight().detach().clone())
        folded.word_vectors, folded.embedding_size = None, 0
    return folded


def _batches(size: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of batches, epoch after epoch in a new order."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(size)
        yield from (order[start : start + batch_size] for start in range(0, size, batch_size))
