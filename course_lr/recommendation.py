"""What the recipe answers: a way to train, what it gains, what finding it cost, and why."""

import dataclasses
import html
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_lr.schedules import Constant, CosineDecay, Schedule, Warmup
from course_lr.updates import Update


def cosine(peaks, steps: int) -> Schedule:
    """A warm-up over a tenth of the steps to ``peaks``, then half a cosine down to 0.

    >>> cosine(0.1, 100)
    Warmup(CosineDecay(0.1, steps=90), steps=10)
    """
    warm = steps // 10
    return Warmup(CosineDecay(peaks, steps - warm), warm)


class Way(NamedTuple):
    """A way to train: the largest rate, whether it warms up and decays, and the update rule.

    >>> from course_lr.updates import SGD
    >>> print(Way(0.1, True, SGD()))
    SGD() at 0.1 with warm-up and cosine
    """

    rate: float
    decay: bool
    update: Update

    def schedule(self, steps: int) -> Schedule:
        """The schedule of a training of so many steps."""
        return cosine(self.rate, steps) if self.decay else Constant(self.rate)

    def __str__(self) -> str:
        ending = "with warm-up and cosine" if self.decay else "constant"
        return f"{self.update!r} at {self.rate:.2g} {ending}"


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the recipe.

    Attributes:
        done, why: what was done and found, and the reason for it, in words.
        evaluations: gradient evaluations that it spent.
    """

    done: str
    why: str
    evaluations: int

    def __str__(self) -> str:
        return f"{self.done}\n   Why: {self.why}."


@dataclasses.dataclass(frozen=True, repr=False)
class Recipe:
    """What :func:`recommend` recommends, what that gains and costs, and how it came to it.

    Attributes:
        found: the best way to train that the search found.
        default: the better one of the two defaults.
        gains: what ``found`` is ahead of ``default``, one number for each seed that confirmed it,
            in ``unit``.
        unit: ``"points of validation accuracy"``; without accuracy ``"decades of loss"``, or
            ``"of loss"`` where a loss is not above 0.
        keep_default: whether the gain is not clear, so that ``default`` is recommended.
        reasons: the steps of the recipe, in order.
        budget: gradient evaluations that were allowed.
        steps: updates of a training.
        warning: why the result is not to be trusted, a sentence; empty where nothing says so.

    >>> from course_lr import Quadratic, recommend
    >>> recipe = recommend(Quadratic([1.0, 10.0], noise=0.1), steps=200)
    >>> recipe.way is recipe.found, recipe.schedule == recipe.way.schedule(200)
    (True, True)
    >>> recipe.price == recipe.evaluations / 200 <= 16
    True
    >>> print(recipe.sentences[0])
    Take SGD() at ...
    """

    found: Way
    default: Way
    gains: tuple[float, ...]
    unit: str
    keep_default: bool
    reasons: tuple[Step, ...]
    budget: int
    steps: int
    warning: str = ""

    @property
    def way(self) -> Way:
        """What is recommended: ``default`` or ``found``."""
        return self.default if self.keep_default else self.found

    @property
    def schedule(self) -> Schedule:
        """What to train with, for all of the training's steps."""
        return self.way.schedule(self.steps)

    @property
    def rate(self) -> float:
        """The largest rate of ``schedule``."""
        return self.way.rate

    @property
    def update(self) -> Update:
        """The update rule that goes with ``schedule``: Adam where the default is kept."""
        return self.way.update

    @property
    def gain(self) -> float:
        """The mean of ``gains``."""
        return mean_and_error(self.gains)[0]

    @property
    def evaluations(self) -> int:
        """The price: gradient evaluations spent, the defaults' included, at most ``budget``."""
        return sum(step.evaluations for step in self.reasons)

    @property
    def price(self) -> float:
        """The price in trainings of full length."""
        return self.evaluations / self.steps

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer, the gain, the price and, if there is one, the warning."""
        answer = f"Take {self.found}."
        if self.keep_default:
            answer = f"Keep the default, {self.default}: what was found is not clearly better."
        seeds = ", ".join(f"{gain:.2g}" for gain in self.gains)
        gain = f"Gain of {self.found} over {self.default}: {self.gain:.2g} {self.unit}"
        price = f"Price: {self.evaluations} of {self.budget} gradient evaluations, as many as "
        price += f"{self.price:.1f} trainings. For that price the default could be trained "
        price += f"{1 + self.price:.1f} times as long."
        warning = (f"Warning: {self.warning}",) if self.warning else ()
        return answer, f"{gain} (by seed: {seeds}).", price, *warning

    def __repr__(self) -> str:
        steps = [f"{n}. {step}" for n, step in enumerate(self.reasons, 1)]
        head = f"<Recipe: {self.schedule!r} with {self.update!r}>"
        return "\n".join([head, *self.sentences, *steps])

    def _repr_html_(self) -> str:
        names = ("", "what was done", "why", "gradients")
        rows = [
            (n, step.done, f"{step.why}.", step.evaluations)
            for n, step in enumerate(self.reasons, 1)
        ]
        table = _row("th", names) + "".join(_row("td", cells) for cells in rows)
        call = html.escape(f"{self.schedule!r} with {self.update!r}")
        sentences = "<br>".join(map(html.escape, self.sentences))
        return f"<div><code>{call}</code><br>{sentences}<table>{table}</table></div>"


def _row(tag: str, cells: Sequence) -> str:
    """A row of a table in HTML, its text escaped."""
    opened = f"<{tag} style='text-align:left'>"
    return f"<tr>{''.join(f'{opened}{html.escape(str(cell))}</{tag}>' for cell in cells)}</tr>"


def mean_and_error(gains: Sequence[float]) -> tuple[float, float]:
    """Mean of the gains and its standard error.

    >>> mean_and_error([1.0, 3.0])
    (2.0, 1.0)
    """
    with np.errstate(invalid="ignore"):
        error = np.std(gains, ddof=1) / np.sqrt(len(gains))
        return float(np.mean(gains)), float(error)
