"""Exercises of chapter 02: too small, too large, and the band between."""

import numpy as np

from course_lr import Quadratic, digits, train
from course_lr.teaching.exercises import budget
from course_lr.teaching.exercises.budget import BEST_OF, NOT_BEST, ChooseRate
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, ReadCurves


def _near_the_limit() -> dict[str, np.ndarray]:
    """Loss of 300 steps, ``(301,)``, at half the fastest rate, at it, and 2 % above it."""
    loss = train(Quadratic([1.0, 100.0]), np.array([0.5, 1.0, 1.02]) * 2 / 101, steps=300).loss
    return dict(zip(("half of it: 0.0099", "the fastest: 0.0198", "2 % more: 0.0202"), loss.T))


def _what_two_percent_do(losses: dict) -> str:
    _, fastest, more = (loss[-1] for loss in losses.values())
    return "d" if more > 50.5 else "c" if more > 2 * fastest else "b" if more > fastest else "a"


TWO_PER_CENT = Predict(
    text="""02.1 Two per cent more

    A bowl has the curvatures 1 and 100. Its fastest rate is η = 2/101, about 0.0198. What do 2 %
    more, η = 0.0202, do in 300 steps from (1, 1)?

    a) A little faster: larger steps.
    b) Hardly anything: the loss ends at about the same value.
    c) It still converges, but clearly more slowly.
    d) The loss grows without bound.""",
    right='"d"',
    wrong={
        '"a"': "True below the fastest rate only; above it the steep direction overshoots too far.",
        '"b"': "That holds on the other side: 2 % less costs little. Above lies the limit.",
        '"c"': "Between the fastest rate and the limit it would be slower; 2 % are beyond the "
        "limit.",
    },
    hints=(
        "Each step multiplies the weight of curvature λ by 1 − ηλ. Which of the two is in danger?",
        "Put λ = 100 and η = 0.0202 into 1 − ηλ.",
        "It is −1.02. What do 300 steps make of a factor whose size is above 1?",
    ),
    why="With the curvatures 1 and 100 the fastest rate, 2/(λmin + λmax), stands 1 % below the "
    "limit 2/λmax. The best rate is beside the cliff, so a little less is the safer choice.",
    curves=_near_the_limit,
    alt="Three loss curves of 300 steps on a log axis. At half the fastest rate the loss falls, "
    "at the fastest rate it falls to about 0.0003, with 2 % more it grows at every step, to "
    "more than a million.",
    measure=_what_two_percent_do,
)

FASTEST_RATE = Write(
    text='''02.2 The fastest rate, and the limit

    A bowl has several curvatures λ > 0, in any order. Return two rates: the fastest one, with
    which the slowest direction shrinks as fast as possible, and the limit, from which on descent
    does not converge. For one curvature λ they are 1/λ and 2/λ.

    def fastest_and_limit(curvatures):
        """curvatures (n,) -> two numbers, the fastest rate and the limit."""
        return ...
    ''',
    right="2 / (np.min(curvatures) + np.max(curvatures)), 2 / np.max(curvatures)",
    wrong={
        "2 / np.max(curvatures), 2 / (np.min(curvatures) + np.max(curvatures))": "The order: the "
        "fastest rate first, then the limit.",
        "1 / np.max(curvatures), 2 / np.max(curvatures)": "1/λmax is fastest for the steepest "
        "direction alone: the flattest one crawls, and decides.",
        "2 / (np.min(curvatures) + np.max(curvatures)), 2 / np.min(curvatures)": "The limit of "
        "the flattest direction; the steepest one has diverged long before.",
        "2 / (np.min(curvatures) + np.max(curvatures)), 1 / np.max(curvatures)": "1/λmax is where "
        "overshooting begins: with a factor between −1 and 0 descent still converges.",
        "1 / np.mean(curvatures), 2 / np.max(curvatures)": "The mean of all curvatures: only the "
        "smallest and the largest count, since each of the others shrinks faster than one of them.",
        "2 / (curvatures[0] + curvatures[-1]), 2 / curvatures[-1]": "The first and the last are "
        "taken for the smallest and the largest; the order is any.",
    },
    hints=(
        "A direction shrinks by |1 − ηλ| at every step. Draw that against η for two curvatures.",
        "The fastest rate is where the lines of the smallest and the largest curvature cross.",
        "1 − ηλmin = ηλmax − 1 gives the fastest rate; ηλmax − 1 = 1 gives the limit.",
    ),
    why="The steepest direction sets the limit, 2/λmax. The fastest rate, 2/(λmin + λmax), lies "
    "between half the limit and the limit, the closer to it the more the curvatures differ.",
    shown=[([1.0, 20.0],), ([5.0, 1.0, 2.0],)],
    fresh=lambda rng: (rng.uniform(0.1, 30, rng.integers(3, 6)).round(1),),
)


