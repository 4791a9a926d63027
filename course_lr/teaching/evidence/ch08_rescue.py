"""Chapter 08, watching the gradient: what controllers make of a bad start (notes, section 3.5)."""

import numpy as np

from course_lr.teaching.evidence.ch08 import WATCHING
from course_lr.teaching.evidence.ch08_sweeps import CONSTANT, CONTROLLED, GOOD, STARTS
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.statistics import Interval, bca, paired_t
from course_lr.teaching.evidence.sweeps import Curves
from course_lr.teaching.evidence.trial import POINTS, Effects, Trial

NEAR = 0.02  # two points of accuracy


def pairs(name: str) -> list[tuple]:
    """The sweep of constants and that of a controller, for each problem that has one."""
    return [(CONSTANT[p], CONTROLLED[p][name]) for p in CONSTANT if name in CONTROLLED[p]]


# --- from a bad start -----------------------------------------------------------------------------


def at_starts(curves: Curves) -> list[int]:
    """Where the thirteen starts stand among the rates of a sweep."""
    return [int(np.argmin(np.abs(np.log(curves.rates / start)))) for start in STARTS]


def rescued(accuracy: np.ndarray, goal: float) -> np.ndarray:
    """Which runs end within two points of the accuracy ``goal``.

    >>> rescued(np.array([0.5, 0.9, 0.95]), 0.92).tolist()
    [False, True, True]
    """
    return accuracy >= goal - NEAR


def beside(best: float, high: bool) -> np.ndarray:
    """Which of the thirteen starts are too large beside the best constant, or too small.

    >>> [STARTS[i] for i in np.flatnonzero(beside(1.0, high=True))]
    [3.16228, 10.0]
    """
    decades_off = np.log10(np.array(STARTS) / best)
    return decades_off > 0.49 if high else decades_off < -0.99


def share_rescued(trial: Trial, high: bool) -> Effects:
    """The share of runs, over the starts on one side, that end near the best tuned constant."""
    choice = trial.choose()
    best, which = trial.judge("best constant", choice), beside(choice.rate, high)
    goal, found = float(best.test_accuracy.mean()), {}
    for number, name in enumerate(("without control", "with control")):
        curves = trial.of(number).cut(trial.judging)
        place = np.array(at_starts(curves))[which]
        trial.count(name, curves.failed[place].T, int(curves.steps[-1]))
        found[name] = curves.test_accuracy[place]  # (starts, seeds)
    facts = {"starts": which.sum(), "best constant": best.rate, "its accuracy, %": 100 * goal}
    facts["its own runs within two points, %"] = 100 * rescued(best.test_accuracy, goal).mean()
    facts |= {f"within two points {name}, %": 100 * rescued(runs, goal).mean()
              for name, runs in found.items()}  # fmt: skip
    facts |= {f"accuracy {name}, %": 100 * runs.mean() for name, runs in found.items()}
    return Effects(100.0 * rescued(found["with control"], goal).mean(axis=0), facts)


BAD_START = dict(
    threshold=50.0,
    unit="% of the runs",
    interval="BCa bootstrap",
    decimals=1,
    **WATCHING,
)
CUT = dict(
    compared_with="the best tuned constant; all starts at least half a decade above it, up to 10",
    **BAD_START,
)
RAISE = dict(
    compared_with="the best tuned constant; all starts at least a decade below it, down to 1e-5",
    **BAD_START,
)
ENDS = "brings most runs to within two points of the best tuned constant rate."


@claim(
    "S15-cut-watch",
    on=pairs("watch"),
    statement=f"From a rate that is too large, the watch {ENDS}",
    condition="It goes back to its last good weights before it cuts.",
    **CUT,
)
@claim(
    "S15-cut-plateau",
    on=pairs("plateau"),
    statement=f"From a rate that is too large, reducing it on a plateau {ENDS}",
    condition="It cuts ten observations after the damage, and takes nothing back.",
    **CUT,
)
@claim(
    "S15-cut-bold",
    on=pairs("bold driver"),
    statement=f"From a rate that is too large, the bold driver {ENDS}",
    condition="With full batches, where a loss that rises is no accident.",
    **CUT,
)
def from_too_large(trial: Trial) -> Effects:
    return share_rescued(trial, high=True)


