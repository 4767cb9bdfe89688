"""A progress bar for a training run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """Where a training run is after a step.

    ``validation_loss`` and ``validation_accuracy`` (0 to 1) are those of the last whole epoch; there is none during the
    first one, and no accuracy of a regression.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    validation_accuracy: float | None
    validation_loss: float | None = None


@contextmanager
def progress_bar(*, console: Console | None = None) -> Iterator[Callable[[StepReport], None]]:
    """Yield a function that shows each :class:`StepReport` it is given; on standard error unless told otherwise."""
    columns = (
        TextColumn("training"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("epochs · loss {task.fields[loss]} · validation {task.fields[validation]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as progress:
        bar = progress.add_task("training", total=None, loss="–", validation="–")

        def show(report: StepReport) -> None:
            completed = report.epoch + report.step / report.steps
            loss, validation = f"{report.loss:.3g}", _validation(report)
            progress.update(bar, total=report.epochs, completed=completed, loss=loss, validation=validation)

        yield show


def _validation(report: StepReport) -> str:
    if report.validation_accuracy is not None:
        return f"{100 * report.validation_accuracy:.1f} %"
    return "–" if report.validation_loss is None else f"loss {report.validation_loss:.3g}"
