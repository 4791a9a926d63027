"""Exercises of chapter 06: warm-up."""

import numpy as np

from course_lr import Constant, Quadratic, Warmup, digits, train
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.pictured import Predict, ReadCurves


def _from_afar() -> dict[str, np.ndarray]:
    """Loss ``(101,)`` at 0.95 of the limit 2/λ, from distance 1 and from distance 1000."""
    eta = np.full(2, 0.95 * 2 / 50)
    loss = train(Quadratic([50.0]), eta, steps=100, start=[[1.0], [1000.0]]).loss
    return dict(zip(("from distance 1", "from distance 1000"), loss.T))


def _what_distance_does(losses: dict) -> str:
    near, far = (loss / loss[0] for loss in losses.values())
    if not far[-1] < 1:
        return "a"
    return "c" if np.allclose(near, far) else "b" if far[-1] > near[-1] else "d"


DISTANCE = Predict(
    text="""06.1 A thousand times as far

    The loss is ½ · 50 · w², so the limit is 2/50. Descent runs at 95 % of it, once from w = 1 and
    once from w = 1000. What happens from w = 1000?

    a) It diverges: so far out the rate is too large.
    b) It converges, but each step gains less than from w = 1.
    c) Each step divides the loss by the same factor as from w = 1.
    d) Each step gains more than from w = 1, since the gradient is larger.""",
    right='"c"',
    wrong={
        '"a"': "The gradient is a thousand times larger, and so is the distance that is to go.",
        '"b"': "The factor of a step, 1 − ηλ, holds nothing that knows where w is.",
        '"d"': "The step is longer, in the same proportion as the way.",
    },
    hints=(
        "Write down w after one step. By what was it multiplied?",
        "w − η · 50 · w = (1 − 50η) w. Does the factor depend on w?",
        "It is −0.9 from both starts, and the loss falls by 0.81 at each step.",
    ),
    why="On a quadratic the limit is 2/λ from everywhere: distance is no reason for a warm-up. A "
    "curvature that is larger far out, or at the start, is one.",
    curves=_from_afar,
    alt="Two loss curves of 100 steps on one log axis, from distance 1 and from distance 1000. "
    "They are parallel straight lines that fall, the second a million times higher.",
    measure=_what_distance_does,
)