@claim(
    "S15-raise-watch",
    on=pairs("watch"),
    statement=f"From a rate that is too small, the watch {ENDS}",
    condition="It raises where successive gradients agree and the loss falls slowly.",
    **RAISE,
)
@claim(
    "S15-raise-hypergradient",
    on=pairs("hypergradient"),
    statement=f"From a rate that is too small, hypergradient descent {ENDS}",
    condition="The additive form with β = 0.01.",
    **RAISE,
)
@claim(
    "S15-raise-bold",
    on=pairs("bold driver"),
    statement=f"From a rate that is too small, the bold driver {ENDS}",
    condition="With full batches; it raises by a twentieth after each step that lowered the loss.",
    **RAISE,
)
def from_too_small(trial: Trial) -> Effects:
    return share_rescued(trial, high=False)


@claim(
    "S15-cost-watch",
    on=pairs("watch"),
    statement="Where the rate is good already, the watch costs at most one point.",
    compared_with=f"a constant rate of {GOOD:.3g}, inside the band",
    threshold=-1.0,
    unit=POINTS,
    condition="Both begin at that rate.",
    **WATCHING,
)
def cost_at_a_good_rate(trial: Trial) -> Effects:
    accuracy = []
    for number, name in enumerate(("without control", "with control")):
        curves = trial.of(number).cut(trial.judging)
        place = at_starts(curves)[STARTS.index(GOOD)]
        trial.count(name, curves.failed[place], int(curves.steps[-1]))
        accuracy.append(100 * curves.test_accuracy[place])
    facts = {"without control, %": accuracy[0].mean(), "with control, %": accuracy[1].mean()}
    return Effects(accuracy[1] - accuracy[0], facts)


# --- the table ------------------------------------------------------------------------------------


NAMES = {"digits": "digits", "mnist1d": "MNIST-1D", "full": "full batch"}


def kept() -> dict[str, dict[str, Curves]]:
    """The kept curves of three problems: controller -> its sweep, first ``"none"``, constants."""
    from course_lr.teaching.evidence import sweep  # which imports this module

    made = {}
    for problem, name in NAMES.items():
        own = {"none": CONSTANT[problem]} | CONTROLLED[problem]
        made[name] = {controller: sweep(each.name) for controller, each in own.items()}
    return made


def table(curves: dict[str, dict[str, Curves]], tuning: int = 10) -> dict[str, dict[str, dict]]:
    """What became of the thirteen starts, by problem and controller, from kept curves.

    Args:
        curves: problem -> controller -> its sweep; the first controller of each is ``"none"``,
            constant rates, the best of which is chosen on the first ``tuning`` seeds.

    Returns:
        problem -> controller -> ``accuracy`` ``(13, seeds)``, ``share`` (per cent of all its runs
        within two points of the best constant, an interval), ``cost`` (points lost at the good
        rate, an interval); and of each problem ``"none"`` also ``best``, the goal.
    """
    made = {}
    for problem, found in curves.items():
        shared = set.intersection(*({*each.seeds.tolist()} for each in found.values()))
        found = {name: each.cut(sorted(shared)) for name, each in found.items()}
        none = found["none"]
        choice = Trial(none.seeds[:tuning], (), none).choose()
        goal = float(none.test_accuracy[choice.index, tuning:].mean())
        made[problem] = rows = {}
        for name, each in found.items():
            accuracy = each.test_accuracy[at_starts(each), tuning:]
            share = 100.0 * rescued(accuracy, goal).mean(axis=0)
            rows[name] = {"accuracy": accuracy, "share": bca(share), "best": goal}
        good = STARTS.index(GOOD)
        for row in rows.values():
            lost = 100 * (rows["none"]["accuracy"][good] - row["accuracy"][good])
            row["cost"] = paired_t(lost) if lost.any() else Interval(0.0, 0.0, 0.0)
    return made
