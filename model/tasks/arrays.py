"""The user's own sequences: arrays in one ``.npz`` file or in a folder of ``.npy`` files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...array_file import load_arrays
from ...errors import InputError
from ..split import Split
from ..stratified import stratified_order
from ..task import SPLITS, Task

KEYS = ("x", "y", "lengths")
PATHS = ("path",)
LARGEST_VOCABULARY = 1 << 24
LARGEST_CLASSES = 1 << 16
LARGEST_EXACT_BITS = 16
LARGEST_SINGLE = float(np.finfo(np.float32).max)


def load(path: str = "", labels: str = "", tokens: bool = False) -> Task:
    """The arrays ``x`` and ``y``, and ``lengths`` where there is one, of N sequences of T steps.

    ========== ======================================================================================================
    x          ``(N, T, m)``, integers or floats; with ``tokens``, integers ``(N, T)`` from 0, and m is the largest + 1
    y          classes, integers from 0: ``(N,)``, or ``(N, T)`` with one a step; or targets of a regression, floats:
               ``(N, o)`` or ``(N,)``, or ``(N, T, o)`` with some a step
    lengths    ``(N,)``, the steps of each sequence, 1 to T; what follows in ``x`` and ``y`` may be anything
    ========== ======================================================================================================

    They are divided into 70 % for training, 10 % for validation and 20 % for the test, in an order that is the same for
    equal data, and of labels per sequence has every class in proportion. Data that are divided already are called
    ``train_x``, ``train_y``, ``validation_x``, ``test_lengths`` and so on; without ``validation_x``, 10 % of the
    training part are for validation. The test part keeps its order then.

    Integers that fit 16 bits are inputs as they are: ``input_scale`` 1, with the fewest bits that hold them.

    The task's ``digest`` is over names, types, shapes and values of the arrays in the file, padding too.

    Parameters
    ----------
    path : an ``.npz`` file (``numpy.savez``) or a folder of ``.npy`` files, ``x.npy`` and so on, nothing pickled.
    labels : names of the classes, class 0 first, with commas between them; their numbers where left out.
    tokens : whether ``x`` holds tokens.

    Raises
    ------
    InputError
        If the file cannot be read, an array is missing or unknown, or one has a shape, type or value that does not fit.
    """
    if not path:
        raise InputError("task 'arrays' needs the option path: an .npz file or a folder of .npy files")
    arrays = _read(Path(path))
    parts = {name: part.checked(tokens) for name, part in _parts(Path(path), arrays).items()}
    whole = tuple(parts.values())
    for part in whole[1:]:
        part.check_like(whole[0])
    regression = whole[0].y.dtype == np.float32
    if regression and labels:
        raise InputError(f"labels must be left out for a regression, not {labels!r}")
    integers = None if tokens else _integer_format(whole)
    train, validation, test = _divided(parts)
    return Task(
        name="arrays",
        options={"path": path, "labels": labels, "tokens": tokens},
        train=train,
        validation=validation,
        test=test,
        labels=() if regression else _class_names(labels, whole),
        objective="regression" if regression else "classification",
        readout="every" if whole[0].y.ndim == 2 + regression else "last",
        input_kind="index" if tokens else "vector",
        vocabulary=1 + max(int(part.x.max()) for part in whole) if tokens else None,
        digest=_digest(arrays),
        **({} if integers is None else {"input_scale": 1.0, "input_bits": integers[0], "input_signed": integers[1]}),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """The arrays of one split, or of all: as read, or as :meth:`checked` makes them. ``integer``: whether ``x`` was."""

    path: Path
    prefix: str
    x: np.ndarray
    y: np.ndarray
    lengths: np.ndarray | None
    integer: bool = False

    def where(self, key: str) -> str:
        """The array ``key`` in words."""
        name = self.prefix + key
        return str(self.path / f"{name}.npy") if self.path.is_dir() else f"{self.path}: {name}"

    def checked(self, tokens: bool) -> "Part":
        """The arrays in the types of a :class:`~hadamrnn.model.split.Split`, with zeros after the ends."""
        x = self._checked_x(tokens)
        lengths = self._checked_lengths()
        y = self._checked_y()
        if lengths is not None:
            after = np.arange(x.shape[1]) >= lengths[:, None]
            x[after] = 0
            if y.ndim == 2 + (y.dtype == np.float32):
                y[after] = 0
        if not tokens:
            self._refuse_infinite("x", x)
        if y.dtype == np.float32:
            self._refuse_infinite("y", y)
        else:
            self._refuse("y", (y < 0) | (y >= LARGEST_CLASSES), None, f"classes 0 to {LARGEST_CLASSES - 1}")
        if tokens:
            self._refuse("x", (x < 0) | (x >= LARGEST_VOCABULARY), None, f"tokens 0 to {LARGEST_VOCABULARY - 1}")
            x = x.astype(np.int32)
        integer = self.x.dtype.kind in "iub"
        return Part(path=self.path, prefix=self.prefix, x=x, y=y, lengths=lengths, integer=integer)

    def check_like(self, other: "Part") -> None:
        """Refuse sequences, labels or targets of another kind or shape than those of ``other``."""
        for key in ("x", "y"):
            one, first = getattr(self, key), getattr(other, key)
            if (one.dtype, one.shape[1:]) != (first.dtype, first.shape[1:]):
                found, expected = (f"{array.dtype} {array.shape}" for array in (one, first))
                raise InputError(f"{self.where(key)} is {found}, expected the like of {other.where(key)}, {expected}")

    def split(self, order: np.ndarray | slice = slice(None)) -> Split:
        """The sequences at ``order``, or all in theirs."""
        lengths = None if self.lengths is None else self.lengths[order]
        return Split(x=self.x[order], y=self.y[order], lengths=lengths)

    def _checked_x(self, tokens: bool) -> np.ndarray:
        expected = "integers of shape (N, T)" if tokens else "numbers of shape (N, T, m)"
        if not self.x.size and self.x.ndim == 3 - tokens:
            expected += ", N and T at least 1" if tokens else ", N, T and m at least 1"
        if self.x.dtype.kind not in ("iu" if tokens else "iubf") or self.x.ndim != 3 - tokens or not self.x.size:
            hint = "; for tokens set tokens=true" if not tokens and self.x.ndim == 2 else ""
            raise InputError(f"{self.where('x')} is {self.x.dtype} {self.x.shape}, expected {expected}{hint}")
        with np.errstate(over="ignore"):  # what becomes infinite is refused
            return self.x.astype(np.int64 if tokens else np.float32)

    def _checked_y(self) -> np.ndarray:
        count, steps = self.x.shape[:2]
        regression = self.y.dtype.kind == "f"
        shapes = f"({count}, o) or ({count}, {steps}, o)" if regression else f"({count},) or ({count}, {steps})"
        y = self.y[:, None] if regression and self.y.ndim == 1 else self.y
        fits = y.dtype.kind in "iubf" and y.ndim in (1 + regression, 2 + regression) and y.size
        if not fits or y.shape[: y.ndim - regression] != (count, steps)[: y.ndim - regression]:
            what = "targets" if regression else "integers (classes) or floats (targets)"
            shapes += ", o at least 1" if regression and not y.size else ""
            raise InputError(f"{self.where('y')} is {self.y.dtype} {self.y.shape}, expected {what} of shape {shapes}")
        with np.errstate(over="ignore"):
            return y.astype(np.float32 if regression else np.int64)

    def _checked_lengths(self) -> np.ndarray | None:
        if self.lengths is None:
            return None
        found, (count, steps) = self.lengths, self.x.shape[:2]
        if found.dtype.kind not in "iu" or found.shape != (count,):
            expected = f"integers of shape ({count},)"
            raise InputError(f"{self.where('lengths')} is {found.dtype} {found.shape}, expected {expected}")
        self._refuse("lengths", (found < 1) | (found > steps), None, f"1 to {steps} steps")
        return found.astype(np.int64)

    def _refuse_infinite(self, key: str, values: np.ndarray) -> None:
        """Refuse ``values`` in single precision that are not finite: named as they were read, where they were there."""
        wrong = ~np.isfinite(values)
        if wrong.any():
            found = getattr(self, key).reshape(values.shape)[tuple(np.argwhere(wrong)[0])]
            beyond = np.isfinite(found)
            expected = f"numbers of single precision, up to {LARGEST_SINGLE:.2g}" if beyond else "finite values"
            self._refuse(key, wrong.any(-1), str(found) if beyond else "NaN or infinity", expected)

    def _refuse(self, key: str, wrong: Any, what: str | None, expected: str) -> None:
        """Refuse the first value that is ``wrong``: named as ``what``, or by itself."""
        if wrong.any():
            sequence, *step = (int(index) for index in np.argwhere(wrong)[0])
            value = getattr(self, key)[(sequence, *step)] if what is None else what
            place = f"sequence {sequence}" + (f", step {step[0]}" if step else "")
            raise InputError(f"{self.where(key)}: {value} in {place}, expected {expected}")


def _parts(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Part]:
    """``{"": …}`` of data that are to be divided, or those that there are of ``train``, ``validation`` and ``test``."""
    known = [*KEYS, *(f"{split}_{key}" for split in SPLITS for key in KEYS)]
    for key in arrays:
        if key not in known:
            raise InputError(f"{path}: unknown array {key!r}; arrays: {', '.join(known)}")
    divided = [key for key in arrays if key not in KEYS]
    if divided and len(divided) < len(arrays):
        raise InputError(f"{path}: {divided[0]} beside {next(key for key in KEYS if key in arrays)}, expected one kind")
    names = [""]
    if divided:
        names = [split for split in SPLITS if split != "validation" or any(key.startswith(split) for key in divided)]
    parts = {}
    for name in names:
        prefix = f"{name}_" if name else ""
        for key in ("x", "y"):
            if prefix + key not in arrays:
                raise InputError(f"{path}: no array {prefix + key}, found: {', '.join(sorted(arrays)) or 'none'}")
        found = {key: arrays.get(prefix + key) for key in KEYS}
        parts[name] = Part(path=path, prefix=prefix, **found)  # type: ignore[arg-type]
    return parts


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.is_dir():
        return {file.stem: _load(file) for file in sorted(path.glob("*.npy"))}
    found = load_arrays(path)
    if isinstance(found, np.ndarray):
        raise InputError(f"{path}: a single array, expected an .npz file or a folder of .npy files")
    return {name: array for name, array in found.items() if array is not None}


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and values, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.hexdigest()


def _load(path: Path) -> np.ndarray:
    found = load_arrays(path)
    if not isinstance(found, np.ndarray):
        raise InputError(f"{path}: several arrays, expected one")
    return found


def _divided(parts: dict[str, Part]) -> tuple[Split, Split, Split]:
    """The three splits, training sequences in an order of which any stretch is fair."""
    part = parts[""] if "" in parts else parts["train"]
    count, order = len(part.y), _order(part.y)
    validation = max(1, count // 10) if "validation" not in parts else 0
    test = max(1, count // 5) if "" in parts else 0
    if count <= validation + test:
        raise InputError(f"{part.where('x')} has {count} sequences, expected at least {validation + test + 1}")
    train, rest = part.split(order[: count - validation - test]), order[count - validation - test :]
    return (
        train,
        part.split(rest[:validation]) if validation else parts["validation"].split(),
        part.split(rest[validation:]) if test else parts["test"].split(),
    )


def _order(y: np.ndarray) -> np.ndarray:
    return stratified_order(y) if y.ndim == 1 else np.random.RandomState(0).permutation(len(y))


def _class_names(labels: str, parts: Sequence[Part]) -> tuple[str, ...]:
    needed, where = max((int(part.y.max()) + 1, part.where("y")) for part in parts)
    if not labels:
        return tuple(str(label) for label in range(needed))
    names = tuple(name.strip() for name in labels.split(","))
    if len(names) < needed or "" in names:
        raise InputError(f"labels must name each of {needed} classes of {where}, not {labels!r}")
    return names


def _integer_format(parts: Sequence[Part]) -> tuple[int, bool] | None:
    """Bits and signedness of the smallest format that holds every ``x``; none for floats or more than 16 bits."""
    if not all(part.integer for part in parts):
        return None
    low, high = int(min(part.x.min() for part in parts)), int(max(part.x.max() for part in parts))
    signed = low < 0
    bits = max(high.bit_length(), (~low).bit_length()) + 1 if signed else max(1, high.bit_length())
    return (max(bits, 1 + signed), signed) if bits <= LARGEST_EXACT_BITS else None