def _some_step(rng: np.random.Generator) -> tuple:
    """Arguments of 06.2: a step in the warm-up, in the decay, or at one of their ends."""
    warm = int(rng.integers(5, 40))
    total = warm + int(rng.integers(20, 100))
    step = int(rng.choice([0, 1, warm - 1, warm, (warm + total) // 2, total - 1]))
    return step, round(rng.uniform(0.01, 1), 2), warm, total, round(rng.uniform(0.1, 0.5), 2)


_DECAY = "eta * (total - step) / (total - warm)"
_RAMP = "if step < warm:\n    return {}\nreturn " + _DECAY

UP_AND_DOWN = Write(
    text='''06.2 Up, then down

    Return the rate of the update number `step`, counted from 0. It rises in a line from
    `start * eta` at step 0 to `eta` at step `warm`, and then falls in a line to 0 at step
    `total`. `start` is a share of `eta`.

    def rate(step, eta, warm, total, start):
        """Linear warm-up from start · eta over `warm` steps, then linear decay to 0 at `total`."""
        return ...
    ''',
    right=_RAMP.format("eta * (start + (1 - start) * step / warm)"),
    wrong={
        _RAMP.format("start + (eta - start) * step / warm"): "`start` was taken for a rate; it is "
        "a share of `eta`.",
        _RAMP.format("eta * step / warm"): "The warm-up begins at 0 instead of `start * eta`.",
        _RAMP.format("eta * (start + step / warm)"): "The ramp ends above `eta`: what is to be "
        "climbed is `1 - start`, not 1.",
        _RAMP.format("eta * (start + (1 - start) * (step + 1) / warm)"): "One step too early: "
        "`eta` is reached at step `warm`, not at `warm - 1`.",
        "step = step + 1\n" + _RAMP.format("eta * (start + (1 - start) * step / warm)"): "One step "
        "too early all along: this is the rate of the *next* update. Step 0 has `start * eta`.",
        _RAMP.format("eta * (step + 1) / warm"): "The warm-up begins at `eta / warm`, one step "
        "early, and `start` is not used: step 0 has `start * eta`.",
        "if step < warm:\n    return eta * (start + (1 - start) * step / warm)\n"
        "return eta * (total - step) / total": "The decay counts from step 0: at step `warm` the "
        "rate falls at once. It has `total - warm` steps.",
        "if step < warm:\n    return eta * (start + (1 - start) * step / warm)\n"
        "return eta": "The decay after the warm-up is missing.",
    },
    hints=(
        "Two cases: before `warm` and from `warm` on. How much of each way is done at `step`?",
        "In the warm-up the share done is step / warm, and the factor climbs from start to 1.",
        "eta * (start + (1 - start) * step / warm), then eta * (total - step) / (total - warm).",
    ),
    why="The two lines meet at step `warm`, where both give eta. `Warmup(LinearDecay(eta, total - "
    "warm), steps=warm, start=start)` is the same.",
    shown=[(10, 0.4, 20, 100, 0.25), (60, 0.4, 20, 100, 0.25)],
    fresh=_some_step,
)


def _some_descent(rng: np.random.Generator) -> tuple:
    """Arguments of 06.3: a short descent, stable or not."""
    curvature, eta = round(rng.uniform(0.5, 4), 1), round(rng.uniform(0.1, 0.9), 1)
    warm = int(rng.integers(3, 7))
    return round(rng.uniform(1, 5), 1), curvature, eta, warm, warm + int(rng.integers(0, 4))


_DESCENT = """path, rate = [], {}
for step in range(steps):
    w = w - rate * curvature * w
    rate = eta * min(1, (step + 1) / warm)
    path.append(w)"""


TOO_LATE = FindBug(
    text='''06.3 Too late

    A descent with a linear warm-up: step 0 is to have the rate 0, step 1 the rate eta/warm, and so
    on up to eta at step `warm`. The code makes its very first step with the full rate. Correct
    it.

    def descend(w, curvature, eta, warm, steps):
        """Weights after each step on the loss curvature · w² / 2, with a linear warm-up to eta."""
        path, rate = [], eta
        for step in range(steps):
            w = w - rate * curvature * w
            rate = eta * min(1, (step + 1) / warm)
            path.append(w)
        return path
    ''',
    given=_DESCENT.format("eta").replace("\n", "\n    "),
    right=_DESCENT.format("0.0"),
    wrong={
        _DESCENT.format("eta / warm"): "The first two steps have the same rate now: step 0 is to "
        "have the rate 0.",
        _DESCENT.format("0.0").replace(" / warm", " / warm / warm"): "The peak is divided by "
        "`warm`: it is never reached.",
        "path = []\nfor step in range(steps):\n    rate = eta * min(1, (step + 1) / warm)\n"
        "    w = w - rate * curvature * w\n    path.append(w)": "One step too early: step 0 uses "
        "`eta / warm` now, and is to have the rate 0. `step / warm` belongs before the update.",
        _DESCENT.format("0.0").replace("step + 1", "step"): "One step too late: step 1 has the "
        "rate 0 again, and is to have `eta / warm`.",
    },
    hints=(
        "Write down the rate that each of the first three steps *uses*.",
        "The update stands before the line that sets the rate. What does step 0 use?",
        "The rate at the beginning must be that of step 0, which is 0.",
    ),
    why="A rate that is set after the update is used one step later. Record the rate that was used "
    "(`history.eta`) and compare it with the plan.",
    shown=[(2.0, 1.0, 0.8, 4, 5)],
    fresh=_some_descent,
)


def _some_losses(rng: np.random.Generator) -> tuple:
    """Arguments of 06.4: lost runs with a gap, so that a later rate looks safe again."""
    rates, lost = np.geomspace(0.01, 1, 6).round(3), np.zeros((6, 4), bool)
    first = int(rng.integers(2, 5))
    lost[first, rng.integers(4)] = True
    lost[5] = rng.random(4) < 0.7
    if rng.random() < 0.5 and first < 4:
        lost[first + 1 : 5, 0] = True
    return rates, lost


SAFE_RATE = Write(
    text='''06.4 The largest rate that is safe

    `rates` are ascending, and `lost[i, s]` says whether seed s was lost at rate i. Return the
    largest rate such that neither at it nor at any smaller rate a seed was lost. The smallest rate
    never loses one.

    def largest_rate(rates, lost):
        """rates (R,) ascending, lost (R, seeds) booleans -> the largest rate that is safe."""
        return ...
    ''',
    right="unsafe = np.any(lost, axis=1)\n"
    "return rates[np.argmax(unsafe) - 1] if unsafe.any() else rates[-1]",
    wrong={
        "return rates[~np.any(lost, axis=1)].max()": "The largest rate without a loss, though a "
        "smaller one lost a seed: that was luck.",
        "unsafe = np.all(lost, axis=1)\n"
        "return rates[np.argmax(unsafe) - 1] if unsafe.any() else rates[-1]": "Unsafe is taken as "
        "*all* seeds lost; one is enough.",
        "unsafe = np.any(lost, axis=1)\n"
        "return np.argmax(unsafe) - 1 if unsafe.any() else len(rates) - 1": "That is the place of "
        "the rate in the list; the rate itself is asked for, `rates[…]`.",
        "return rates[np.argmax(np.any(lost, axis=1))]": "That is the first rate that loses a "
        "seed; the one before it is asked for.",
        "unsafe = np.mean(lost, axis=1) > 0.5\n"
        "return rates[np.argmax(unsafe) - 1] if unsafe.any() else rates[-1]": "Unsafe is taken as "
        "half of the seeds lost; one is enough.",
    },
    hints=(
        "For each rate: is any seed lost? That is one boolean a rate.",
        "`np.argmax` of booleans is the place of the first True.",
        "The answer stands one place before the first rate that loses a seed.",
    ),
    why="A rate beyond the first loss may look safe by luck. The share of losses near it says how "
    "sharp the limit is.",
    shown=[
        (
            np.array([0.01, 0.03, 0.1, 0.3, 1.0]),
            np.array([[0, 0], [0, 0], [0, 1], [0, 0], [1, 1]], bool),
        ),
    ],
    fresh=_some_losses,
)

LENGTHS = {
    0: "falls from the first step on",
    20: "lies flat for a moment, then falls",
    60: "stays high for some twenty steps before it falls",
    180: "falls last, still clearly above the others after 60 steps",
}
FOUR_WARMUPS = ReadCurves(
    text="""06.5 Four warm-ups

    The picture (`ex.show()`) has four loss curves of the digits network at η = 0.3, A to D. Their
    warm-ups took 0, 20, 60 and 180 steps. Which curve belongs to which? Give the letters in this
    order, such as "BADC".""",
    settings=LENGTHS,
    right='"ADCB"',
    wrong={
        '"BCDA"': "Turned round: this goes from the longest warm-up to none.",
        '"ACDB"': "The two in the middle are exchanged: compare them after some forty steps.",
        '"DACB"': "The first two are exchanged: without a warm-up the loss falls from the first "
        "step on.",
    },
    hints=(
        "Here nothing is unstable, so a warm-up can only delay.",
        "Compare the curves after some twenty steps.",
        "The higher a curve lies then, the longer its warm-up.",
    ),
    why="Where nothing is unstable, a warm-up costs its steps and gives nothing: on this network "
    "the limit of the rate is about the same with it and without.",
    curves=lambda: train(digits(), Warmup(Constant(0.3), steps=list(LENGTHS)), steps=120).loss.T,
    alt="Four loss curves of 120 steps on one log axis, all starting near 2.4. {}.",
    measure=lambda losses: losses[:, :60].mean(axis=1).argsort(),
)

EXERCISES = (DISTANCE, UP_AND_DOWN, TOO_LATE, SAFE_RATE, FOUR_WARMUPS)
