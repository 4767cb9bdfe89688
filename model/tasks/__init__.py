"""The tasks by name. A module in this folder with a function ``load(**options) -> Task`` is a task: one file each."""

import importlib
import inspect
import pkgutil
from types import ModuleType

from ...errors import InputError
from ..task import Task


def task_names() -> tuple[str, ...]:
    """The names :func:`load_task` knows, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def task_options(name: str) -> dict[str, object]:
    """The options of a task and their default values.

    Raises
    ------
    InputError
        If there is no such task.
    """
    return {option: parameter.default for option, parameter in inspect.signature(_module(name).load).parameters.items()}


def path_options(name: str) -> tuple[str, ...]:
    """Those options of a task that are paths: its module's ``PATHS``, if it has any.

    Raises
    ------
    InputError
        If there is no such task.
    """
    return getattr(_module(name), "PATHS", ())


def check_task(name: str, options: dict[str, object]) -> None:
    """Refuse an unknown task, an unknown option or an option of the wrong type, without loading anything.

    Raises
    ------
    InputError
    """
    known = task_options(name)
    for option, value in options.items():
        if option not in known:
            raise InputError(f"task {name!r} has no option {option!r}; it has: {', '.join(known) or 'none'}")
        if type(value) is not type(known[option]):
            expected = type(known[option]).__name__
            raise InputError(f"option {option!r} of task {name!r} must be of type {expected}, not {value!r}")


def load_task(name: str, **options: object) -> Task:
    """Load a task; options left out have their defaults.

    Raises
    ------
    InputError
        If there is no such task or option, or its data are missing or damaged.

    Examples
    --------
    >>> task = load_task("digits")
    >>> task.steps, task.classes, len(task.test)
    (64, 10, 360)
    """
    check_task(name, options)
    return _module(name).load(**options)


def _module(name: str) -> ModuleType:
    if name not in task_names():
        raise InputError(f"unknown task {name!r}; tasks: {', '.join(task_names())}")
    return importlib.import_module(f".{name}", __name__)
