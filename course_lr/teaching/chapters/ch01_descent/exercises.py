"""Exercises of chapter 01: what the learning rate does in one update."""

import functools

import numpy as np

from course_lr import Quadratic, train
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, panels


def _distances() -> dict[str, dict[str, np.ndarray]]:
    """Distance from the start at each of 10 steps, ``(11,)``, with two rates."""
    path = train(Quadratic([1.0]), [0.1, 0.2], steps=10, record=("path",)).path[..., 0]
    return {"": dict(zip(["η = 0.1", "η = 0.2"], np.abs(path - path[0]).T))}


def _how_much_farther(panel: dict) -> str:
    small, large = (way[-1] for way in panel[""].values())
    ratio = large / small
    return "d" if ratio < 1.01 else "c" if ratio < 1.99 else "b" if ratio < 2.01 else "a"


TWICE_THE_RATE = Predict(
    text="""01.1 Twice the rate

    The loss is w²/2, the start is w = 1. One run makes 10 steps with η = 0.1, another 10 steps
    with η = 0.2. How far from the start does the second run end, compared with the first?

    a) More than twice as far.
    b) Twice as far: every update is η times the slope.
    c) Farther, but less than twice as far.
    d) Equally far: both go to the minimum.""",
    right='"c"',
    wrong={
        '"a"': "That would need the slope to grow on the way; downhill in a bowl it shrinks.",
        '"b"': "True of the first update only: after it the two runs stand on different slopes.",
        '"d"': "Both go there, but 10 steps with η = 0.1 stop well before the minimum.",
    },
    hints=(
        "What is the slope at w = 1, and what is it at w = 0.5?",
        "One step multiplies w by 1 − η. Which number is left after two steps, for each rate?",
        "What is left is 0.9 to the power 10, and 0.8 to the power 10: about 0.35 and 0.11.",
    ),
    why="The first update is twice as long. It also leads to a flatter place, where the same rate "
    "makes shorter steps: η times the slope, and the slope is no longer the same.",
    curves=_distances,
    alt="Distance from the start at each of 10 steps, for two rates. With η = 0.2 the first step "
    "is twice as long; later its steps become shorter than those with η = 0.1. After 10 steps "
    "it is 0.89 away from the start and the other 0.65.",
    draw=functools.partial(panels, y="distance from the start", log=False, marker="o"),
    measure=_how_much_farther,
)

ONE_UPDATE = Write(
    text='''01.2 One update

    Write one step of gradient descent: the weights after an update with the rate `eta`. `w` and
    `gradient` are numbers or arrays of one shape.

    def update(w, gradient, eta):
        """The weights after one step of gradient descent."""
        return ...
    ''',
    right="w - eta * gradient",
    wrong={
        "w + eta * gradient": "This climbs: the gradient points uphill, so it is subtracted.",
        "w - gradient": "The rate is not used: every step is as long as the slope is steep.",
        "-eta * gradient": "This is the step alone; the new weights are the old ones plus it.",
        "w - eta * w * gradient": "Multiplied by w as well; the step is η times the slope.",
        "w - eta * np.sign(gradient)": "Only the slope's sign is used: each step has length η, "
        "however steep it is.",
        "w - gradient / eta": "Divided by η: a larger rate would make a smaller step.",
    },
    hints=(
        "Which way does the gradient point, and which way do you want to go?",
        "The step has the direction of minus the gradient, and is η times as long.",
        "New weights = old weights minus the rate times the gradient.",
    ),
    why="This line is the whole method: the gradient says which way, the rate says how far.",
    shown=[(1.0, 2.0, 0.1), (np.array([1.0, -2.0]), np.array([0.5, 4.0]), 0.1)],
    fresh=lambda rng: (
        rng.normal(size=(3, 2)).round(2),
        rng.normal(size=(3, 2)).round(2),
        rng.uniform(0.01, 0.8).__round__(2),
    ),
)

