"""The contest of chapter 09: ways to choose a rate, at equal budget, on nine new problems.

``make contest`` measures it. Each search draws its own data and may spend 16 trainings; what it
chooses is trained once more, with a seed that the search has not seen, and its test accuracy is
compared with the best of four dense sweeps, which are tuned on ten other draws of the data. The
nine old problems judged the recipe before it was changed, so they are reported beside.

The rule of :func:`course_lr.recommend` was fixed before the first run of this contest.
"""

import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lr.teaching.chapters.ch09_choosing.contest import (
    FILE,
    METHODS,
    NEW,
    OLD,
    RECIPES,
    Contest,
    load,
)
from experiments import statistics as stats
from experiments.contest_searches import PROBLEMS, SEARCHES, measured
from experiments.kernels import own_kernel


def joined(one: Contest, other: Contest) -> Contest:
    """The problems of both, in the order of :data:`PROBLEMS`; of one in both, the latter's."""
    rows = {name: one.cut([name]) for name in one.problems}
    rows |= {name: other.cut([name]) for name in other.problems}
    names = [name for name in PROBLEMS if name in rows]
    fields = [field.name for field in dataclasses.fields(Contest)[1:]]
    arrays = (np.concatenate([getattr(rows[n], field) for n in names]) for field in fields)
    return Contest(tuple(names), *arrays)


def ahead(found: Contest, ways: Sequence[str], of: str = RECIPES[0]) -> np.ndarray:
    """``(S,)``: points by which ``of`` is ahead of the better of ``ways``, mean over the problems.

    The better one is chosen for each problem by its mean over all searches: in its favour.
    """
    behind = np.stack([found.regrets(way, against=of) for way in ways])
    better = behind.mean(axis=2).argmin(axis=0)
    return behind[better, np.arange(len(better))].mean(axis=0)


def entries() -> list[dict[str, Any]]:
    """What the contest says of R1, as entries of the report: the headline first.

    Intervals are over the searches; the nine problems are what they are.
    """
    found = load().cut(NEW)
    regret, adam = (-found.regrets(way).mean(axis=0) for way in RECIPES[:2])
    equal = ahead(found, METHODS[9:])
    cost = "two points: what a learner would not repeat a search for"
    worth = "one point: less is not worth a search"
    better = "the better one of Adam's 1e-3 constant and with warm-up and cosine"
    question = "How far does the recipe{} end behind the best of four dense sweeps (SGD and Adam, "
    question += "constant and decaying), in test accuracy?"
    longer = "How far does the recipe end ahead of the default, which is trained for as many steps "
    longer += "as the recipe may spend on search and training together?"
    plain, by_adam = RECIPES[:2]
    return [
        entry("R1-regret", found, regret, "nine new problems, with SGD", METHODS[:1], -2.0, cost,
              plain, METHODS[0], question.format("")),
        entry("R1-regret-adam", found, adam, "nine new problems, with Adam", METHODS[:1], -2.0,
              cost, by_adam, METHODS[0], question.format(", searching with Adam,"))
        | {"asked_when": "after"},
        entry("R1-default-equal-cost", found, equal, "the default trained 17 times as long",
              METHODS[9:], 1.0, worth, plain, f"{better}, at equal cost", longer),
    ]  # fmt: skip


