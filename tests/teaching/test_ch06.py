"""Chapter 06: what its figures draw, what its claims compute, what its explorer shows."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from course_lr.problems import digits
from course_lr.schedules import Constant, CosineDecay
from course_lr.teaching import figures
from course_lr.teaching.evidence import all_claims, ch06, ch06_cause, ch06_form, ch06_limits
from course_lr.teaching.evidence.sweeps import Curves
from course_lr.teaching.evidence.trial import Trial
from course_lr.teaching.explorers import warmup
from course_lr.teaching.figures.style import COLOURS
from course_lr.teaching.figures.warmup import TRAININGS
from course_lr.updates import Adam

RATES = np.array([0.1, 0.2, 0.4, 0.8])
SHARES = np.array([[0.5, 0.7], [0.9, 0.8], [0.1, 0.1], [0.1, 0.1]])
WAYS = {"without": (RATES, SHARES), "with": (2 * RATES, SHARES[::-1])}
LOSS = np.linspace(3, 1, 20)[:, None] * [1.0, 1.1, 1.2]
LIMITS = [
    {"id": "S12-limit-adam-digits", "effect": 3.0, "low": 2.0, "high": 4.0},
    {"id": "S12-limit-digits", "effect": 1.0, "low": 0.9, "high": 1.1},
]
FIGURES = {
    "accuracy_with_and_without": ({"a": WAYS, "b": WAYS, "c": WAYS, "d": WAYS},),
    "early_scale": ({"β2 = 0.9": np.array([1.0, 0.5]), "β2 = 0.99": np.array([1.0, 0.8])},),
    "from_distances": ({"slow": LOSS[:, :2], "fast": LOSS[:, 1:]}, [1, 10]),
    "lost_by_length": ([0, 8], {"line": 1.0 * np.eye(2), "step": np.array([[1.0, 1], [1, 0]])}),
    "raised_limits": (LIMITS, 2.0),
    "runs_with_and_without": ({"way": LOSS, "other way": 2 * LOSS}, 2.3),
    "sharpness_along": (np.arange(20), {0.2: 50 * LOSS}, {0.2: np.linspace(0.01, 0.2, 20)}),
}


def curves(accuracy, rates=RATES, seeds=None) -> Curves:
    """Curves of one epoch with this accuracy ``(rates, seeds)``, on test and validation data."""
    accuracy = np.asarray(accuracy, np.float32)
    seeds = np.arange(accuracy.shape[1]) if seeds is None else np.array(seeds)
    flat, one = np.ones(accuracy.shape, np.float32), np.array([240])
    nobody, about = np.zeros(accuracy.shape, bool), {"name": "made_up", "seconds": 0.0}
    lists = (flat[None], accuracy[None], accuracy, flat, nobody, nobody, flat[0])
    return Curves(rates, seeds, one, *lists, 2.3, about)


# --- claims --------------------------------------------------------------------------------------


def test_the_largest_rate_is_the_one_before_the_first_loss():
    accuracy = [[0.9, 0.9, 0.9], [0.9, 0.2, 0.9], [0.9, 0.9, 0.9], [0.2, 0.9, 0.9]]
    found = curves(accuracy)
    choice = Trial([0, 1, 2], [0, 1, 2], found).choose()
    assert choice.index in (0, 2)
    start = choice.__class__(**{**vars(choice), "index": 0})
    assert ch06_limits.bearable(found, start, floor=0.45).tolist() == [0.4, 0.1, 0.8]


def two_ways():
    """Without a warm-up half of the seeds are lost at 0.4; with one, none before 0.8."""
    cold = np.full((4, 40), 0.9)
    cold[1], cold[2, ::2], cold[3] = 0.92, 0.1, 0.1
    warm = np.full((4, 40), 0.9)
    warm[1], warm[3] = 0.93, 0.1
    return Trial(range(10), range(10, 30), curves(cold), curves(warm))


def test_the_limit_is_compared_seed_by_seed():
    effects = ch06_limits.raised(two_ways())
    assert effects.values == pytest.approx([2.0, 1.0] * 10)
    assert effects.statistic(effects.values[None])[0] == pytest.approx(np.sqrt(2))


def test_rescue_judges_the_rate_that_half_of_the_tuning_runs_lose():
    effects = ch06_limits.runs_that_bear(two_ways())
    assert effects.facts["rate"] == 0.4
    assert (effects.facts["lost without, %"], effects.facts["lost with, %"]) == (50, 0)
    assert effects.values.tolist() == [100.0] * 20


def test_the_best_of_each_way_is_compared_in_points():
    effects = ch06_limits.best_with_and_without(two_ways())
    assert effects.values == pytest.approx(np.full(20, 1.0), abs=1e-4)


def test_schedules_of_the_sweeps_take_equal_steps():
    warm, decayed = ch06.then_constant(240)(0.2), ch06.then_cosine(240)(0.2)
    assert warm([0, 12, 24, 239]) == pytest.approx([0, 0.1, 0.2, 0.2])
    assert decayed([0, 24, 240]) == pytest.approx([0, 0.2, 0])
    assert decayed(132) == pytest.approx(CosineDecay(0.2, 216)(108))
    assert ch06.waiting(240)(np.array([0.2]))([23, 24]).ravel() == pytest.approx([0, 0.2])
    assert ch06.digits_adam_forgetful.update == Adam(beta2=0.9)


def test_distance_counts_for_nothing_on_a_quadratic_and_for_all_on_a_quartic():
    trial = Trial([0], range(1, 4))
    assert ch06_cause.distance_on_quadratics(trial).values == pytest.approx([0, 0, 0])
    assert ch06_cause.distance_on_quartics(trial).values == pytest.approx([99.99] * 3, abs=0.01)


def test_the_gradient_of_the_quartic_is_that_of_its_loss():
    problem, w = ch06_cause.quartic(np.array([2.0, 5.0])), np.array([[0.5, -1.5]])
    loss = lambda at: problem.loss_and_grad(at, 0, np.array([0]))[0][0]  # noqa: E731
    slope = [(loss(w + h) - loss(w - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    assert problem.loss_and_grad(w, 0, np.array([0]))[1][0] == pytest.approx(slope, rel=1e-6)


def test_second_moments_are_those_that_adam_divides_by():
    rng = np.random.default_rng(0)
    gradients, update = rng.normal(size=(5, 3)), Adam(beta1=0.0, eps=1e-12)
    moments = ch06_form.second_moments(gradients**2, 0.999)
    w = np.zeros((1, 3))
    state = update.start(w)
    for gradient, moment in zip(gradients, moments):
        before = w.copy()
        update.apply(w, gradient[None].copy(), 1.0, state)
        assert (before - w)[0] == pytest.approx(gradient / np.sqrt(moment))


def test_the_scale_of_adam_is_uncertain_at_first_and_settles():
    first, later = ch06_form.spreads(digits(), 3, 0.999, (1, 100))
    assert 0.7 < first < 1.6 and later < first / 5
    short, long = (ch06_form.spreads(digits(), 3, b, (1, 100)) for b in (0.9, 0.999))
    assert short[0] == pytest.approx(long[0]) and short[1] > 1.5 * long[1]


# --- figures -------------------------------------------------------------------------------------


def test_accuracy_with_and_without_draws_means_and_stars():
    accuracy = np.array([[0.5, 0.7], [0.9, 0.8], [0.1, 0.1], [0.1, 0.1]])
    ways = {"without": (RATES, accuracy), "with": (2 * RATES, accuracy[::-1])}
    figure = figures.accuracy_with_and_without({"a": ways, "b": ways, "c": ways, "d": ways})
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c", "d"]
    cold, star, warm, other = figure.axes[3].lines
    assert star.get_markersize() > other.get_markersize() + 5  # where they meet both are seen
    assert cold.get_ydata() == pytest.approx([60, 85, 10, 10])
    assert (star.get_xdata(), star.get_ydata()) == (pytest.approx([0.2]), pytest.approx([85]))
    assert warm.get_xdata() == pytest.approx(2 * RATES)
    assert other.get_xdata() == pytest.approx([0.8])
    assert figure.axes[0].get_legend().get_texts()[1].get_text() == "with"


def test_sharpness_along_draws_the_limit_of_the_rate_at_each_step():
    steps, values = np.array([0, 1, 2]), np.array([[100.0, 300.0], [50.0, 70.0], [10.0, 30.0]])
    figure = figures.sharpness_along(steps, {0.2: values}, {0.2: np.array([0.0, 0.1, 0.2])})
    sharp, limit = figure.axes[0].lines
    assert np.asarray(sharp.get_ydata()) == pytest.approx([200, 60, 20])
    assert np.isnan(limit.get_ydata()[0]) and limit.get_ydata()[1:] == pytest.approx([20, 10])
    assert figure.axes[0].get_yscale() == "log"


def test_raised_limits_names_orders_and_colours():
    entries = [
        {"id": "S12-limit-adam-digits", "effect": 3.0, "low": 2.0, "high": 4.0},
        {"id": "S12-limit-digits", "effect": 1.0, "low": 0.9, "high": 1.1},
        {"id": "S12-limit-deep", "effect": 2.1, "low": 1.7, "high": 2.5},
    ]
    (axis,) = figures.raised_limits(entries, threshold=2.0).axes
    bars, dots = axis.lines[0:6:2], axis.lines[1:6:2]
    assert [list(bar.get_xdata()) for bar in bars] == [[1.7, 2.5], [0.9, 1.1], [2.0, 4.0]]
    assert [dot.get_color() for dot in dots] == [COLOURS[4], COLOURS[1], COLOURS[0]]
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names == ["deep, bad start", "digits, shallow", "digits, shallow, Adam"]
    told = [text.get_text() for text in axis.get_legend().get_texts()]
    assert told == ["not decided", "contradicted", "confirmed", "the claim: twice"]
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first one on top


def test_every_claim_on_the_largest_rate_has_a_row():
    ids = {id.removeprefix("S12-limit-") for id in all_claims() if id.startswith("S12-limit-")}
    assert ids == set(TRAININGS)


def test_from_distances_names_each_start():
    loss = np.array([[1.0, 100.0], [0.5, 50.0]])
    figure = figures.from_distances({"slow": loss, "fast": 2 * loss}, [1, 10])
    assert figure.axes[1].lines[1].get_ydata() == pytest.approx([200, 100])
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["from 1", "from 10"]


def test_runs_with_and_without_marks_what_leaves_the_axis():
    loss = np.full((20, 3), 1.0)
    loss[5:, 1], loss[9:, 2] = 1e9, np.nan
    (axis,) = figures.runs_with_and_without({"way": loss}, guessing=2.3).axes
    steady, _, _, marks, _ = axis.lines
    assert steady.get_ydata() == pytest.approx(np.ones(13)) and steady.get_xdata()[0] == 4
    assert marks.get_xdata().tolist() == [5, 9]


def test_lost_by_length_draws_shares():
    lost = {"line": np.array([[True, True], [False, True], [False, False]])}
    (axis,) = figures.lost_by_length([0, 8, 64], lost).axes
    assert axis.lines[0].get_ydata() == pytest.approx([100, 50, 0])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0", "8", "64"]


def test_early_scale_counts_steps_from_one():
    (axis,) = figures.early_scale({"β2 = 0.9": np.array([1.0, 0.5])}).axes
    assert axis.lines[0].get_xdata().tolist() == [1, 2]
    assert to_rgba(axis.lines[0].get_color()) == to_rgba(COLOURS[0])


# --- explorer ------------------------------------------------------------------------------------


def test_the_explorer_reaches_its_goal_with_a_short_warm_up_only():
    met = warmup.EXPLORER.goal.met
    at = dict(eta=warmup.HIGH, gain=1.5)
    assert met(warmup.compute(length=4, **at))
    assert not met(warmup.compute(length=1, **at))
    assert not met(warmup.compute(length=4, eta=warmup.HIGH, gain=1.0))


def test_the_explorer_draws_the_limit_and_marks_what_is_lost():
    data = warmup.compute(eta=0.63, length=0, gain=1.5)
    assert data["lost"] == warmup.SEEDS and np.isnan(data["steep"][-1])
    assert data["limit"] == pytest.approx(np.full(len(warmup.SEEN), 2 / 0.63))
    assert "Seed 1 is gone" in warmup.state(data)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 4.4))
    warmup.draw(figure, data)
    part = figure.course_lr_parts
    assert len(part["lost"].get_xdata()) == 1 and part["lost"].get_ydata()[0] == warmup.LOSS[1]
    assert part["limit"].get_ydata() == pytest.approx(data["limit"])
    assert len(part["loss"].get_segments()) == warmup.SEEDS


def test_the_explorer_opens_with_a_seed_that_survives_and_says_when_shorter_will_do():
    opened = warmup.EXPLORER.data()
    assert opened["lost"] > 0 and np.isfinite(opened["steep"]).all()
    assert (opened["loss"][-16:, warmup.FOLLOWED] < warmup.LOST).all()
    assert "a shorter warm-up does it too" not in warmup.state(opened)
    longer = warmup.compute(eta=warmup.HIGH, length=8, gain=1.5)
    assert warmup.state(longer).startswith("No seed is lost, but a shorter warm-up does it too.")
    assert warmup.state(warmup.compute(eta=warmup.HIGH, length=4, gain=1.5)).startswith("0 of 5")


def test_the_rate_of_the_explorer_is_the_one_that_was_used():
    data = warmup.compute(eta=0.11, length=16, gain=1.0)
    assert data["rate"] == pytest.approx(warmup.schedule(0.11, 16)(np.arange(warmup.STEPS)))
    assert data["rate"][0] == 0 and data["rate"][16] == pytest.approx(0.11)
    assert warmup.schedule(0.11, 0)(0) == Constant(0.11)(0)
    assert np.isnan(data["limit"][0])
