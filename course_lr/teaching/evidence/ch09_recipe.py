"""Chapter 09, the recipe against other ways to choose, at equal budget, on problems new to it."""

import numpy as np

from course_lr.teaching.evidence.ch09 import SUMMARY
from course_lr.teaching.evidence.ch09_contest import (
    BUDGET,
    METHODS,
    NETWORKS,
    behind,
    bowl_contest,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial

SWEEPS = "the best of four dense sweeps (SGD and Adam, constant and decaying), ten seeds a rate"
FOUND = f"Searched anew for each seed with {BUDGET} trainings, then trained once with that seed."


def regrets(trial: Trial, of: int, method: str, loss: bool = False) -> np.ndarray:
    """Regrets ``(seeds,)`` of a way on one of the trial's contests, and its failures counted."""
    curves = trial.of(of).cut(trial.judging)
    for name in (method, METHODS[0]):
        lost = curves.failed[METHODS.index(name)]
        trial.count(f"{name} ({curves.about['name']})", lost, BUDGET)
    return behind(curves, method, loss)


@claim(
    "S17-recipe",
    on=NETWORKS,
    statement="The recipe, with a budget of ten trainings, ends at most two points behind the best "
    "of four dense sweeps.",
    compared_with=SWEEPS,
    threshold=-2.0,
    unit=POINTS,
    condition=FOUND,
    **SUMMARY,
)
def recipe_on_networks(trial: Trial) -> Effects:
    facts = {name: regrets(trial, 0, name).mean() for name in METHODS[2:]}
    return Effects(regrets(trial, 0, "the recipe"), facts)


@claim(
    "S17-recipe",
    on=[bowl_contest],
    statement="The recipe, with a budget of ten trainings, ends with at most a quarter of a decade "
    "more loss than the best of four dense sweeps.",
    compared_with=SWEEPS,
    threshold=-0.25,
    unit="decades of loss",
    condition=FOUND,
    **SUMMARY,
)
def recipe_on_the_bowl(trial: Trial) -> Effects:
    facts = {name: regrets(trial, 0, name, loss=True).mean() for name in METHODS[2:]}
    return Effects(regrets(trial, 0, "the recipe", loss=True), facts)


def ahead(trial: Trial, other: str) -> Effects:
    """The recipe minus another way, by seed the mean over the nine networks."""
    gains = []
    for of in range(len(NETWORKS)):
        gains.append(regrets(trial, of, "the recipe") - regrets(trial, of, other))
    means = np.mean(gains, axis=1)
    facts = {"worst problem": means.min(), "best problem": means.max()}
    facts["problems where it is ahead"] = int((means > 0).sum())
    return Effects(np.mean(gains, axis=0), facts)


AHEAD = dict(
    sweeps=NETWORKS,
    problem="the nine networks of the contest, mean over all of them",
    threshold=1.0,
    unit=POINTS,
    condition=FOUND,
    **SUMMARY,
)


@claim(
    "S17-ahead-schedule",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "itself without its warm-up and decay.",
    compared_with="the recipe, constant rate, with at most the same budget",
    **AHEAD,
)
def without_its_schedule(trial: Trial) -> Effects:
    return ahead(trial, "the recipe, constant rate")


@claim(
    "S17-ahead-random",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "ten rates drawn at random from 1e-5 to 10.",
    compared_with="random search, with at most the same budget",
    **AHEAD,
)
def random_search_beaten(trial: Trial) -> Effects:
    return ahead(trial, "random search")


@claim(
    "S17-ahead-grid",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "the five-point grid 1e-5 … 0.1 with two seeds a rate.",
    compared_with="the notes' grid, with at most the same budget",
    **AHEAD,
)
def grid_beaten(trial: Trial) -> Effects:
    return ahead(trial, "the notes' grid")


@claim(
    "S17-ahead-range",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "the reading of a range test.",
    compared_with="range test alone, with at most the same budget",
    **AHEAD,
)
def range_test_beaten(trial: Trial) -> Effects:
    return ahead(trial, "range test alone")


@claim(
    "S17-ahead-default",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "Adam at its default rate.",
    compared_with="Adam at 1e-3, with at most the same budget",
    **AHEAD,
)
def adam_beaten(trial: Trial) -> Effects:
    return ahead(trial, "Adam at 1e-3")


@claim(
    "S17-ahead-small",
    statement="Averaged over nine problems the recipe ends at least one point ahead of "
    "SGD at 1e-3.",
    compared_with="always 1e-3, with at most the same budget",
    **AHEAD,
)
def small_rate_beaten(trial: Trial) -> Effects:
    return ahead(trial, "always 1e-3")


@claim(
    "S17-ahead-adam",
    statement="Averaged over nine problems it does not matter which rule the recipe is given: "
    "with Adam it ends at most one point ahead of the recipe with SGD.",
    compared_with="the recipe with Adam, with the same budget",
    **AHEAD | {"threshold": -1.0},
)
def adam_in_the_recipe(trial: Trial) -> Effects:
    return ahead(trial, "the recipe with Adam")
