"""A progress bar for a training run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """Where a training run is after a step; ``validation_accuracy`` (0 to 1) is that of the last whole epoch."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    validation_accuracy: float | None


@contextmanager
def progress_bar(*, console: Console | None = None) -> Iterator[Callable[[StepReport], None]]:
    """Yield a function that shows each :class:`StepReport` it is given; on standard error unless told otherwise."""
    columns = (
        TextColumn("training"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("epochs · loss {task.fields[loss]} · validation {task.fields[accuracy]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as progress:
        bar = progress.add_task("training", total=None, loss="–", accuracy="–")

        def show(report: StepReport) -> None:
            accuracy = "–" if report.validation_accuracy is None else f"{100 * report.validation_accuracy:.1f} %"
            completed = report.epoch + report.step / report.steps
            progress.update(bar, total=report.epochs, completed=completed, loss=f"{report.loss:.3f}", accuracy=accuracy)

        yield show
