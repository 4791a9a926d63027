"""Choose a rate under a budget, in a race with the searches of chapter 05."""

import dataclasses
from typing import Any

import numpy as np

from course_lr import grid_search, log_uniform, random_search, successive_halving
from course_lr.teaching.exercises.budget import TOO_FEW, ChooseRate
from course_lr.teaching.exercises.outcome import Box, Outcome, code
from course_lr.teaching.exercises.sandbox import SECONDS, Call

TOO_COARSE = (
    "The best of those that were tried, but they lie too far apart. Twelve trainings are too few "
    "for all decades at once: keep some for a second look, round the best of the first."
)
LOW, HIGH = 1e-6, 100.0
SEARCHES = 5


class Race(ChooseRate):
    """Choose a rate under a budget, and compare with what the searches of the chapter find."""

    def judged(self, calls: list[Call]) -> Outcome:
        found = super().judged(calls)
        return dataclasses.replace(found, text=found.text.replace(TOO_FEW, TOO_COARSE))

    def compare(self, answer: Any, *, seconds: float = SECONDS) -> None:
        """Show the mean validation accuracy of what ``answer`` and the searches choose."""
        calls = [self.ask(answer, case, seconds) for case in self.cases] if callable(answer) else []
        reached = self.rivals()
        if calls and all(made.attempted and not made.trouble for made in calls):
            own = [self.reached(scale, made.value[0]) for scale, made in zip(self.scales, calls)]
            reached = {"your function": own} | reached
        lines = [f"{name:<34}{100 * np.mean(values):5.1f} %" for name, values in reached.items()]
        more = "" if len(reached) > 3 else "Your function joins the table when it returns a rate."
        what = f"Validation accuracy over {len(self.judges)} other seeds, mean of three problems:"
        Box("The race", f"{what}\n\n{code(chr(10).join(lines))}\n\n{more}".strip()).show()

    def reached(self, scale: float, rate: float) -> float:
        """The mean validation accuracy of a rate over the judging seeds."""
        return self.trained(scale, [rate], self.judges)[0].validation_accuracy

    def rivals(self) -> dict[str, list[float]]:
        """For each search, the accuracy that its choices reach, one or more a problem."""
        reached = {"a grid of 12": [], "12 at random (mean of 5 searches)": []}
        reached["halving of 27 (costs 3 trainings)"] = []
        for scale in self.scales:
            problem, options = self.problem(scale), dict(steps=self.steps, seeds=[0])
            grid = grid_search(problem, np.geomspace(LOW, HIGH, 12), **options)
            draw = log_uniform(LOW, HIGH)
            drawn = [
                random_search(problem, draw, 12, sample_seed=k, **options) for k in range(SEARCHES)
            ]
            halved = successive_halving(problem, np.geomspace(LOW, HIGH, 27), **options)
            for values, searches in zip(reached.values(), ([grid], drawn, [halved])):
                values += [self.reached(scale, search.best) for search in searches]
        return reached
