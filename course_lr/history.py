"""What a training remembers: plain arrays with named axes, and a file format without pickles."""

import json
import os
from typing import Any, NamedTuple, Self

import numpy as np

from course_lr import checks, files

FORMAT = "course_lr.History/1"


class Record:
    """One record of a block, growing step by step: ``values`` has shape ``(entries, rows, …)``.

    Args:
        rows: how many rows the block has.
        missing: what stands where a row has diverged.
        shape, dtype: of the value of one row.
    """

    def __init__(self, rows: int, missing: float, shape: tuple[int, ...] = (), dtype=np.float64):
        self.missing, self.length = missing, 0
        self.data = np.full((1, rows, *shape), missing, dtype)

    @classmethod
    def of(cls, name: str, w: np.ndarray, chance: float = 0.0) -> Self:
        """The record called ``name`` for weights ``w``, ``(rows, n)``."""
        if name == "path":
            return cls(len(w), np.nan, w.shape[1:], w.dtype)
        missing = chance if name.endswith("accuracy") else np.inf
        return cls(len(w), np.nan if name in RATES else missing)

    @property
    def values(self) -> np.ndarray:
        """What was recorded so far."""
        return self.data[: self.length]

    @values.setter
    def values(self, values: np.ndarray) -> None:
        self.data, self.length = values.copy(), len(values)

    def bytes_for(self, entries: int) -> int:
        """The size after that many more entries."""
        return self.data[:1].nbytes * (self.length + entries)

    def reserve(self, entries: int) -> None:
        """Make room for that many more entries."""
        if self.length + entries > len(self.data):
            size = max(self.length + entries, 2 * self.length)
            data = np.full((size, *self.data.shape[1:]), self.missing, self.data.dtype)
            data[: self.length] = self.values
            self.data = data

    def append(self, alive: np.ndarray, values: np.ndarray) -> None:
        """One more entry: ``values`` of the rows ``alive``, ``missing`` for the others."""
        self.reserve(1)
        self.data[self.length, alive] = values
        self.length += 1


class LogEntry(NamedTuple):
    """What a controller saw and did, in words.

    Attributes:
        step: updates made before it; it sets the rate of update number ``step``.
        run: the place on the run axis, 0 where there is none.
        seed: the seed itself.
        seen, done: words.
    """

    step: int
    run: int
    seed: int
    seen: str
    done: str

    def __str__(self) -> str:
        return f"step {self.step}, run {self.run}, seed {self.seed}: {self.seen}; {self.done}"


