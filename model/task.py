"""A data set in the form that training, calibration and verification share. Numpy only."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from .shape import INPUT_KINDS, READOUTS, check_choice
from .split import Batch, GeneratedSplit, Split

__all__ = ["OBJECTIVES", "SPLITS", "GeneratedSplit", "Split", "Task"]

SPLITS = ("train", "validation", "test")
OBJECTIVES = ("classification", "regression")


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """Sequences to classify, or to compute numbers from, with the integer format of their inputs.

    Parameters
    ----------
    name, options : what loads it again, see :func:`hadamrnn.model.tasks.load_task`.
    train, validation, test : the splits; all of one T and m.
    labels : the name of each class, class 0 first; none for a regression.
    objective : ``"classification"`` or ``"regression"``.
    readout : ``"last"``, one label or target a sequence, or ``"every"``, one a step.
    input_kind : ``"vector"``, m values a step, or ``"index"``, one token a step.
    vocabulary : number of tokens, which are 0 and up; for ``"index"`` only, where it is m.
    blank : the token of steps in which nothing comes, where there is one; for ``"index"`` only.
    input_scale : real value of one input unit, where the data are integers by nature, so that quantising them is exact;
        ``None`` where calibration is to choose format and scale.
    input_bits, input_signed : the integer format; used with ``input_scale`` only.
    digest : SHA-256 of data that may be others another time, as those in a user's file; ``None`` where they never are.

    Raises
    ------
    InputError
        If a split is empty, holds NaN or infinity, has a label outside the classes, a token outside the vocabulary, a
        length outside 1 to T, padding that is not zero, or a type or shape that does not fit.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    labels: tuple[str, ...] = ()
    objective: str = "classification"
    readout: str = "last"
    input_kind: str = "vector"
    vocabulary: int | None = None
    blank: int | None = None
    input_scale: float | None = None
    input_bits: int = 8
    input_signed: bool = False
    digest: str | None = None
    options: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_kinds()
        for split in SPLITS:
            self._check_split(f"{self.name} ({split})", getattr(self, split))
        for split in SPLITS:
            _check_like(f"{self.name} ({split})", getattr(self, split), self.train)

    @property
    def steps(self) -> int:
        """T, steps of the longest sequence."""
        return self.train.x_shape[0]

    @property
    def input_size(self) -> int:
        """m, values per step, or the size of the vocabulary."""
        return self.train.x_shape[1] if self.vocabulary is None else self.vocabulary

    @property
    def output_size(self) -> int:
        """o: the number of classes, or of targets."""
        return self.classes if self.objective == "classification" else self.train.y_shape[-1]

    @property
    def classes(self) -> int:
        """Number of classes; 0 for a regression."""
        return len(self.labels)

    def _check_kinds(self) -> None:
        check_choice(f"objective of {self.name}", self.objective, OBJECTIVES)
        check_choice(f"readout of {self.name}", self.readout, READOUTS)
        check_choice(f"input_kind of {self.name}", self.input_kind, INPUT_KINDS)
        if (self.objective == "classification") != bool(self.labels):
            expected = "the name of each class" if not self.labels else "no labels for a regression"
            raise InputError(f"{self.name}: labels {self.labels!r}, expected {expected}")
        if self.input_kind == "vector" and self.vocabulary is not None:
            raise InputError(f"{self.name}: vocabulary {self.vocabulary!r}, expected none for vectors")
        if self.input_kind == "index" and (type(self.vocabulary) is not int or self.vocabulary < 1):
            raise InputError(f"{self.name}: vocabulary must be a positive integer for tokens, not {self.vocabulary!r}")
        if self.blank is not None and self.blank not in range(self.vocabulary or 0):
            raise InputError(f"{self.name}: blank must be a token of the vocabulary, not {self.blank!r}")

    def _check_split(self, name: str, split: Split) -> None:
        x, y, lengths = split.sample()
        self._check_types(name, x, y)
        if not x.size:
            raise InputError(f"{name}: empty data set of shape {x.shape}, expected at least one sequence and step")
        if lengths is not None:
            _check_lengths(name, x, lengths)
        if self.input_kind == "vector":
            _check_finite(name, x)
        else:
            self._check_tokens(name, x)
        self._check_answers(name, (x, y, lengths))

    def _check_types(self, name: str, x: Any, y: Any) -> None:
        kind, shape = ("a float32", "(N, T, m)") if self.input_kind == "vector" else ("an int32", "(N, T)")
        if not isinstance(x, np.ndarray) or x.dtype != kind.split()[1] or x.ndim != shape.count(",") + 1:
            raise InputError(f"{name}: x must be {kind} array of shape {shape}, not {_description(x)}")
        expected = x.shape[:1] if self.readout == "last" else x.shape[:2]
        regression = self.objective == "regression"
        kind = "a float32" if regression else "an int64"
        fits = isinstance(y, np.ndarray) and y.dtype == kind.split()[1] and y.ndim == len(expected) + regression
        if not fits or y.shape[: len(expected)] != expected or 0 in y.shape[len(expected) :]:
            axes = "".join(f"{size}, " for size in expected)
            shape = f"({axes}o)" if regression else str(expected)
            raise InputError(f"{name}: y must be {kind} array of shape {shape}, not {_description(y)}")

    def _check_tokens(self, name: str, x: np.ndarray) -> None:
        outside = (x < 0) | (x >= self.input_size)
        if outside.any():
            sequence, step = np.argwhere(outside)[0]
            where, limit = f"sequence {sequence}, step {step}", self.input_size - 1
            raise InputError(f"{name}: token {x[sequence, step]} in {where} is outside the vocabulary 0 to {limit}")

    def _check_answers(self, name: str, data: Batch) -> None:
        x, y, lengths = data
        regression = self.objective == "regression"
        wrong = ~np.isfinite(y).all(-1) if regression else (y < 0) | (y >= self.classes)
        if lengths is not None and self.readout == "every":
            wrong &= np.arange(x.shape[1]) < lengths[:, None]
        if not wrong.any():
            return
        where = np.argwhere(wrong)[0]
        place = f"sequence {where[0]}" + (f", step {where[1]}" if len(where) > 1 else "")
        if regression:
            raise InputError(f"{name}: NaN or infinity among the targets of {place}, expected finite values")
        raise InputError(f"{name}: label {y[tuple(where)]} of {place} is outside the classes 0 to {self.classes - 1}")


