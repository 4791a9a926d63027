"""Choose a rate under a budget, in a race with the searches of chapter 05."""

from typing import Any

import numpy as np

from course_lr import grid_search, log_uniform, random_search, successive_halving
from course_lr.teaching.exercises.budget import JUDGES, ChooseRate
from course_lr.teaching.exercises.outcome import Box, code
from course_lr.teaching.exercises.sandbox import SECONDS

LOW, HIGH = 1e-6, 100.0
SEARCHES = 5


class Race(ChooseRate):
    """Choose a rate under a budget, and compare with what the searches of the chapter find."""

    def compare(self, answer: Any, *, seconds: float = SECONDS) -> None:
        """Show the mean validation accuracy of what ``answer`` and the searches choose."""
        rates, reached = self.chosen(answer, seconds), self.rivals()
        if rates:
            own = [self.accuracy(scale, rate) for scale, rate in zip(self.scales, rates)]
            reached = {"your function": own} | reached
        table = "\n".join(
            f"{name:<34}{100 * np.mean(values):5.1f} %" for name, values in reached.items()
        )
        what = f"Validation accuracy over {len(JUDGES)} other seeds, mean of three problems:"
        more = "" if rates else "Your function joins the table when it returns a rate."
        Box("The race", f"{what}\n\n{code(table)}\n\n{more}".strip()).show()

    def rivals(self) -> dict[str, list[float]]:
        """For each search, the accuracy that its choices reach, one or more a problem."""
        reached = {"a grid of 12": [], "12 at random (mean of 5 searches)": []}
        reached["halving of 27 (costs 3 trainings)"] = []
        for scale in self.scales:
            problem, options = self.problem(scale), dict(steps=self.steps, seeds=[0])
            draw = log_uniform(LOW, HIGH)
            searches = (
                [grid_search(problem, np.geomspace(LOW, HIGH, 12), **options)],
                [random_search(problem, draw, 12, sample_seed=k, **options)
                 for k in range(SEARCHES)],
                [successive_halving(problem, np.geomspace(LOW, HIGH, 27), **options)],
            )  # fmt: skip
            for values, results in zip(reached.values(), searches):
                values += [self.accuracy(scale, float(result.best)) for result in results]
        return reached
