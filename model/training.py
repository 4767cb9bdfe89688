"""Training: Adam over shuffled batches, with checkpoints from which a run goes on bit for bit."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..errors import InputError
from .checkpoint import read_checkpoint, write_checkpoint
from .curve import draw_curve
from .interruption import Interruption
from .network import HadamardRNN
from .options import TrainingOptions
from .progress import StepReport
from .task import Split, Task
from .threads import suited_threads

LAST, BEST, METRICS, CURVE = "last.pt", "best.pt", "metrics.jsonl", "curve.png"
CHECKPOINT_SECONDS = 60.0
EVALUATION_BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Mean cross-entropy in nats, and the share of sequences classified rightly, 0 to 1."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(network: HadamardRNN, split: Split) -> Evaluation:
    """Evaluate ``network`` on ``split``, in batches of :data:`EVALUATION_BATCH`."""
    loss, correct = 0.0, 0
    with suited_threads(network, sequences=min(len(split), EVALUATION_BATCH), steps=split.x.shape[1]):
        for start in range(0, len(split), EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            logits, y = network(torch.from_numpy(split.x[part])), torch.from_numpy(split.y[part])
            loss += cross_entropy(logits, y, reduction="sum").item()
            correct += int((logits.argmax(1) == y).sum())
    return Evaluation(loss=loss / len(split), accuracy=correct / len(split))


class Trainer:
    """One training run in one folder.

    The folder receives ``last.pt`` (after every epoch, every minute, and on interruption), ``best.pt`` (the network of
    the best validation accuracy; of equals, the latest), ``metrics.jsonl`` (one line an epoch) and ``curve.png``.

    Two runs of the same network, task and options give the same weights bit for bit on the same machine with the same
    number of threads, however often one of them was stopped and resumed.

    Parameters
    ----------
    network : trained in place.
    task : its training and validation splits are used, never its test split.
    folder : must exist.
    report : called after every step.

    Raises
    ------
    InputError
        If network and task do not fit together.
    """

    def __init__(
        self,
        network: HadamardRNN,
        task: Task,
        options: TrainingOptions,
        folder: Path,
        *,
        report: Callable[[StepReport], None] | None = None,
    ) -> None:
        _check_fit(network, task)
        self.network, self.task, self.options, self.folder = network, task, options, folder
        self._report = report
        self._signs_learn = network.sign_latents.requires_grad
        self._weights = [parameter for parameter in network.parameters() if parameter is not network.sign_latents]
        self._optimiser = torch.optim.Adam([{"params": self._weights}, {"params": [network.sign_latents]}], fused=True)
        self.history: list[dict] = []
        self.best: dict | None = None
        self._epoch, self._seconds = 0, 0.0
        self._begin_epoch()

    def run(self, *, resume: bool = False) -> list[dict]:
        """Train to the last epoch; with ``resume``, from ``last.pt`` on.

        Returns
        -------
        The records of ``metrics.jsonl``, one an epoch.

        Raises
        ------
        InputError
            If there is no checkpoint to resume from, or the loss is no longer finite.
        KeyboardInterrupt
            On Ctrl-C, after the step at hand, when ``last.pt`` is written.
        """
        if resume:
            self._restore(read_checkpoint(self.folder / LAST))
        _write_metrics(self.folder / METRICS, self.history)
        x, y = torch.from_numpy(self.task.train.x), torch.from_numpy(self.task.train.y)
        threads = suited_threads(self.network, sequences=self.options.batch_size, steps=self.task.steps)
        with threads, _deterministic(), Interruption() as interruption:
            self._resumed_at = self._saved_at = time.monotonic()
            while self._epoch < self.options.epochs:
                self._train_epoch(x, y, interruption)
                self._finish_epoch()
        self.network.sign_latents.requires_grad_(self._signs_learn)
        draw_curve(self.history, self.folder / CURVE, title=f"{self.task.name}, d = {self.network.hidden_size}")
        return self.history

    def _begin_epoch(self) -> None:
        self._position, self._loss_sum, self._correct = 0, 0.0, 0
        self._signs_before = self.network.signs.detach().clone()

    def _train_epoch(self, x: Tensor, y: Tensor, interruption: Interruption) -> None:
        options, order = self.options, _order(self.options.seed, self._epoch, len(y))
        rate, sign_rate = options.rates(self._epoch)
        self._optimiser.param_groups[0]["lr"], self._optimiser.param_groups[1]["lr"] = rate, sign_rate
        self.network.sign_latents.requires_grad_(self._signs_learn and sign_rate > 0)
        steps = -(-len(y) // options.batch_size)
        while self._position < len(y):
            batch = order[self._position : self._position + options.batch_size]
            loss = self._step(x[batch], y[batch])
            self._position += len(batch)
            if self._report:
                accuracy = self.history[-1]["validation_accuracy"] if self.history else None
                self._report(
                    StepReport(
                        epoch=self._epoch,
                        epochs=options.epochs,
                        step=-(-self._position // options.batch_size),
                        steps=steps,
                        loss=loss,
                        validation_accuracy=accuracy,
                    )
                )
            if interruption.requested:
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self._saved_at > CHECKPOINT_SECONDS:
                self._save()

    def _step(self, x: Tensor, y: Tensor) -> float:
        self._optimiser.zero_grad()
        logits = self.network(x)
        loss = cross_entropy(logits, y)
        value = loss.item()
        if not np.isfinite(value):
            where, rate = f"epoch {self._epoch + 1}", self.options.learning_rate
            raise InputError(f"training diverged in {where}: loss {value}; learning_rate {rate:g} is too large")
        loss.backward()
        if self.options.gradient_clip:
            torch.nn.utils.clip_grad_norm_(self._weights, self.options.gradient_clip)
        self._optimiser.step()
        self.network.constrain_()
        self._loss_sum += value * len(y)
        self._correct += int((logits.argmax(1) == y).sum())
        return value

    def _finish_epoch(self) -> None:
        validation, trained = evaluate(self.network, self.task.validation), len(self.task.train)
        rate, sign_rate = self.options.rates(self._epoch)
        record = {
            "epoch": self._epoch + 1,
            "train_loss": self._loss_sum / trained,
            "train_accuracy": self._correct / trained,
            "validation_loss": validation.loss,
            "validation_accuracy": validation.accuracy,
            "learning_rate": rate,
            "sign_learning_rate": sign_rate if self._signs_learn else 0.0,
            "sign_flips": int((self.network.signs != self._signs_before).sum()),
            "seconds": round(self._elapsed(), 3),
        }
        self.history.append(record)
        self._epoch += 1
        if self.best is None or validation.accuracy >= self.best["validation_accuracy"]:
            self.best = {"epoch": self._epoch, "validation_accuracy": validation.accuracy}
            write_checkpoint(self.folder / BEST, {"network": self.network.state_dict(), **self.best})
        self._begin_epoch()
        self._save()
        with (self.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._resumed_at

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "epoch": self._epoch,
            "position": self._position,
            "loss_sum": self._loss_sum,
            "correct": self._correct,
            "signs_before": self._signs_before,
            "history": self.history,
            "best": self.best,
            "seconds": self._elapsed(),
        }
        write_checkpoint(self.folder / LAST, state)
        self._saved_at = time.monotonic()

    def _restore(self, state: dict) -> None:
        try:
            self.network.load_state_dict(state["network"])
            self._optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{self.folder / LAST}: a checkpoint of another network ({reason})") from error
        torch.set_rng_state(state["random"])
        self._epoch, self._position = state["epoch"], state["position"]
        self._loss_sum, self._correct = state["loss_sum"], state["correct"]
        self._signs_before = state["signs_before"]
        self.history, self.best, self._seconds = state["history"], state["best"], state["seconds"]


def _check_fit(network: HadamardRNN, task: Task) -> None:
    if network.readout != "last":
        raise InputError(f"readout {network.readout!r} needs a label per step; task {task.name!r} has one per sequence")
    if (network.input_size, network.output_size) != (task.input_size, task.classes):
        found = f"{network.input_size} inputs and {network.output_size} outputs"
        expected = f"{task.input_size} and {task.classes}"
        raise InputError(f"network has {found}, task {task.name!r} needs {expected}")


def _order(seed: int, epoch: int, size: int) -> Tensor:
    """The order of the sequences in an epoch, from seed and epoch alone, so that nothing of it need be saved."""
    state = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0]
    return torch.randperm(size, generator=torch.Generator().manual_seed(int(state >> np.uint64(1))))


def _write_metrics(path: Path, history: list[dict]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in history), encoding="utf-8")


@contextmanager
def _deterministic() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