class History:
    """The records of a :func:`~course_lr.train`, each an attribute.

    Attributes:
        loss, eta, path, …: what was asked for by ``record``; axes ``step × run × seed`` without
            those that ``axes`` does not name, ``path`` with the ``n`` weights last.
        axes: names of the axes of ``loss``, such as ``("step", "run", "seed")``.
        steps: updates made.
        record_steps: the steps at which ``validation_…``, ``train_…``, ``test_…`` were taken.
        diverged_at: ``(run, seed)`` without absent axes; the first step whose loss or weights are
            not finite, -1 where there is none. From there on ``loss`` is ``inf``.
        w: the weights after the last update, or where the run was frozen.
        seeds: the seeds, in the order of their axis.
        rescues: the shape of ``diverged_at``; how often a controller took a run back to earlier
            weights, 0 where there was no controller.

    >>> from course_lr import Quadratic, train
    >>> history = train(Quadratic([1.0]), [0.5, 3.0], steps=2, start=[4.0])
    >>> history.axes, history.loss.shape, history.diverged
    (('step', 'run'), (3, 2), array([False, False]))
    >>> history.loss[-1], history.w
    (array([  0.5, 128. ]), array([[ 1.],
           [16.]]))

    A file keeps all of it:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history.save(pathlib.Path(folder) / "two.npz")
    ...     History.load(pathlib.Path(folder) / "two.npz")
    <History of 2 steps, 2 runs: loss; 0 diverged>
    """

    def __init__(self, records: dict[str, np.ndarray], **about: Any):
        self.records = records
        self.axes: tuple[str, ...] = tuple(about["axes"])
        self.steps: int = int(about["steps"])
        self.seeds: tuple[int, ...] = tuple(int(seed) for seed in about["seeds"])
        self.record_steps: np.ndarray = np.asarray(about["record_steps"], dtype=np.int64)
        self.diverged_at: np.ndarray = np.asarray(about["diverged_at"], dtype=np.int64)
        self.w: np.ndarray = about["w"]
        none = np.zeros_like(self.diverged_at)
        self.rescues: np.ndarray = np.asarray(about.get("rescues", none), dtype=np.int64)
        self.events: np.ndarray = about.get("events", np.empty((0, 8)))
        self.phrases: tuple[str, ...] = tuple(about.get("phrases", ()))

    @property
    def log(self) -> list[LogEntry]:
        """What a controller saw and did, in words: an entry for each notable decision.

        >>> from course_lr import Quadratic, BoldDriver, train
        >>> print(*train(Quadratic([1.0]), BoldDriver(3.0), steps=1).log)
        step 1, run 0, seed 0: the loss rose to 2; rate 3 → 1.5, back to the last good weights
        """
        entries = []
        for step, row, why, value, *done in self.events.tolist():
            run, seed = divmod(int(row), len(self.seeds))
            words = self.phrases[int(why)].format(value=value)
            entries.append(LogEntry(int(step), run, self.seeds[seed], words, _done(*done)))
        return entries

    def __getattr__(self, name: str) -> np.ndarray:
        records = self.__dict__.get("records", {})
        if name in records:
            return records[name]
        hint = ""
        if name in POINTS + RATES + MEASURES:
            hint = f"; ask for it by train(..., record=('loss', {name!r}))"
        raise AttributeError(f"{name!r} was not recorded (here: {', '.join(records)}){hint}")

    def __dir__(self):
        return [*super().__dir__(), *self.records]

    @property
    def diverged(self) -> np.ndarray:
        """Which runs left the finite numbers, the shape of ``diverged_at``."""
        return self.diverged_at >= 0

    def __repr__(self) -> str:
        shape = dict(zip(self.axes[1:], self.diverged_at.shape))
        size = " × ".join(f"{n} {axis}s" for axis, n in shape.items()) or "1 run"
        return (
            f"<History of {self.steps} steps, {size}: {', '.join(self.records)}; "
            f"{int(self.diverged.sum())} diverged>"
        )

    def _about(self) -> dict[str, Any]:
        about = {"axes": self.axes, "steps": self.steps, "seeds": self.seeds}
        return about | ({"phrases": self.phrases} if self.phrases else {})

    def to_dict(self) -> dict[str, Any]:
        """Everything as strict JSON values; what is not finite becomes ``None``."""
        arrays = {"record_steps": self.record_steps, "diverged_at": self.diverged_at, "w": self.w}
        lists = {name: _listed(a) for name, a in {**arrays, **self.records}.items()}
        about = {"axes": list(self.axes), "steps": self.steps, "seeds": list(self.seeds)}
        if self.phrases:
            about |= {"rescues": self.rescues.tolist(), "log": [list(e) for e in self.log]}
        return {**about, **lists}

    def save(self, path: str | os.PathLike) -> None:
        """Write an ``.npz`` file at ``path``: the old file or the new one, never half of it."""
        arrays = {f"record.{name}": a for name, a in self.records.items()}
        for name in ARRAYS + (CONTROLLED if self.phrases else ()):
            arrays[name] = getattr(self, name)
        about = json.dumps({"format": FORMAT, **self._about()})
        with files.replaced(path) as file:
            np.savez_compressed(file, about=np.array(about), **arrays)

    def _fits(self) -> bool:
        """Whether the arrays have shapes that belong together; KeyError for an unknown record."""
        shape, n = self.diverged_at.shape, self.w.shape[-1:]
        entries = dict.fromkeys(POINTS, self.steps + 1) | dict.fromkeys(RATES, self.steps)
        entries |= dict.fromkeys(MEASURES, len(self.record_steps))
        wanted = {name: (entries[name], *shape, *n * (name == "path")) for name in self.records}
        shapes = {name: a.shape for name, a in self.records.items() if a.dtype.kind == "f"}
        controlled = self.rescues.shape == shape and self.events.shape[1:] == (8,)
        fits = self.w.shape == shape + n and len(self.axes) == 1 + len(shape)
        return shapes == wanted and fits and controlled

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            OSError: there is no such file, or it can't be read.
            ValueError: the file is damaged, holds pickles, or is not a History.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except OSError:
            raise
        except Exception as error:
            raise ValueError(f"{path} is damaged or is no History: {error}") from None
        try:
            about = json.loads(str(arrays.pop("about")))
            if about.pop("format") != FORMAT:
                raise KeyError("format")
            names = ARRAYS + (CONTROLLED if "phrases" in about else ())
            kept = {name: arrays.pop(name) for name in names}
            records = {name.partition("record.")[2]: a for name, a in arrays.items()}
            history = cls(records, **about, **kept)
            if not history._fits():
                raise ValueError("shapes that do not belong together")
            return history
        except (KeyError, TypeError, AttributeError, ValueError):
            raise ValueError(f"{path} holds no History: not written by History.save") from None


def _done(before: float, after: float, back: float, frozen: float) -> str:
    if frozen:
        return "given up: the run is frozen"
    words = f"rate {before:.3g} → {after:.3g}" if before != after else f"rate stays {after:.3g}"
    return words + (", back to the last good weights" if back else "")


def _listed(a: np.ndarray) -> Any:
    if a.dtype.kind != "f":
        return a.tolist()
    return np.where(np.isfinite(a), a.astype(object), None).tolist()


ARRAYS = ("record_steps", "diverged_at", "w")
"""What is kept besides the records."""
CONTROLLED = ("rescues", "events")
"""What is kept besides where a controller gave the rates."""
RATES = ("eta", "grad_norm", "update_ratio", "grad_cosine")
"""Records with one entry an update."""
POINTS = ("loss", "path")
"""Records with one entry a point: before each update and after the last."""
MEASURES = tuple(
    f"{split}_{measure}"
    for split in ("validation", "train", "test")
    for measure in ("loss", "accuracy")
)
"""Records taken every so many steps, by ``problem.evaluate``."""


def evaluations(problem: object) -> tuple[str, ...]:
    """The names such as ``"validation_loss"`` that ``problem.evaluate`` can answer."""
    if not hasattr(problem, "evaluate"):
        return ()
    guesses = hasattr(problem, "chance")  # the accuracy of guessing, where there is an accuracy
    return tuple(name for name in MEASURES if guesses or not name.endswith("accuracy"))


def record_names(record: object, problem: object) -> tuple[str, ...]:
    """The names in ``record``, checked: each must be one that this problem can give."""
    if isinstance(record, str) or not isinstance(record, (tuple, list, set, frozenset)):
        checks.refuse("record", record, "a tuple of names such as ('loss', 'eta')", TypeError)
    known = POINTS + RATES + evaluations(problem)
    return tuple(dict.fromkeys(checks.one_of("a name in record", name, known) for name in record))