def _slow_or_overshooting(rng: np.random.Generator) -> tuple:
    """Arguments of 02.3 for which rounding is no matter."""
    while True:
        curvature = rng.uniform(0.5, 20).__round__(1)
        eta = (rng.choice([rng.uniform(0.01, 0.3), rng.uniform(1.4, 1.98)]) / curvature).round(4)
        goal, steps_per_epoch = float(10.0 ** -rng.integers(2, 7)), int(rng.integers(4, 12))
        steps = np.log(goal) / np.log(abs(1 - eta * curvature))
        if 0.1 < steps % 1 < 0.9 and 0.1 < steps / steps_per_epoch % 1 < 0.9:
            return float(eta), curvature, goal, steps_per_epoch


EPOCHS = Write(
    text='''02.3 How many epochs?

    The loss is ½ λ w². An epoch is `steps_per_epoch` updates, all with the rate `eta`. Return the
    smallest whole number of epochs after which |w| is at most `goal` times what it was at the
    start. All rates given converge (0 < ηλ < 2, not 1).

    def epochs_needed(eta, curvature, goal, steps_per_epoch):
        """How many whole epochs until |w| <= goal * |w at the start|."""
        return ...
    ''',
    right="np.ceil(np.log(goal) / np.log(abs(1 - eta * curvature)) / steps_per_epoch)",
    wrong={
        "np.ceil(np.log(goal) / np.log(abs(1 - eta * curvature)))": "Steps, not epochs: an epoch "
        "makes `steps_per_epoch` updates.",
        "np.floor(np.log(goal) / np.log(abs(1 - eta * curvature)) / steps_per_epoch)": "Rounded "
        "down: in the last epoch that you leave out the goal is reached.",
        "np.ceil(np.log(goal) / np.log(abs(1 - eta * curvature)) / steps_per_epoch) + 1": "Counted "
        "from 1: the start is counted as an epoch.",
        "np.ceil(np.log(goal) / np.log(1 - eta * curvature) / steps_per_epoch)": "The size is "
        "missing: with ηλ > 1 the factor is negative and has no logarithm, and |w| shrinks.",
        "np.log(goal) / np.log(abs(1 - eta * curvature)) / steps_per_epoch": "Not a whole number: "
        "round up to full epochs.",
        "np.ceil(np.log(goal) / np.log(abs(1 - eta / steps_per_epoch * curvature))"
        " / steps_per_epoch)": "The rate is shared out among the steps of an epoch; it is a rate "
        "per step, and each step uses the whole of it.",
        "np.ceil(np.log(goal) / np.log((1 - eta * curvature) ** 2) / steps_per_epoch)": "This is "
        "when the *loss* is down to `goal`. It goes with w², so |w| is then down to √goal only.",
        "np.round(np.log(goal) / np.log(abs(1 - eta * curvature)) / steps_per_epoch)": "Rounded to "
        "the nearest: where that is down, the goal is not reached yet. Round up.",
    },
    hints=(
        "By what is |w| multiplied in one step? In one epoch?",
        "After t steps |w| is |1 − ηλ|ᵗ of what it was. Solve for t; logarithms help, or a loop.",
        "t = log(goal) / log|1 − ηλ| steps, divided by the steps of an epoch, rounded up.",
    ),
    why="A tenth of a small rate needs about ten times the epochs; close to the limit it gets slow "
    "again, since the factor approaches −1. Say of every count whether it is steps or epochs.",
    shown=[(0.01, 1.0, 0.01, 16), (1.9, 1.0, 0.01, 16)],
    fresh=_slow_or_overshooting,
)

