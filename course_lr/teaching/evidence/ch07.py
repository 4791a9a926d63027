"""Chapter 07, cycles on networks: against the best constant rate and the best decay."""

import numpy as np

from course_lr.teaching.evidence.ch02 import digits_rates, mnist1d_rates
from course_lr.teaching.evidence.ch03_sweeps import digits_cosine, mnist1d_cosine
from course_lr.teaching.evidence.ch04_sweeps import digits_adam, mnist1d_adam
from course_lr.teaching.evidence.ch07_sweeps import (
    digits_adamcycles,
    digits_adamdecay,
    digits_decay,
    digits_halving,
    digits_onecycle,
    digits_restarts,
    digits_sinusoidal,
    digits_triangular,
    mnist1d_adamcycles,
    mnist1d_adamdecay,
    mnist1d_decay,
    mnist1d_halving,
    mnist1d_onecycle,
    mnist1d_restarts,
    mnist1d_sinusoidal,
    mnist1d_triangular,
)
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import Curves
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial

CYCLES = dict(chapter=7, notes="3.4, cyclical rates", unit=POINTS)
NEEDED = {"digits": 0.5, "mnist1d": 1.0}
"""The least that counts as a difference; seeds say nothing of what another split would do."""
ENDS_LOW = "The last cycle ends at its lower bound."


def needing(problem: str) -> str:
    """The threshold of a problem in words."""
    return {"digits": "half a point", "mnist1d": "one point"}[problem]


def on_both(id: str, said: str, sweeps: dict[str, tuple], **words):
    """The same claim on both problems, each with its own threshold.

    Args:
        said: the statement, with ``{}`` where the threshold stands.
        sweeps: for each problem the sweeps that the experiment reads.
    """

    def register(experiment):
        for problem, read in sweeps.items():
            claim(
                id,
                on=[read],
                statement=said.format(needing(problem)),
                threshold=NEEDED[problem],
                **CYCLES,
                **words,
            )(experiment)
        return experiment

    return register


CONSTANT = "the constant rate with the best validation accuracy"
DECAY = "the better of two half cosines, to 0 and to a tenth, at its tuned peak"


@on_both(
    "S13-better",
    "Triangular cycles end at least {} of accuracy above a constant rate.",
    {
        "digits": (digits_triangular, digits_rates),
        "mnist1d": (mnist1d_triangular, mnist1d_rates),
    },
    of="S13",
    compared_with=CONSTANT,
    condition=ENDS_LOW,
)
@on_both(
    "S14-better",
    "Sinusoidal cycles end at least {} of accuracy above a constant rate.",
    {
        "digits": (digits_sinusoidal, digits_rates),
        "mnist1d": (mnist1d_sinusoidal, mnist1d_rates),
    },
    of="S14",
    compared_with=CONSTANT,
    condition=ENDS_LOW,
)
@on_both(
    "S13-adam",
    "With Adam, triangular cycles end at least {} of accuracy above a constant rate.",
    {"digits": (digits_adamcycles, digits_adam), "mnist1d": (mnist1d_adamcycles, mnist1d_adam)},
    of="S13",
    compared_with=f"{CONSTANT}, with Adam",
    condition=ENDS_LOW,
)
@on_both(
    "S13-decay",
    "Triangular cycles end at least {} of accuracy above a decay.",
    {
        "digits": (digits_triangular, digits_decay, digits_cosine),
        "mnist1d": (mnist1d_triangular, mnist1d_decay, mnist1d_cosine),
    },
    of="S13",
    compared_with=DECAY,
    condition="Equal steps; the decay has no warm-up, the cycles begin low.",
)
@on_both(
    "S14-decay",
    "Sinusoidal cycles end at least {} of accuracy above a decay.",
    {
        "digits": (digits_sinusoidal, digits_decay, digits_cosine),
        "mnist1d": (mnist1d_sinusoidal, mnist1d_decay, mnist1d_cosine),
    },
    of="S14",
    compared_with=DECAY,
    condition="Equal steps; the decay has no warm-up, the cycles begin low.",
)
@on_both(
    "S13-adamdecay",
    "With Adam, triangular cycles end at least {} of accuracy above a decay.",
    {
        "digits": (digits_adamcycles, digits_adamdecay),
        "mnist1d": (mnist1d_adamcycles, mnist1d_adamdecay),
    },
    of="S13",
    compared_with="half a cosine to a tenth at its tuned peak, with Adam",
    condition="Equal steps; the decay has no warm-up, the cycles begin low.",
)
@on_both(
    "S13-envelope",
    "Cycles of which each is half as high end at least {} of accuracy above equally high ones.",
    {
        "digits": (digits_halving, digits_triangular),
        "mnist1d": (mnist1d_halving, mnist1d_triangular),
    },
    of="S13",
    compared_with="the constant envelope, at its tuned peak",
    condition="Two cycles: the second reaches half as high as the first.",
)
@on_both(
    "S13-several",
    "Two triangular cycles end at least {} of accuracy above one cycle.",
    {
        "digits": (digits_triangular, digits_onecycle),
        "mnist1d": (mnist1d_triangular, mnist1d_onecycle),
    },
    of="S13",
    compared_with="one cycle over the same steps, at its tuned peak",
    condition="The one cycle is PyTorch's, which falls far below its start.",
)
@on_both(
    "S13-once",
    "One cycle ends at least {} of accuracy above a decay.",
    {
        "digits": (digits_onecycle, digits_decay, digits_cosine),
        "mnist1d": (mnist1d_onecycle, mnist1d_decay, mnist1d_cosine),
    },
    of="S13",
    compared_with=DECAY,
    condition="One cycle is a rise followed by a decay.",
)
@on_both(
    "S14-restarts",
    "Four falls with warm restarts end at least {} of accuracy above one fall.",
    {
        "digits": (digits_restarts, digits_decay, digits_cosine),
        "mnist1d": (mnist1d_restarts, mnist1d_decay, mnist1d_cosine),
    },
    of="S14",
    compared_with=DECAY,
    condition="Four equal periods in the same number of steps.",
)
def gain(trial: Trial) -> Effects:
    """Points of test accuracy of the first sweep over the best of the others."""
    cycle = trial.judge("cycle", trial.choose())
    best = max((trial.choose(of=i) for i in range(1, len(trial.sweeps))), key=tuned(trial))
    other = trial.judge("compared with", best)
    facts = {"peak": cycle.rate, "its accuracy, %": 100 * cycle.test_accuracy.mean()}
    facts |= {"the other's peak": best.rate}
    facts |= {"the other's accuracy, %": 100 * other.test_accuracy.mean()}
    return Effects(100 * (cycle.test_accuracy - other.test_accuracy), facts)


def tuned(trial: Trial):
    """The mean validation accuracy of a choice over the tuning seeds."""

    def score(choice) -> float:
        curves: Curves = trial.of(choice.of).cut(trial.tuning)
        return float(np.mean(curves.validation_accuracy[-1, choice.index]))

    return score