def entry(
    id: str,
    found: Contest,
    values: np.ndarray,
    problem: str,
    others: Sequence[str],
    asked: float,
    reason: str,
    way: str,
    against: str,
    question: str,
) -> dict[str, Any]:
    """One entry: ``values``, ``(S,)``, is the effect by search; below 0, ``asked`` is a cost."""
    none = min(asked, 0.0)
    interval = stats.paired_t(np.round(values.astype(float), 4), none)
    effect, low, high = (round(x, 2) for x in interval[:3])
    outcome = stats.outcome((effect, low, high), none, asked, noninferior=asked < 0)
    lost = [[int(found.of(each, found.failed).sum()), found.accuracy[:, 0].size]
            for each in (way, *others)]  # fmt: skip
    pooled = [sum(column) for column in zip(*lost[1:])]
    return {
        "id": id,
        "statement": "R1",
        "problem": problem,
        "question": question,
        "against": against,
        "unit": "points of accuracy",
        "none": none,
        "asked": asked,
        "asked_when": "before",
        "reason": reason,
        "noninferior": asked < 0,
        "decimals": 2,
        "scale": "linear",
        "level": stats.LEVEL,
        "draws": "data, search, and start and batches of the training that judges",
        "command": "make contest",
        "replaces": ["S17-recipe-*", "S17-ahead-*"] if id == "R1-regret" else [],
        "effect": effect,
        "low": low,
        "high": high,
        "p": float(f"{interval.p:.2g}"),
        "interval": "paired t",
        "outcome": outcome,
        "says_open": "",
        "among": False,
        "seeds": len(values),
        "failures": [lost[0], pooled],
        "rates": [],
        "kernels": sorted(set(found.kernel.tolist())),
        "code": " ".join(sorted(set(found.code.tolist()))),
        "seconds": round(float(found.seconds.sum()), 1),
    }


def table(found: Contest) -> str:
    """Mean regret with its interval, a block a problem, and the mean over all of them."""
    words, lines = NEW | OLD, []
    blocks = [(words[name], found.cut([name])) for name in found.problems]
    blocks += [("mean over all of these", found)] * (len(blocks) > 1)
    for title, part in blocks:
        best = 100 * part.of(METHODS[0]).mean()
        lines.append(f"\n{title}: {METHODS[0]} reaches {best:.1f} %; regret in points:")
        for way in METHODS[1:]:
            values = part.regrets(way).mean(axis=0)
            mean, low, high, _ = stats.paired_t(values.astype(float))
            lost = f"   {part.of(way, part.failed).sum()} failed"
            if way in RECIPES:
                row = RECIPES.index(way)
                lost += f", kept the default {part.kept[:, row].sum()} of {part.kept[:, row].size}"
                lost += f", price {part.price[:, row].mean():.1f}"
            lines.append(f"  {way:44}{mean:7.2f} [{low:6.2f}, {high:6.2f}]{lost}")
    return "\n".join(lines)


def restamp(name: str = "moons") -> Contest:
    """The contest as belonging to the present code, where one problem gives the same bits again."""
    found = load()
    kept = found.cut([name])
    again = measured(name, str(kept.kernel[0]), SEARCHES)
    for field in ("accuracy", "failed", "kept", "price", "gains"):
        if not np.array_equal(getattr(again, field), getattr(kept, field)):
            raise SystemExit(f"{name} gives other bits (kernel {kept.kernel[0]}): make contest")
    return dataclasses.replace(found, code=np.full(len(found.problems), again.code[0]))


def main(names: Sequence[str]) -> None:
    """Measure these problems (all by default), keep each as it ends, and print the tables.

    ``--restamp`` alone accepts code that was moved or rewritten: see :func:`restamp`.
    """
    if list(names) == ["--restamp"]:
        return restamp().save(FILE)
    if unknown := set(names) - set(PROBLEMS):
        known = ", ".join(PROBLEMS)
        raise SystemExit(f"no such problem: {', '.join(sorted(unknown))}; there are {known}")
    found, kernel = load() if names else None, own_kernel()
    for name in names or PROBLEMS:
        one = measured(name, kernel)
        found = one if found is None else joined(found, one)
        found.save(FILE)
        print(f"{name}: {one.seconds[0]:.0f} s", flush=True)
    for title, group in (("New problems", NEW), ("Old problems", OLD)):
        print(f"\n== {title}", table(found.cut(n for n in group if n in found.problems)))


if __name__ == "__main__":
    main(sys.argv[1:])
