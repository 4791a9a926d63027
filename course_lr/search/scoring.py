"""A round of a search: what it is judged by, the order of its candidates, who would win."""

import dataclasses

import numpy as np

from course_lr import checks
from course_lr.diagnostics import failed
from course_lr.history import History, evaluations
from course_lr.problems import MLP, Problem

DRAWS = 1000
"""How often the seeds are re-drawn to see who wins then."""
WORDS = {
    "validation_accuracy": "validation accuracy",
    "validation_loss": "validation loss",
    "loss": "final loss",
}
"""The records that candidates are judged by, and their names in words."""


def measure(by: str | None, problem: Problem) -> str:
    """The record that candidates of this problem are judged by: accuracy where there is one.

    A problem without data to validate on is judged by its last loss in training.
    """
    known = evaluations(problem)
    if by is not None:
        checks.one_of("by", by, ("accuracy", "loss"))
    if by == "accuracy" and "validation_accuracy" not in known:
        checks.refuse("by", by, f"'loss' for {problem!r}, which has no accuracy")
    if by != "loss" and "validation_accuracy" in known:
        return "validation_accuracy"
    has_data = getattr(problem, "steps_per_epoch", None) is not None
    return "validation_loss" if has_data and "validation_loss" in known else "loss"


@dataclasses.dataclass(frozen=True, eq=False)
class Round:
    """Candidates trained for the same number of steps; n of them, S seeds.

    Attributes:
        steps: updates of each run since its start.
        candidates: ``(n,)``, their numbers.
        validation: ``(n, S)``, what they are judged by after these steps.
        failures: ``(n, S)``, whether the run diverged or is no better than guessing (where there
            are no classes to guess: not below its first loss), as :func:`course_lr.failed` says.
        out: ``(n,)``, whether a run of the candidate diverged: it can't be the best.
        order: the numbers of those that are not out, from best to worst.
        keep: how many of them go on; 1 in the last round, the best.
        evaluations: gradients computed in this round by all runs together.
    """

    steps: int
    candidates: np.ndarray
    validation: np.ndarray
    failures: np.ndarray
    out: np.ndarray
    order: np.ndarray
    keep: int
    evaluations: int


def judged(
    history: History,
    problem: Problem,
    name: str,
    among: np.ndarray,
    rates: np.ndarray,
    keep: int,
    spent: int,
) -> Round:
    """The round that ``history`` ends, whose runs are the candidates ``among`` all ``rates``."""
    validation = history.records[name][-1]
    with np.errstate(all="ignore"):
        last = min(getattr(problem, "steps_per_epoch", None) or 1, history.steps)
        bar = guessing(problem) if isinstance(problem, MLP) else history.loss[0]
        failures = failed(history.loss, bar, last)
        mean = validation.mean(axis=1)
    out = history.diverged.any(axis=1) | ~np.isfinite(mean)
    order = among[ranking(score(name, mean), out, rates[among])[: np.sum(~out)]]
    return Round(history.steps, among, validation, failures, out, order, keep, spent)


def guessing(problem: MLP) -> float:
    """The loss of giving every class the same probability, or output 1 / classes."""
    classes = problem.data.classes
    entropy = np.log(classes) if problem.loss == "cross_entropy" else (1 - 1 / classes) / 2
    return problem.loss_scale * float(entropy)


def score(name: str, mean: np.ndarray) -> np.ndarray:
    """A mean of the record ``name``, turned such that larger is better."""
    return mean if name.endswith("accuracy") else -mean


def ranking(scores: np.ndarray, out: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Places along the last axis from best to worst: on a tie (to 1e-12) the smaller rate first.

    >>> ranking(np.array([0.9, 0.5, 0.9]), np.array([False, False, False]), np.array([3, 2, 1]))
    array([2, 0, 1])
    """
    size, exponent = np.frexp(scores)
    alike = np.ldexp(np.round(size, 12), exponent)
    by_rate = np.argsort(rates, kind="stable")
    falling = np.where(out, np.inf, -alike)[..., by_rate]
    return by_rate[np.argsort(falling, axis=-1, kind="stable")]


def wins(name: str, rounds: tuple[Round, ...], rates: np.ndarray) -> np.ndarray:
    """The share of re-drawn seeds in which each of R candidates is kept in every round."""
    seeds = rounds[0].validation.shape[1]
    drawn = np.random.default_rng(0).integers(seeds, size=(DRAWS, seeds))
    times = (drawn[:, :, None] == np.arange(seeds)).sum(axis=1)
    stays = np.ones((DRAWS, len(rates)), bool)
    for round in rounds:
        values = np.where(round.out[:, None], 0.0, round.validation)
        mean = np.stack([(times * row).sum(axis=1) for row in values], axis=1) / seeds
        order = ranking(score(name, mean), round.out, rates[round.candidates])[:, : round.keep]
        kept = np.zeros_like(stays)
        np.put_along_axis(kept, round.candidates[order], True, axis=1)
        stays &= kept
    return stays.mean(axis=0)