RATES = {
    0.001: "stays near its start, with small wiggles",
    0.03: "falls slowly and steadily, to between 1 and 2",
    0.3: "falls quickly, to below 0.5",
    10.0: "leaps up to more than 10 in the first steps, then lies flat near its start",
}


def _by_leap_and_end(losses: np.ndarray) -> np.ndarray:
    """The leap is the largest rate; the others are in the order of how far they fall."""
    return np.lexsort((-losses[:, -16:].mean(axis=1), losses.max(axis=1) > 10))


FOUR_LOSSES = ReadCurves(
    text="""02.4 Four loss curves

    The picture (`ex.show()`) has four loss curves of the digits network, A to D. The rates were
    0.001, 0.03, 0.3 and 10. Which curve belongs to which? Give the letters in this order of the
    rates, such as "BADC".""",
    settings=RATES,
    right='"DBCA"',
    wrong={
        '"ACBD"': "Turned round: this goes from the largest rate to the smallest.",
        '"ABCD"': "The two flat ones are exchanged: too small lies flat from the first step, too "
        "large has leapt up before.",
        '"DCBA"': "The two that fall are exchanged: the larger one of these rates falls faster.",
    },
    hints=(
        "Two of the curves end high. Look at how they got there.",
        "A rate that is too small can't make the loss leap; one that is too large can.",
        "The one that leaps belongs to 10. Of the others, the faster it falls the larger the rate.",
    ),
    why="A loss that does not fall may come from either side of the band. Its first steps tell: "
    "calm means too small, a leap means too large. A larger rate helps in one case only.",
    curves=lambda: train(digits(), list(RATES), steps=160).loss.T,
    alt="Four loss curves of 160 steps on one log axis, all starting near 2.4. {}.",
    measure=_by_leap_and_end,
)


class Table(dict):
    """Final losses by rate and seed, looked up like a training: ``train(eta, seed)``."""

    def __call__(self, eta: float, seed: int) -> float:
        return self[eta][seed]


def _some_failed(rng: np.random.Generator) -> tuple:
    """Arguments of 02.5: random losses, and one failed run."""
    rates = [0.03, 0.1, 0.3, 1.0, 3.0]
    losses = rng.uniform(0.1, 1.0, (5, 3)).round(2)
    losses[rng.integers(5), rng.integers(3)] = np.inf
    return Table(dict(zip(rates, losses.tolist()))), rates, [0, 1, 2]


LARGE_LOSS = (
    "A failed run counts as a large loss: two very good runs can still outweigh it, and which loss "
    "is large depends on its units."
)

