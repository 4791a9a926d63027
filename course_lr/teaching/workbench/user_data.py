"""The learner's own arrays: a CSV or a numpy file becomes a :class:`Dataset`, or says why not."""

import csv
import pathlib
import re
import zipfile
from collections.abc import Sequence

import numpy as np

from course_lr import checks
from course_lr.problems import MLP
from course_lr.problems.data import Dataset, split

LARGEST, FEWEST, CLASSES = 50_000_000, 20, 100
"""Bytes of a file, examples at least, classes at most."""
NUMBER = "; this looks like a number to predict, and only classes can be learnt here"
PAIRS = ("inputs", "x"), ("labels", "y")
MISSING = ("", "na", "n/a", "nan")


def stamp(file: str) -> tuple[str, int, int]:
    """What changes when the file does: its full path, time and size.

    Raises:
        ValueError: there is no such file, or it is too large.
    """
    if not isinstance(file, str) or not file.strip():
        raise ValueError("file must name a .csv, .npy or .npz with your data, and is empty")
    path = pathlib.Path(file).expanduser()
    try:
        status = path.stat()
        if not path.is_file():
            raise OSError("it is no file")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"file {checks.shown(file)} can't be read: {why}") from None
    if status.st_size > LARGEST:
        raise ValueError(f"file {checks.shown(file)} is larger than {LARGEST // 10**6} MB")
    return str(path.resolve()), status.st_mtime_ns, status.st_size


def load(file: str, label: str = "") -> Dataset:
    """The examples in a file, standardised by the mean and deviation of the training part.

    Args:
        file: ``.csv``: columns of numbers (with or without names in the first row; separated by
            comma, semicolon or tab) and one with the class, a word or a whole number. ``.npy``: a
            table ``(samples, features + 1)``, the class in the last column. ``.npz``: arrays
            ``inputs`` (or ``X``) and ``labels`` (or ``y``).
        label: the name of the column of a CSV that holds the class; empty for the last one.

    Raises:
        ValueError: in one sentence, with the row and the column where there is one.
    """
    path = pathlib.Path(stamp(file)[0])
    read = {".csv": (_csv, b""), ".npy": (_npy, b"\x93NUMPY"), ".npz": (_npz, b"PK")}
    kind = path.suffix.lower()
    if kind not in read:
        raise ValueError(f"file {checks.shown(file)} must end in .csv, .npy or .npz")
    reader, magic = read[kind]
    try:
        if not path.read_bytes().startswith(magic):
            raise ValueError(f"it is no {kind} file")
        return _dataset(path.stem, *reader(path, label))
    except UnicodeDecodeError:
        raise ValueError(f"file {path.name}: its text can't be read; save it as UTF-8") from None
    except (OSError, ValueError, EOFError, csv.Error, zipfile.BadZipFile) as error:
        raise ValueError(f"file {path.name}: {' '.join(str(error).split())}") from None


def described(problem: MLP) -> str:
    """What was found in a file, in numbers."""
    numbers = *problem.data.inputs.shape, problem.data.classes, *map(len, problem.labels.values())
    text = "{} examples, {} columns, {} classes ({} to train, {} to validate)"
    full = ", each step sees all to train" * (problem.batch_size == problem.samples)
    return text.format(*numbers) + full


def _csv(path: pathlib.Path, label: str) -> tuple[np.ndarray, np.ndarray]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    delimiter = max(";\t,", key=next(filter(None, lines), "").count)
    read = enumerate(csv.reader(lines, delimiter=delimiter), 1)
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in read if cells]
    if not rows:
        raise ValueError("it holds no rows")
    line, first = rows[0]
    if len(first) < 2:
        raise ValueError(f"row {line} has one column; comma, semicolon or tab separates columns")
    plain = [f"column {i}" for i in range(1, len(first) + 1)]
    named = _is_heading([cells for _, cells in rows], label, plain)
    names = first if named else plain
    if label and names.count(label) > 1:
        raise ValueError(f"label {label!r} must name one column, and {names.count(label)} have it")
    column = names.index(checks.one_of("label", label, tuple(names))) if label else len(names) - 1
    if len(rows) == named:
        raise ValueError("no rows below the heading")
    inputs, labels, spelt = [], [], {}
    for number, cells in rows[named:]:
        if len(cells) != len(names):
            raise ValueError(f"row {number} has {len(cells)} columns, the first has {len(names)}")
        for name, cell in zip(names, cells):
            if cell.lower() in MISSING:
                raise ValueError(f"row {number}, column {name!r}: the value is missing ({cell!r})")
        labels.append(spelt.setdefault(_value(cells[column]), cells[column]))
        others = [pair for i, pair in enumerate(zip(names, cells)) if i != column]
        inputs.append([_number(number, name, cell, label) for name, cell in others])
    return np.array(inputs, float), np.array(labels)