def _check_finite(name: str, x: np.ndarray) -> None:
    if not np.isfinite(x).all():
        sequence, step, _ = np.argwhere(~np.isfinite(x))[0]
        raise InputError(f"{name}: NaN or infinity in sequence {sequence}, step {step}, expected finite values")


def _check_lengths(name: str, x: np.ndarray, lengths: Any) -> None:
    fits = isinstance(lengths, np.ndarray) and lengths.dtype == np.int64 and lengths.shape == x.shape[:1]
    if not fits:
        raise InputError(f"{name}: lengths must be an int64 array of shape ({len(x)},), not {_description(lengths)}")
    steps = x.shape[1]
    outside = (lengths < 1) | (lengths > steps)
    if outside.any():
        sequence = int(np.argmax(outside))
        raise InputError(f"{name}: length {lengths[sequence]} of sequence {sequence}, expected 1 to {steps} steps")
    filled = (x != 0) if x.ndim == 2 else (x != 0).any(-1)
    filled &= np.arange(steps) >= lengths[:, None]
    if filled.any():
        sequence, step = np.argwhere(filled)[0]
        expected = f"expected zeros after its {lengths[sequence]} steps"
        raise InputError(f"{name}: sequence {sequence} is not zero in step {step}, {expected}")


def _check_like(name: str, split: Split, train: Split) -> None:
    if split.x_shape != train.x_shape:
        raise InputError(f"{name}: sequences of shape {split.x_shape}, those to train on have {train.x_shape}")
    if split.y_shape != train.y_shape:
        raise InputError(f"{name}: targets of shape {split.y_shape}, those to train on have {train.y_shape}")


def _description(value: object) -> str:
    return f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
