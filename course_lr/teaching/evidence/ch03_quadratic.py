"""Chapter 03, the noisy quadratic: where everything about decay can be computed."""

import numpy as np

from course_lr.problems import Quadratic
from course_lr.schedules import Constant, ExponentialDecay, StepDecay
from course_lr.teaching.evidence.ch02 import bowl
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.trial import Effects, Trial
from course_lr.training import train

START, STEPS = 10.0, 1000
NOISY = "½w² with gradient noise of standard deviation 1, 1000 steps from w = 10"
# Runs with noise of their own that make up the mean loss of one judging seed.
STREAMS = 200
PEAKS = 10 ** np.arange(-3, 0.3, 1 / 16)
STEADY = dict(of="S5", chapter=3, notes="3.1, decay by a constant factor")
DROPS = dict(of="S6", chapter=3, notes="3.1, decay by epochs or batches")


def streams(seed: int) -> list[int]:
    """The seeds of the runs that make up the mean of one judging seed."""
    return list(range(STREAMS * seed, STREAMS * (seed + 1)))


def noise_floor(eta, curvature=1.0, noise=1.0):
    """The mean loss at which a constant rate settles: ησ²/(2(2 − ηλ)), for 0 < ηλ < 2."""
    return eta * noise**2 / (2 * (2 - eta * curvature))


def expected_loss(rates: np.ndarray, start: float = START) -> np.ndarray:
    """Mean loss over the noise before each update and after the last, λ = σ = 1.

    ``rates`` is ``(steps, …)``, the result ``(steps + 1, …)``: E w² becomes
    (1 − η)² E w² + η² with every step.
    """
    square = np.full(rates.shape[1:], start**2)
    found = [square / 2]
    for eta in rates:
        square = (1 - eta) ** 2 * square + eta**2
        found.append(square / 2)
    return np.array(found)


def best_peak(schedule) -> float:
    """The peak whose expected loss at the end is lowest; ``schedule`` makes rates from peaks."""
    rates = schedule(PEAKS)(np.arange(STEPS))
    return float(PEAKS[np.argmin(expected_loss(rates)[-1])])


def to_a_tenth(peaks) -> ExponentialDecay:
    """A constant factor that leaves a tenth after all steps."""
    return ExponentialDecay(peaks, 0.1 ** (1 / STEPS))


def runs(trial: Trial, seed: int, schedule, name: str) -> np.ndarray:
    """Losses ``(steps + 1, streams)`` of one judging seed."""
    history = train(
        Quadratic(1.0, noise=1.0), schedule, steps=STEPS, start=[START], seeds=streams(seed)
    )
    failed = np.append(trial.failed.get(name, []), history.diverged.any())
    trial.count(name, failed, STEPS)
    return history.loss


@claim(
    "S5-floor-quadratic",
    statement="At a constant rate the loss settles at a floor that grows with the rate as "
    "ησ²/(2(2 − ηλ)) says (at least 95 % agreement).",
    problem="½λw² with gradient noise, λ between 0.3 and 3, ηλ between 0.02 and 1.9",
    compared_with="the formula",
    threshold=95.0,
    unit="% agreement",
    condition="Proportional to η only while ηλ is far below 2: near 2 the floor rises without "
    "bound.",
    **STEADY,
)
def height_of_the_floor(trial: Trial) -> Effects:
    products, agreement, failed = np.array([0.02, 0.1, 0.5, 1.0, 1.5, 1.9]), [], []
    for seed in trial.judging:
        curvature = float(10 ** np.random.default_rng(seed).uniform(-0.5, 0.5))
        problem, rates = Quadratic(curvature, noise=1.0), products / curvature
        history = train(problem, rates, steps=1200, start=[0.0], seeds=streams(seed))
        ratio = history.loss[400:].mean(axis=(0, 2)) / noise_floor(rates, curvature)
        agreement.append(np.minimum(ratio, 1 / ratio).mean())
        failed.append(history.diverged.any())
    trial.count("six constant rates", np.array(failed), 1200)
    return Effects(100 * np.array(agreement))


@claim(
    "S5-steady-quadratic",
    statement="Falling to a tenth of the same first rate by a constant factor, the loss fluctuates "
    "at most a fifth as much at the end.",
    problem=NOISY,
    compared_with="the constant rate 0.3",
    threshold=5.0,
    unit="times the decay's fluctuation at the constant rate",
    condition="The floor falls with the rate, to nearly a tenth; half of that was asked for.",
    **STEADY,
)
def steadier_quadratic(trial: Trial) -> Effects:
    ratios = []
    for seed in trial.judging:
        constant = runs(trial, seed, Constant(0.3), "constant 0.3")
        decayed = runs(trial, seed, to_a_tenth(0.3), "from 0.3 to a tenth")
        ratios.append(np.std(constant[-100:]) / np.std(decayed[-100:]))
    return Effects(np.array(ratios))