STEP_LENGTHS = Write(
    text='''01.3 How long is a step?

    Several runs stand at different places. `gradients` has one row a run, `etas` one rate a run.
    Return the length of each run's update |η g|, an array with one number a run.

    def step_lengths(gradients, etas):
        """gradients (runs, n), etas (runs,) -> length of each update, (runs,)."""
        return ...
    ''',
    right="etas * np.linalg.norm(gradients, axis=1)",
    wrong={
        "np.linalg.norm(gradients, axis=1)": "The rate is not used: this is the size of the slope.",
        "etas * np.sum(gradients**2, axis=1)": "The square root is missing: this is η |g|².",
        "etas * np.sum(np.abs(gradients), axis=1)": "The sizes of the parts are added up; a length "
        "is the root of the sum of their squares.",
        "etas * np.linalg.norm(gradients)": "One length for all runs together: take it row by row.",
        "etas * np.sum(gradients, axis=1)": "The parts are added with their signs and cancel.",
        "-etas * np.linalg.norm(gradients, axis=1)": "A length is never negative: the minus sign "
        "of the update is its direction.",
        "etas * np.sqrt(np.mean(gradients**2, axis=1))": "The root of the *mean* square: a length "
        "adds the squares up, and does not divide by how many there are.",
    },
    hints=(
        "Begin with a single run: how long is the vector (3, 4), and how long η times it?",
        "`np.linalg.norm` gives a length; it has an argument `axis`.",
        "The norm of each row (`axis=1`), times that run's rate.",
    ),
    why="The length is η times the slope: at the same rate a steep place makes a long step, and "
    "near a minimum the steps become short by themselves.",
    shown=[(np.array([[3.0, 4.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.1, 0.1, 1.0]))],
    fresh=lambda rng: (rng.normal(size=(4, 3)).round(2), rng.uniform(0.01, 1, 4).round(2)),
)

MANY_STEPS = Write(
    text='''01.4 After many steps

    The loss is the sum of ½ λᵢ wᵢ², so weight i has the slope λᵢ wᵢ. Return the weights after
    `steps` updates with the rate `eta`. A formula or a loop will do.

    def after(w, curvatures, eta, steps):
        """The weights after so many steps; w and curvatures have shape (n,)."""
        return ...
    ''',
    right="w * (1 - eta * curvatures) ** steps",
    wrong={
        "w * (1 - eta * curvatures) ** (steps - 1)": "One step too few: steps are counted from 0, "
        "and `steps` of them are made.",
        "w * (1 - eta * curvatures) ** (steps + 1)": "One step too many: the start is no step.",
        "w * (1 - eta) ** steps": "The curvature is missing: every weight shrinks alike.",
        "w * (1 - eta * curvatures * steps)": "One long step instead of many: the slope is taken "
        "at the start only.",
        "w * np.exp(-eta * curvatures * steps)": "The limit of very small rates: it never "
        "overshoots, and a step with ηλ > 1 does.",
        "w * np.abs(1 - eta * curvatures) ** steps": "The sign is lost: with ηλ > 1 the weight "
        "changes sides at every step.",
        "w * (1 + eta * curvatures) ** steps": "This climbs: the slope is added, not subtracted.",
    },
    hints=(
        "Write one step for one weight, with its slope put in, and take w out of it.",
        "One step multiplies weight i by 1 − ηλᵢ.",
        "The same factor at every step: its power `steps`, times the weight at the start.",
    ),
    why="One rate, as many factors as curvatures: a steep direction may overshoot while a flat one "
    "hardly moves. Chapter 02 asks which η suits both.",
    shown=[(np.array([-4.0, 1.0]), np.array([1.0, 20.0]), 0.05, 3)],
    fresh=lambda rng: (
        rng.normal(size=3).round(2),
        rng.uniform(0.5, 19, 3).round(1),
        rng.uniform(0.02, 0.1).__round__(3),
        int(rng.integers(3, 8)),
    ),
)


def _examples(rng: np.random.Generator) -> tuple:
    x = rng.normal(size=(rng.integers(4, 9), 2)).round(1)
    return x, rng.normal(size=len(x)).round(1), np.zeros(2), 0.1, 3


MORE_EXAMPLES = FindBug(
    text='''01.5 More examples, and it diverges

    This fits a line by gradient descent on the mean over the examples of (x·w − y)²/2. With 5
    examples a rate of 0.1 works. With 50 examples of the same kind it diverges. Correct it, so that
    the same rate means the same thing for any number of examples.

    def fit(x, y, w, eta, steps):
        """x (examples, n), y (examples,), w (n,) -> the weights after so many steps."""
        for step in range(steps):
            error = x @ w - y
            w = w - eta * x.T @ error
        return w
    ''',
    given="w = w - eta * x.T @ error",
    right="w = w - eta * x.T @ error / len(y)",
    wrong={
        "w = w - eta * x.T @ error / len(w)": "Divided by the number of weights; the mean is over "
        "the examples.",
        "w = w - eta * x.T @ error / steps": "Divided by the number of steps: the result would "
        "depend on when you stop.",
        "w = w - 2 * eta * x.T @ error / len(y)": "Twice too long: the square's 2 is cancelled by "
        "the ½.",
        "w = w + eta * x.T @ error / len(y)": "This climbs: the sign was right before.",
        "w = w - eta / 10 * x.T @ error": "A smaller rate hides it: with ten times the examples "
        "it comes back.",
        "w = w - eta * x.T @ error / np.sqrt(len(y))": "A mean divides by the number of examples, "
        "not by its root.",
        "eta = eta / len(y)\nw = w - eta * x.T @ error": "Divided again at every step: the rate "
        "shrinks while you fit. Divide it once, before the loop, or in the line of the update.",
    },
    hints=(
        "Write down the gradient of the mean, and compare it with the line that changes `w`.",
        "`x.T @ error` adds up one term an example. How many terms has it with 50 examples?",
        "The gradient of the mean is that sum divided by the number of examples.",
    ),
    why="A sum over the batch is a mean with a rate `len(y)` times as large: whether losses are "
    "summed or averaged is a part of what η means.",
    shown=[(np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 1.0]]), np.ones(3), np.zeros(2), 0.1, 2)],
    fresh=_examples,
)

EXERCISES = (TWICE_THE_RATE, ONE_UPDATE, STEP_LENGTHS, MANY_STEPS, MORE_EXAMPLES)
