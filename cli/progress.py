"""Progress of long work, on standard error, so that standard output stays what a program may read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stages(title: str) -> Iterator[Callable[[str], None]]:
    """Show the stage that work is in: a spinner with the elapsed time on a terminal, one line a stage elsewhere.

    Yields
    ------
    callable
        To be called with the name of each stage as it begins.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: console.print(f"{title}: {stage}", soft_wrap=True, markup=False, highlight=False)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda stage: progress.update(task, description=f"{title}: {stage}")


@contextmanager
def counted(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of ``total`` is done: a bar on a terminal, every tenth of it as a line elsewhere.

    Yields
    ------
    callable
        To be called with the number done so far.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        shown = -1

        def show(done: int) -> None:
            nonlocal shown
            tenth = 10 * done // max(total, 1)
            if tenth > shown:
                shown = tenth
                console.print(f"{title}: {done} of {total}", soft_wrap=True, markup=False, highlight=False)

        yield show
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)
