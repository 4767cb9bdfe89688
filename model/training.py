"""Training: AdamW over shuffled batches, with checkpoints from which a run goes on bit for bit."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from .arithmetic import training_arithmetic
from .baselines import Baseline
from .checkpoint import load_weights, read_checkpoint, write_checkpoint
from .curve import draw_curve
from .device import available_device
from .initialisation import scale_inputs, set_output_bias
from .interruption import Interruption
from .network import HadamardRNN
from .objective import evaluate, score, tensors
from .optimiser import Optimiser
from .options import TrainingOptions
from .orthogonal_network import OrthogonalRNN
from .progress import StepReport
from .sign_search import search_signs
from .task import Task
from .threads import suited_threads

LAST, BEST, METRICS, CURVE = "last.pt", "best.pt", "metrics.jsonl", "curve.png"
CHECKPOINT_SECONDS = 60.0


class Trainer:
    """One training run in one folder.

    The folder receives ``last.pt`` (after every epoch, every minute, and on interruption), ``best.pt`` (the network of
    the best epoch), ``metrics.jsonl`` (one line an epoch) and ``curve.png``.

    The best epoch is the one of the highest validation accuracy where there is one label a sequence, else the one of
    the lowest validation loss: with a label per step, accuracy is at its best long before the network is. Of equals, it
    is the latest.

    Two runs of the same network, task and options give the same weights bit for bit on the same machine with the same
    number of threads, however often one of them was stopped and resumed. Gated baselines train on one thread, see
    :func:`~.arithmetic.training_arithmetic`.

    Parameters
    ----------
    network : trained in place.
    task : its training and validation splits are used, never its test split.
    folder : must exist.
    search : whether signs and input weights are searched before the first epoch, see
        :func:`~hadamrnn.model.sign_search.search_signs`; ``searched`` then says what was found, and in which time.
    device : ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; the network goes there and stays there.
    report : called after every step.
    state_noise : of a Hadamard RNN with read-out ``last``: the standard deviation of the noise that each step of the
        loop will add to the state, as a share of the root mean square of the states that are read; asked for before
        every epoch. √T times that share of the states of a batch is added to them. The gradient knows that noise grows
        with the states, so a neuron whose states make the LSB of all coarser has to be worth it.

    Raises
    ------
    InputError
        If network and task do not fit together, or the device is not there.
    """

    def __init__(
        self,
        network: HadamardRNN | OrthogonalRNN,
        task: Task,
        options: TrainingOptions,
        folder: Path,
        *,
        search: bool = False,
        device: str = "cpu",
        report: Callable[[StepReport], None] | None = None,
        state_noise: Callable[[], float] | None = None,
    ) -> None:
        _check_fit(network, task)
        self.device = available_device(device)
        network.to(self.device)
        self.network, self.task, self.options, self.folder = network, task, options, folder
        self._report = report
        self._search = search
        self.searched: dict | None = None
        self._state_noise, self._noise_share = state_noise, 0.0
        self._signs_learn = network.sign_latents.requires_grad
        self._optimiser = Optimiser(network, options)
        self.history: list[dict] = []
        self.best: dict | None = None
        self._epoch, self._seconds = 0, 0.0
        self._begin_epoch()

    def run(self, *, resume: bool = False) -> list[dict]:
        """Train to the last epoch, or until patience is at its end; with ``resume``, from ``last.pt`` on.

        Returns
        -------
        The records of ``metrics.jsonl``, one an epoch.

        Raises
        ------
        InputError
            If there is no checkpoint to resume from, or the loss is no longer finite.
        KeyboardInterrupt
            On Ctrl-C, after the step or the validation at hand, when ``last.pt`` is written; before the first step, at
            once.
        """
        if resume:
            self._restore(read_checkpoint(self.folder / LAST))
        _write_metrics(self.folder / METRICS, self.history)
        threads = suited_threads(self.network, sequences=self.options.batch_size, steps=self.task.steps)
        gated = isinstance(self.network, Baseline)
        with threads, training_arithmetic(one_thread=gated):
            self._resumed_at = self._saved_at = time.monotonic()
            if not resume:
                self._initialise()
            with Interruption() as interruption:
                while self._epoch < self.options.epochs and not self._out_of_patience():
                    self._train_epoch(interruption)
                    self._finish_epoch()
                    if interruption.requested:
                        raise KeyboardInterrupt
        self.network.sign_latents.requires_grad_(self._signs_learn)
        title = f"{self.task.name}, d = {self.network.hidden_size}"
        draw_curve(self.history, self.folder / CURVE, title=title, kept=self.best["epoch"] if self.best else None)
        return self.history

    def _initialise(self) -> None:
        """Before the first epoch. A run that is stopped here begins anew, and finds the same."""
        if not isinstance(self.network, HadamardRNN | OrthogonalRNN):
            return
        self.network.cpu()
        if self._search and isinstance(self.network, HadamardRNN):
            found = search_signs(
                self.network, self.task, candidates=self.options.sign_candidates, seed=self.options.seed
            )
            searched = {**asdict(found), "unexplained": list(found.unexplained)}
            self.searched = {**searched, "seconds": round(self._elapsed(), 3)}
        scale_inputs(self.network, self.task)
        if isinstance(self.network, OrthogonalRNN):
            set_output_bias(self.network, self.task)
        self.network.to(self.device)
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._position, self._loss_sum, self._counted, self._right = 0, 0.0, 0, 0
        self._signs_before = self.network.signs.detach().clone()

    def _train_epoch(self, interruption: Interruption) -> None:
        options, size = self.options, len(self.task.train)
        order = _order(options.seed, self._epoch, size)
        _, sign_rate = options.rates(self._epoch)
        self.network.sign_latents.requires_grad_(self._signs_learn and sign_rate > 0)
        if self._state_noise and not self._position:
            self._noise_share = self._state_noise()
        steps = -(-size // options.batch_size)
        while self._position < size:
            self._optimiser.set_rates(self._epoch + self._position / size)
            batch = order[self._position : self._position + options.batch_size]
            loss = self._step(batch)
            self._position += len(batch)
            if self._report:
                before = self.history[-1] if self.history else {}
                self._report(
                    StepReport(
                        epoch=self._epoch,
                        epochs=options.epochs,
                        step=-(-self._position // options.batch_size),
                        steps=steps,
                        loss=loss,
                        validation_loss=before.get("validation_loss"),
                        validation_accuracy=before.get("validation_accuracy"),
                    )
                )
            if interruption.requested:
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self._saved_at > CHECKPOINT_SECONDS:
                self._save()

    def _step(self, batch: np.ndarray) -> float:
        x, y, lengths = tensors(self.task.train, batch, self.device)
        self._optimiser.zero_grad()
        result = score(self._outputs(x, lengths), y, lengths)
        value = result.loss.item()
        self._check_finite("loss", value)
        penalty = self.network.penalty() if isinstance(self.network, OrthogonalRNN) else None
        (result.loss if penalty is None else result.loss + penalty).backward()
        if self.options.gradient_clip:
            torch.nn.utils.clip_grad_norm_(self._optimiser.weights, self.options.gradient_clip)
        self._optimiser.step()
        self.network.constrain_()
        self._loss_sum += value * result.counted
        self._counted += result.counted
        self._right += result.right or 0
        return value

    def _check_finite(self, name: str, value: float) -> None:
        if not math.isfinite(value):
            where, rate = f"epoch {self._epoch + 1}", self.options.learning_rate
            reason = f"learning_rate {rate:g} is too large, or the data or a weight of [training] are"
            raise InputError(f"training diverged in {where}: {name} {value}; {reason}")

    def _outputs(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if not self._noise_share:
            return self.network(x) if lengths is None else self.network(x, lengths)
        assert isinstance(self.network, HadamardRNN)
        state = self.network.last_state(x, lengths)
        drawn = torch.randn(state.shape).to(state)  # on the processor, whose generator checkpoints keep
        steps = math.sqrt(x.shape[1]) if lengths is None else lengths[:, None].sqrt()
        size = torch.linalg.vector_norm(state) / math.sqrt(state.numel())  # whose gradient where all are 0 is 0
        return self.network.read_out(state + self._noise_share * size * steps * drawn)

    def _finish_epoch(self) -> None:
        validation = evaluate(self.network, self.task.validation)
        self._check_finite("validation loss", validation.loss)
        rate, sign_rate = self.options.rates(self._epoch)
        record = {
            "epoch": self._epoch + 1,
            "train_loss": self._loss_sum / self._counted,
            "train_accuracy": None if validation.accuracy is None else self._right / self._counted,
            "validation_loss": validation.loss,
            "validation_accuracy": validation.accuracy,
            "validation_sequence_accuracy": validation.sequence_accuracy,
            "learning_rate": rate,
            "sign_learning_rate": sign_rate if self._signs_learn else 0.0,
            "sign_flips": int((self.network.signs != self._signs_before).sum()),
            "seconds": round(self._elapsed(), 3),
        }
        self.history.append(record)
        self._epoch += 1
        if self.best is None or self._merit(record) >= self._merit(self.best):
            self.best = {name: record[name] for name in ("epoch", "validation_loss", "validation_accuracy")}
            kept = {"network": _on_cpu(self.network.state_dict()), "data": self.task.digest}
            write_checkpoint(self.folder / BEST, kept | self.best)
        self._begin_epoch()
        self._save()
        with (self.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _merit(self, record: dict) -> float:
        """What is highest in the best epoch."""
        by_accuracy = self.task.objective == "classification" and self.task.readout == "last"
        return record["validation_accuracy"] if by_accuracy else -record["validation_loss"]

    def _out_of_patience(self) -> bool:
        """Whether the last epochs were all no better than one before them; from the history, so also after resuming."""
        merits = [self._merit(record) for record in self.history]
        return 0 < self.options.patience <= len(merits) - 1 - merits.index(max(merits)) if merits else False

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._resumed_at

    def _save(self) -> None:
        state = {
            "network": _on_cpu(self.network.state_dict()),
            "data": self.task.digest,
            "optimiser": _on_cpu(self._optimiser.state_dict()),
            "random": torch.get_rng_state(),
            "epoch": self._epoch,
            "position": self._position,
            "loss_sum": self._loss_sum,
            "counted": self._counted,
            "right": self._right,
            "signs_before": _on_cpu(self._signs_before),
            "history": self.history,
            "best": self.best,
            "searched": self.searched,
            "noise_share": self._noise_share,
            "seconds": self._elapsed(),
        }
        write_checkpoint(self.folder / LAST, state)
        self._saved_at = time.monotonic()

    def _restore(self, state: dict) -> None:
        path = self.folder / LAST
        try:
            if state.get("state_noise"):
                raise RuntimeError("its noise of states was of a fixed size, which is a share of theirs now")
            load_weights(self.network, state["network"])
            self._optimiser.load_state_dict(state["optimiser"])
            vectors = self.network.word_vectors if isinstance(self.network, HadamardRNN) else None
            if vectors is not None and "embedding" in state["network"]:  # of which these are the transpose
                self._optimiser.transpose_moments(vectors)
            torch.set_rng_state(state["random"])
            self._epoch, self._position = state["epoch"], state["position"]
            self._loss_sum, self._counted, self._right = state["loss_sum"], state["counted"], state["right"]
            self._signs_before = state["signs_before"].to(self.device)
            self.history, self.best, self._seconds = state["history"], state["best"], state["seconds"]
            self.searched, self._noise_share = state["searched"], state.get("noise_share", 0.0)
            if len(self.history) != self._epoch:
                raise ValueError(f"a history of {len(self.history)} epochs, expected {self._epoch}")
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        except KeyError as error:
            raise InputError(f"{path}: not a checkpoint of a run of this version, it has no {error}") from error
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{path}: a checkpoint of another network ({reason})") from error


def _check_fit(network: HadamardRNN | OrthogonalRNN, task: Task) -> None:
    per = {"last": "sequence", "every": "step"}
    if network.readout != task.readout:
        needed, found = f"a result per {per[network.readout]}", f"one per {per[task.readout]}"
        raise InputError(f"readout {network.readout!r} gives {needed}; task {task.name!r} needs {found}")
    if network.input_kind != task.input_kind:
        found, expected = network.input_kind, task.input_kind
        raise InputError(f"network has input_kind {found!r}, task {task.name!r} needs {expected!r}")
    if (network.input_size, network.output_size) != (task.input_size, task.output_size):
        found = f"{network.input_size} inputs and {network.output_size} outputs"
        expected = f"{task.input_size} and {task.output_size}"
        raise InputError(f"network has {found}, task {task.name!r} needs {expected}")


def _order(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of the sequences in an epoch, from seed and epoch alone, so that nothing of it need be saved."""
    state = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0]
    return torch.randperm(size, generator=torch.Generator().manual_seed(int(state >> np.uint64(1)))).numpy()


def _on_cpu(state: Any) -> Any:
    """The same with every tensor on the processor, so that a checkpoint can be read on any machine."""
    if isinstance(state, torch.Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {key: _on_cpu(value) for key, value in state.items()}
    return [_on_cpu(value) for value in state] if isinstance(state, list) else state


def _write_metrics(path: Path, history: list[dict]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in history), encoding="utf-8")