def _is_heading(rows: Sequence[Sequence[str]], label: str, plain: Sequence[str]) -> bool:
    """Whether the first row holds names: no number but for the last, or a class met only there."""
    first, *others = rows
    if not any(map(_is_number, first[:-1])):
        return True
    known = label in first or label in plain
    column = (first if label in first else plain).index(label) if known else -1
    if first[column].lower() in MISSING or _is_number(first[column]):
        return False
    classes = [row[column] for row in others if len(row) == len(first)]
    return first[column] not in classes and len(set(classes)) < len(classes)


def _value(cell: str) -> int | float | str:
    """The same for equal numbers, however they are written."""
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


def _is_number(text: str) -> bool:
    return not isinstance(_value(text), str)


def _number(row: int, name: str, cell: str, label: str) -> float:
    if _is_number(cell):
        return float(cell)
    hint = "" if label else f"; if {name!r} is the class, type it into the field 'class column'"
    if re.fullmatch(r"[+-]?\d*,\d+", cell):
        hint = f": a decimal comma is not read, write {cell.replace(',', '.')}"
    raise ValueError(f"row {row}, {name!r}: {cell!r} is no number{hint}")


def _npy(path: pathlib.Path, label: str) -> tuple[np.ndarray, np.ndarray]:
    table = np.load(path, allow_pickle=False)
    if table.ndim != 2 or table.shape[1] < 2 or table.dtype.kind not in "iuf":
        raise ValueError(f"needs numbers of shape (samples, features + 1), got {table.shape}")
    return table[:, :-1], table[:, -1]


def _npz(path: pathlib.Path, label: str) -> tuple[np.ndarray, np.ndarray]:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        names = {name.lower(): name for name in file.files}
        chosen = [names.get(long, names.get(short)) for long, short in PAIRS]
        if None in chosen:
            raise ValueError(f"needs the arrays inputs and labels, has {', '.join(file.files)}")
        inputs, labels = (file[name] for name in chosen)
    return inputs.reshape(len(inputs), -1) if inputs.ndim > 1 else inputs, labels


def _dataset(name: str, inputs: np.ndarray, labels: np.ndarray) -> Dataset:
    if inputs.ndim != 2 or inputs.size == 0 or inputs.dtype.kind not in "iufb":
        raise ValueError(f"inputs must be numbers (samples, features), got {inputs.shape}")
    if labels.shape != (len(inputs),):
        raise ValueError(f"{len(inputs)} inputs need as many labels, got shape {labels.shape}")
    if len(inputs) < FEWEST:
        raise ValueError(f"{len(inputs)} examples are too few, at least {FEWEST} are needed")
    if not np.isfinite(inputs := inputs.astype(float)).all():
        row, column = np.argwhere(~np.isfinite(inputs))[0] + 1
        raise ValueError(f"example {row}, feature {column} is not finite")
    classes, numbered = np.unique(labels, return_inverse=True)
    for number, label in enumerate(classes):
        if str(label).lower() in MISSING:
            raise ValueError(f"example {np.argmax(numbered == number) + 1} has no class ({label})")
    if not 2 <= len(classes) <= min(CLASSES, len(labels) // 2):
        what = f"the labels take {len(classes)} values among {len(labels)} examples"
        what += f": needs 2 to {CLASSES} classes, with 2 examples each on average"
        number = len(classes) > 1 and all(map(_is_number, classes))
        raise ValueError(what + NUMBER * number)
    return Dataset(name, standardised(inputs, numbered), numbered, len(classes))


def standardised(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each column minus its mean, over its deviation, both of the training part alone."""
    inputs = inputs / np.maximum(np.abs(inputs).max(axis=0), 1e-300)  # no overflow in squares
    train = inputs[split(Dataset("", inputs, labels, int(labels.max()) + 1)).train]
    deviation = train.std(axis=0)
    return (inputs - train.mean(axis=0)) / np.where(deviation > 1e-12, deviation, 1.0)