@claim(
    "S5-better-quadratic",
    statement="At equal budget, each with its own best first rate, decay by a constant factor ends "
    "with at most half the loss.",
    problem=NOISY,
    compared_with="the constant rate with the lowest expected loss at the end",
    threshold=2.0,
    unit="times the decay's final loss at the constant rate",
    condition="The factor leaves a tenth after all steps. The best rates are computed, not tuned.",
    **STEADY,
)
def better_quadratic(trial: Trial) -> Effects:
    return final_losses(trial, to_a_tenth, "decay to a tenth")


@claim(
    "S5-any-factor-quadratic",
    statement="A factor of 0.9 at every step, too, ends with no more loss than the best constant "
    "rate.",
    problem=NOISY,
    compared_with="the constant rate with the lowest expected loss at the end",
    threshold=1.0,
    unit="times the decay's final loss at the constant rate",
    condition="All rates to come add up to ten times the first one: training stops on its way.",
    **STEADY,
)
def any_factor_quadratic(trial: Trial) -> Effects:
    return final_losses(trial, lambda peaks: ExponentialDecay(peaks, 0.9), "times 0.9")


def final_losses(trial: Trial, decay, name: str) -> Effects:
    """The constant rate's mean final loss over that of ``decay``, each at its own best peak."""
    ratios, peaks = [], (best_peak(Constant), best_peak(decay))
    for seed in trial.judging:
        constant = runs(trial, seed, Constant(peaks[0]), "constant")
        decayed = runs(trial, seed, decay(peaks[1]), name)
        ratios.append(constant[-1].mean() / decayed[-1].mean())
    return Effects(np.array(ratios), {"constant rate": peaks[0], "first rate": peaks[1]})


@claim(
    "S5-noiseless-quadratic",
    statement="Without noise, too, decay by a constant factor ends with the lower loss.",
    problem="random quadratic bowls in five dimensions, no noise, 300 steps",
    compared_with="the constant rate with the lowest loss at the end",
    threshold=0.0,
    unit="decades of loss",
    condition="Without noise there is no floor to lower: small rates late are only slow.",
    **STEADY,
)
def without_noise(trial: Trial) -> Effects:
    gains, failed = [], []
    for seed in trial.judging:
        problem, _, steepest = bowl(seed, 1 / 30)
        peaks = 10 ** np.arange(-0.5, 1.01, 1 / 32) / steepest
        schedules = (Constant(peaks), ExponentialDecay(peaks, 0.1 ** (1 / 300)))
        best = [np.nanmin(train(problem, each, steps=300).loss[-1]) for each in schedules]
        gains.append(np.log10(best[0] / best[1]))
        failed.append(~np.isfinite(best))
    trial.count("both schedules", np.array(failed), 300)
    return Effects(np.array(gains))


# --- drops ----------------------------------------------------------------------------------------

STAIRS = StepDecay(0.5, gamma=0.1, every=500)
STAIRS_WORDS = "½w² with gradient noise, η = 0.5, 0.05 and 0.005 for 500 steps each"


def staircase(trial: Trial, seed: int) -> np.ndarray:
    """Mean loss ``(1501,)`` of one judging seed down three stairs."""
    history = train(
        Quadratic(1.0, noise=1.0), STAIRS, steps=1500, start=[START], seeds=streams(seed)
    )
    failed = np.append(trial.failed.get("three stairs", []), history.diverged.any())
    trial.count("three stairs", failed, 1500)
    return history.loss.mean(axis=1)


@claim(
    "S6-floor-quadratic",
    statement="Each cut of the rate to a tenth lowers the floor of the loss to a fifth or less.",
    problem=STAIRS_WORDS,
    compared_with="the loss before the cut, over the last 100 steps of each stair",
    threshold=5.0,
    unit="times lower",
    condition="The less lowered of two cuts. The formula says 11 and 10 once the loss has settled.",
    **DROPS,
)
def lower_floors(trial: Trial) -> Effects:
    falls = []
    for seed in trial.judging:
        loss = staircase(trial, seed)
        levels = [loss[end - 100 : end].mean() for end in (500, 1000, 1500)]
        falls.append(min(levels[0] / levels[1], levels[1] / levels[2]))
    return Effects(np.array(falls))


@claim(
    "S6-approach-quadratic",
    statement="Each cut slows the approach: after the second cut the way down takes at least five "
    "times as many steps as after the first.",
    problem=STAIRS_WORDS,
    compared_with="the steps from the first cut to twice the new floor",
    threshold=5.0,
    unit="times as many steps",
    condition="Steps until the mean loss is down to twice the new floor; they go as 1/η.",
    **DROPS,
)
def slower_approach(trial: Trial) -> Effects:
    ratios = []
    for seed in trial.judging:
        loss = staircase(trial, seed)
        first = np.argmax(loss[500:] <= 2 * noise_floor(0.05))
        second = np.argmax(loss[1000:] <= 2 * noise_floor(0.005))
        ratios.append(second / first)
    return Effects(np.array(ratios))
