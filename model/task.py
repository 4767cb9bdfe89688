"""A data set in the form that training, calibration and verification share. Numpy only."""

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Sequences ``x``, float32 of shape ``(N, T, m)``, and their classes ``y``, int64 of shape ``(N,)``."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """Sequences to classify, with the integer format of their inputs.

    Parameters
    ----------
    name, options : what loads it again, see :func:`hadamrnn.model.tasks.load_task`.
    train, validation, test : the splits; all of one T and m.
    labels : the name of each class, class 0 first.
    input_scale : real value of one input unit, where the data are integers by nature, so that quantising them is exact;
        ``None`` where calibration is to choose format and scale.
    input_bits, input_signed : the integer format; used with ``input_scale`` only.

    Raises
    ------
    InputError
        If a split is empty, holds NaN or infinity, has a label outside the classes or a shape that does not fit.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    labels: tuple[str, ...]
    input_scale: float | None = None
    input_bits: int = 8
    input_signed: bool = False
    options: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        for split in SPLITS:
            _check_split(f"{self.name} ({split})", getattr(self, split), len(self.labels))
        shape = self.train.x.shape[1:]
        for split in SPLITS:
            found = getattr(self, split).x.shape[1:]
            if found != shape:
                raise InputError(f"{self.name} ({split}): sequences of shape {found}, those to train on have {shape}")

    @property
    def steps(self) -> int:
        """T, steps per sequence."""
        return self.train.x.shape[1]

    @property
    def input_size(self) -> int:
        """m, values per step."""
        return self.train.x.shape[2]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.labels)


def _check_split(name: str, split: Split, classes: int) -> None:
    if not isinstance(split.x, np.ndarray) or split.x.dtype != np.float32 or split.x.ndim != 3:
        raise InputError(f"{name}: x must be a float32 array of shape (N, T, m), not {_description(split.x)}")
    if not isinstance(split.y, np.ndarray) or split.y.dtype != np.int64 or split.y.shape != split.x.shape[:1]:
        raise InputError(f"{name}: y must be an int64 array of shape ({len(split.x)},), not {_description(split.y)}")
    if not split.x.size:
        raise InputError(f"{name}: empty data set of shape {split.x.shape}, expected at least one sequence and step")
    if not np.isfinite(split.x).all():
        sequence, step, _ = np.argwhere(~np.isfinite(split.x))[0]
        raise InputError(f"{name}: NaN or infinity in sequence {sequence}, step {step}, expected finite values")
    outside = (split.y < 0) | (split.y >= classes)
    if outside.any():
        sequence = int(np.argmax(outside))
        label = split.y[sequence]
        raise InputError(f"{name}: label {label} of sequence {sequence} is outside the classes 0 to {classes - 1}")


def _description(value: object) -> str:
    return f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