HIDDEN_FAILURES = FindBug(
    text='''02.5 The mean that hides failures

    This compares rates by training each with several seeds; `train(eta, seed)` returns the final
    loss, and `inf` where the run failed (here from a table). It recommends rates with which one
    run in three fails. Correct it: a rate with a failed run must not win against one without.

    def best_rate(train, rates, seeds):
        """The rate with the lowest mean loss over the seeds."""
        means = []
        for eta in rates:
            losses = [train(eta, seed) for seed in seeds]
            means.append(np.mean([loss for loss in losses if np.isfinite(loss)]))
        return rates[np.argmin(means)]
    ''',
    given="np.mean([loss for loss in losses if np.isfinite(loss)])",
    right="np.mean(losses)",
    wrong={
        "np.min(losses)": "The best seed instead of the mean: a lucky run decides.",
        "np.median(losses)": "A median hides a minority of failures, just as the code did.",
        "losses[0]": "One seed decides: whether it failed is luck.",
        "np.max(losses)": "The worst seed instead of the mean: one unlucky run that has not "
        "failed decides.",
        "np.mean(np.nan_to_num(losses, posinf=0.0))": "A failed run counts as a loss of 0, the "
        "best of all.",
        "np.mean(np.minimum(losses, 2.3))": LARGE_LOSS,
        "np.mean(np.nan_to_num(losses, posinf=10.0))": LARGE_LOSS,
    },
    hints=(
        "Which mean does the code take of the losses 0.2, 0.2 and `inf`?",
        "One line leaves the failed runs out before it takes the mean.",
        "The mean of all three is `inf`, which never wins: take it without leaving runs out.",
    ),
    why="A mean over the runs that survived describes luck. Either a failure spoils the mean, as "
    "here, or the share of failed runs stands beside it.",
    shown=[
        (Table({0.1: [0.6, 0.7, 0.8], 1.0: [0.2, 0.2, np.inf]}), [0.1, 1.0], [0, 1, 2]),
        (Table({0.1: [0.9, 0.9, 0.95], 1.0: [0.1, 0.1, np.inf]}), [0.1, 1.0], [0, 1, 2]),
        (Table({1.0: [10.0, 10.0, np.inf], 0.1: [90.0, 90.0, 95.0]}), [1.0, 0.1], [0, 1, 2]),
    ],
    fresh=_some_failed,
)

TWELVE_TRAININGS = ChooseRate(
    text='''02.6 Twelve trainings

    Write a function that chooses a rate. `try_rate(eta)` trains a small network on digits, 30 % of
    whose training labels are wrong, and returns `.training_loss` and `.validation_accuracy`. You
    have 12 trainings; asking again for a rate costs nothing. The check calls it for three problems
    that differ in the units of the loss; each has its best rate somewhere between 1e-4 and 1e2.

    def choose(try_rate):
        """A good rate for a problem; at most 12 calls of try_rate(eta)."""
        return ...
    ''',
    right=BEST_OF.format("np.geomspace(1e-4, 1e2, 12)"),
    wrong={
        "return 0.1": budget.UNTRIED,
        "rates = np.geomspace(1e-4, 1e2, 12)\n"
        "return min(rates, key=lambda eta: try_rate(eta).training_loss)": budget.BY_TRAINING_LOSS,
        BEST_OF.format("[1e-5, 1e-4, 1e-3, 1e-2, 1e-1]"): budget.ON_THE_EDGE,
        BEST_OF.format("[1e-4, 1e-2, 1, 100]"): budget.TOO_FEW,
        BEST_OF.format("np.linspace(1e-4, 1e2, 12)"): budget.GAP.format(1e-4, 9.1),
        "rates = np.geomspace(1e-4, 1e2, 12)\n"
        "return min(eta for eta in rates if try_rate(eta).validation_accuracy > 0.3)": NOT_BEST,
    },
    hints=(
        "How many powers of ten lie between 1e-4 and 1e2? Spread your trainings evenly over them.",
        "`np.geomspace(1e-4, 1e2, 12)` are twelve rates, evenly spread on a log axis.",
        "Try each of them, and return the one whose `.validation_accuracy` is highest.",
    ),
    why="A grid on a log axis, wide enough that the best does not stand on its edge, judged on "
    "data that training did not see. Multiplying the loss by c moves the best rate by 1/c: a rate "
    "has units.",
    problem=lambda scale: digits(samples=300, batch_size=20, label_noise=0.3, loss_scale=scale),
    scales=(1.0, 0.05, 16.0),
    reference=np.geomspace(0.03, 0.56, 6),
    steps=400,
)

EXERCISES = (TWO_PER_CENT, FASTEST_RATE, EPOCHS, FOUR_LOSSES, HIDDEN_FAILURES, TWELVE_TRAININGS)
