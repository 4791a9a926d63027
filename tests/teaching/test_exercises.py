"""Exercises: every one that is registered is held to the same rules, whoever wrote it."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import course_lr
from course_lr.teaching.chapters.ch01_descent import exercises as ch01
from course_lr.teaching.chapters.ch02_rates import exercises as ch02
from course_lr.teaching.exercises import base, outcome
from course_lr.teaching.exercises import progress_file as kept
from course_lr.teaching.exercises.budget import ChooseRate
from course_lr.teaching.exercises.comparing import numbers, same, written
from course_lr.teaching.exercises.function_exercises import FindBug, Write
from course_lr.teaching.exercises.outcome import (
    CORRECT,
    INCORRECT,
    NOT_ATTEMPTED,
    UNCHECKED,
    Box,
    Outcome,
)
from course_lr.teaching.exercises.pictured import Predict, ReadCurves
from course_lr.teaching.exercises.sandbox import MOST_PRINTED, Call, call

EXERCISES = [pytest.param(ex, id=number) for number, ex in base.REGISTRY.items()]
WRONG = [
    pytest.param(ex, fill, id=f"{number}-{place}")
    for number, ex in base.REGISTRY.items()
    for place, fill in enumerate(ex.wrong)
]


def of_kind(kind):
    return [pytest.param(ex, id=ex.number) for ex in base.REGISTRY.values() if isinstance(ex, kind)]


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Progress of its own for every test, and no hint shown yet."""
    monkeypatch.setenv("COURSE_LR_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(outcome, "_shell", lambda: None)
    monkeypatch.setattr(kept, "_memory", {})
    for ex in base.REGISTRY.values():
        monkeypatch.setattr(ex, "_hints_shown", 0)
    return tmp_path / "scratch"


def filled(ex, fill):
    """The answer that the exercise's cell makes with ``fill`` in it."""
    return ex.made(ex.source(fill))


# --- what holds for every exercise ------------------------------------------------------------


@pytest.mark.parametrize("ex", EXERCISES)
def test_the_solution_passes(ex, capsys):
    found = ex.check(filled(ex, ex.right))
    assert (found.number, found.status, found.text) == (ex.number, CORRECT, ex.why)
    assert ex.why in capsys.readouterr().out


@pytest.mark.parametrize("ex", EXERCISES)
def test_the_untouched_stub_is_not_attempted(ex, scratch):
    found = ex.check(ex.made(ex.stub))
    assert (found.status, found.text) == (NOT_ATTEMPTED, ex.blank)
    assert ex.check(...).status == NOT_ATTEMPTED
    assert not (scratch / "progress.json").exists()


@pytest.mark.parametrize(("ex", "fill"), WRONG)
def test_a_typical_wrong_answer_gets_its_own_message_and_no_other(ex, fill, capsys):
    found = ex.check(filled(ex, fill))
    told = [message for message in set(ex.wrong.values()) if message in found.text]
    assert (found.status, told) == (INCORRECT, [ex.wrong[fill]])
    assert ex.wrong[fill] in capsys.readouterr().out
    assert (ex.why in found.text) is isinstance(ex, Predict)  # its picture has been seen


@pytest.mark.parametrize("ex", EXERCISES)
def test_no_constant_and_no_argument_handed_back_is_accepted(ex, monkeypatch):
    constants = [0, 1, -1, 0.1, 0.5, 2, True, np.zeros(3), [0.1, 0.2], *"abcd", "abcd", "ABCD"]
    if isinstance(ex, (Predict, ReadCurves)):
        answers = [each for each in constants if repr(each) != repr(ex.right.strip('"'))]
    else:
        right = [] if isinstance(ex, ChooseRate) else ex.values(ex.right)
        answers = [lambda *a, value=value: value for value in [*constants, *right]]
        answers += [lambda *a, place=place: a[place] for place in range(len(ex.names))]
    for answer in answers:
        monkeypatch.setenv("COURSE_LR_SCRATCH", os.environ["COURSE_LR_SCRATCH"] + "_")
        assert ex.check(answer).status != CORRECT


@pytest.mark.parametrize("ex", EXERCISES)
def test_three_hints_that_differ_and_then_the_way_to_the_solution(ex, capsys):
    shown = []
    for _ in range(4):
        ex.hint()
        shown.append(capsys.readouterr().out)
    assert len(set(ex.hints)) == len(ex.hints) == 3
    assert all(f"Hint {n} of 3\n{h}" in s for n, (h, s) in enumerate(zip(ex.hints, shown), 1))
    assert ex.hints[2] in shown[3] and "ex.solution()" in shown[3]
    plain = ex.right.strip("\"'")
    assert len(plain) == 1 or plain not in ex.hints[0]
    assert "ex.solution()" not in "".join(shown[:3])


@pytest.mark.parametrize("ex", EXERCISES)
def test_the_task_the_stub_and_the_solution_are_shown(ex, capsys):
    for text in (repr(ex), re.sub("<[^>]+>", "", ex._repr_html_())):
        assert ex.number in text and ex.title in text and ex.kind in text
    assert str(ex) == repr(ex) and " at 0x" not in repr(ex)
    assert ex.stub == ex.stub.strip("\n") and len(ex.stub.splitlines()) <= 15
    ex.solution()
    told = capsys.readouterr().out
    assert textwrap.indent(ex.source(ex.right), "    ") in told and ex.why in told


@pytest.mark.parametrize("ex", EXERCISES)
def test_every_exercise_stands_in_the_file_of_its_chapter(ex):
    assert re.fullmatch(r"\d\d\.\d+", ex.number)
    module = sys.modules[f"course_lr.teaching.exercises.ch{ex.number[:2]}"]
    with open(module.__file__, encoding="utf-8") as file:
        assert f'number="{ex.number}"' in file.read()


class Hostile:
    """Everything that can be asked of it raises."""

    def _raise(self, *args):
        raise RuntimeError("hostile")

    __eq__ = __ne__ = __bool__ = __len__ = __iter__ = __float__ = __int__ = __array__ = _raise
    __repr__ = __str__ = __hash__ = __getitem__ = __contains__ = __getattr__ = _raise


class HostileType(type):
    def __call__(cls, *args):
        raise SystemExit("no instance")

    def __repr__(cls):
        raise RuntimeError("no name")


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def raises(error):
    def answer(*args):
        raise error

    return answer


ITSELF = []
ITSELF.append(ITSELF)
HOSTILE = [
    None,
    True,
    3,
    float("nan"),
    float("inf"),
    "text",
    "\ud800",
    b"x",
    [],
    {},
    set(),
    [...],
    object(),
    int,
    Exception,
    Hostile(),
    HostileType("Odd", (), {}),
    (each for each in ()),
    ITSELF,
    np.array(["a"]),
    np.zeros((2, 0)),
    np.ma.masked,
    np.datetime64("2026-01-01"),
    10**400,
    1j,
    len,
    lambda: 1,
    lambda *a: None,
    lambda *a: ...,
    lambda *a: "x",
    lambda *a: float("nan"),
    lambda *a: 10**400,
    lambda *a: ITSELF,
    lambda *a: Hostile(),
    lambda *a: lambda: 1,
    lambda *a: (each for each in a),
    lambda *a: np.zeros((0, 3)),
    lambda *a: np.ones(5, bool),
    lambda *a: [[1], [1, 2]],
    lambda *a: print("\ud800", 1 / 0),
    lambda *a: sys.exit(1),
    raises(Unspeakable()),
    raises(BaseException("base")),
    raises(GeneratorExit()),
    raises(ExceptionGroup("many", [ValueError("one")])),
    lambda *a: sys.stdout.close(),
]


@pytest.mark.parametrize("ex", EXERCISES)
def test_whatever_is_handed_over_no_traceback_comes_out(ex, capsys):
    for answer in HOSTILE:
        found = ex.check(answer, seconds=0.5)
        assert found.status in (NOT_ATTEMPTED, INCORRECT, UNCHECKED) and found.text
    told = capsys.readouterr()
    assert "Traceback" not in told.out and told.err == ""


# --- the kinds --------------------------------------------------------------------------------


@pytest.mark.parametrize("ex", of_kind(Write))
def test_every_right_form_of_a_number_is_accepted(ex):
    solve = filled(ex, ex.right)
    forms = [
        lambda *a: np.asarray(solve(*a)).tolist(),
        lambda *a: np.asarray(solve(*a)),
        lambda *a: np.float32(solve(*a)),
        lambda *a: np.array(solve(*a), dtype=object),
    ]
    if np.shape(ex.values(ex.right)[0]):
        forms.append(lambda *a: tuple(map(np.asarray, solve(*a))))
    assert [ex.check(form).status for form in forms] == [CORRECT] * len(forms)


@pytest.mark.parametrize("ex", of_kind(Write))
def test_what_was_called_what_came_back_and_what_was_expected_is_said(ex):
    expected = ex.values(ex.right)[0]
    found = ex.check(lambda *a: expected + 1)
    assert ex.called(ex.cases[0]) in found.text
    assert f"came back: {written(expected + 1)}" in found.text
    assert f"expected:  {written(expected)}" in found.text
    assert all(f"{name}=" in found.text for name in ex.names)


@pytest.mark.parametrize("ex", of_kind(Write))
def test_a_wrong_shape_and_a_forgotten_return_are_named(ex):
    shape = (*ex.values(ex.right)[0].shape, 1)
    found = ex.check(lambda *a: np.zeros(shape))
    assert f"The shape is {shape}, and {shape[:-1]} is expected." in found.text
    assert "is a `return` missing?" in ex.check(lambda *a: None).text


@pytest.mark.parametrize("ex", of_kind(Write))
def test_an_answer_that_writes_into_its_arguments_spoils_nothing(ex):
    solve = filled(ex, ex.right)

    def spoils(*given):
        found = np.copy(solve(*given))
        for each in given:
            if isinstance(each, (np.ndarray, list)):
                each[:] = [0] * len(each) if isinstance(each, list) else 0
        return found

    assert ex.check(spoils).status == ex.check(spoils).status == CORRECT
    assert ex.check(solve).status == CORRECT


@pytest.mark.parametrize("ex", of_kind(Write))
def test_what_is_right_for_the_shown_inputs_only_fails(ex):
    solve, shown = filled(ex, ex.right), len(ex.shown)
    calls = iter(range(100))
    found = ex.check(lambda *a: solve(*a) if next(calls) < shown else np.zeros(7))
    assert found.status == INCORRECT and ex.called(ex.cases[shown]) in found.text


@pytest.mark.parametrize("ex", of_kind(Write))
def test_the_inputs_are_the_same_every_time_and_seldom_the_shown_ones(ex):
    rng = base.seeded(ex.number)
    again = [ex.fresh(rng) for _ in ex.cases[len(ex.shown) :]]
    assert [list(map(written, case)) for case in again] == [
        list(map(written, case)) for case in ex.cases[len(ex.shown) :]
    ]
    assert len({ex.called(case) for case in ex.cases}) == len(ex.cases) >= len(ex.shown) + 6


@pytest.mark.parametrize("ex", of_kind((Predict, ReadCurves)))
def test_the_right_answer_about_a_picture_is_the_measured_one(ex):
    figure, alt = ex.picture()
    assert ex.values(ex.right) == [ex.measured().lower()]
    assert figure.axes and len(alt.split()) > 15


@pytest.mark.parametrize("ex", of_kind(FindBug))
def test_a_bug_that_is_only_rewritten_is_still_there(ex):
    given = ex.made(ex.code)
    found = ex.check(lambda *a: given(*a))
    assert found.status == NOT_ATTEMPTED and "still gives what it gave" in found.text


def test_a_comparison_with_nan_is_told_what_nan_equals():
    ex = course_lr.exercise("08.4")
    tried = "now == np.nan or now > 1.1 * before or cosine < -0.2"
    found = ex.check(filled(ex, tried))
    assert found.status == NOT_ATTEMPTED and found.text.startswith(ex.blank)
    assert "nan equals nothing, not even itself" in found.text
    assert ex.check(ex.made(ex.stub)).text == ex.blank


@pytest.mark.parametrize("ex", of_kind((Predict, ReadCurves)))
def test_what_is_no_text_is_told_the_form_of_an_answer(ex):
    told = ex.check(None).text
    form = re.search(r"Letters are expected, such as `'(\w+)'`; got None", told)[1]
    right = ex.right.strip('"').upper()
    if isinstance(ex, Predict):
        assert form == "a"
    else:
        assert sorted(form) == sorted(right) and form != right


@pytest.mark.parametrize("ex", of_kind(Predict))
def test_every_option_of_a_prediction_has_its_message(ex):
    named = {fill.strip('"') for fill in [ex.right, *ex.wrong]}
    assert named == set(ex.options)


@pytest.mark.parametrize("ex", of_kind(Predict))
def test_a_prediction_is_kept_before_the_picture_appears(ex, monkeypatch, capsys):
    order = []
    figures = ex.picture
    monkeypatch.setattr(ex, "picture", lambda: order.append(ex._entry()) or figures())
    wrong = next(iter(ex.wrong)).strip('"')
    right = ex.right.strip('"')
    assert ex.reveal().status == NOT_ATTEMPTED and order == []  # nothing raised, nothing shown
    ex.predict(...)
    ex.predict("z")
    assert ex._entry() == {} and "The answers are a, b" in capsys.readouterr().out
    ex.predict(right)
    ex.predict(wrong)  # the picture has not been shown: it may be changed
    assert order == [] and ex._entry() == {"prediction": wrong}
    assert ex.reveal().status == INCORRECT
    assert order[0]["prediction"] == wrong
    ex.predict(right)
    assert "was predicted before it, and stays" in capsys.readouterr().out
    assert ex.reveal().status == ex.check(right).status == INCORRECT
    assert f"✓ {ex.number}" in repr(course_lr.progress())  # missed, and done


@pytest.mark.parametrize("ex", of_kind(Predict))
def test_a_lecturer_can_show_the_picture_without_a_prediction(ex, capsys):
    found = ex.reveal(anyway=True)
    told = capsys.readouterr().out
    assert found.status == NOT_ATTEMPTED and ex.picture()[1] in told and ex.why in told


def test_letters_come_in_many_forms():
    ex = course_lr.exercise("02.4")
    word = ex.right.strip('"')
    for form in (word.lower(), list(word), tuple(word), np.array(list(word)), ", ".join(word)):
        assert ex.check(form).status == CORRECT
    kept_array = np.array(list(word))
    ex.check(kept_array)
    assert kept_array.tolist() == list(word)
    assert "In the right place: 2 of 4" in ex.check(word[1] + word[0] + word[2:]).text
    assert "Use each of the letters ABCD once." in ex.check("AABC").text


def test_the_shuffled_curves_are_told_truly():
    losses = dict(zip(ch02.RATES, ch02._four_losses().T))
    assert all(2 < loss[0] < 3 for loss in losses.values())
    assert np.ptp(losses[0.001]) < 0.6
    assert 1 < losses[0.03][-16:].mean() < 2 and losses[0.3][-16:].max() < 0.5
    assert losses[10.0][:8].max() > 10 and np.all(np.abs(losses[10.0][40:] - 2.4) < 0.6)
    figure, alt = ch02.FOUR_CURVES.picture()
    titles = [axis.get_title() for axis in figure.axes]
    drawn = [axis.lines[0].get_ydata() for axis in figure.axes]
    assert titles == list("ABCD")
    for letter, curve, rate in zip(titles, drawn, ch02.FOUR_CURVES.shuffled(list(losses)).values()):
        assert np.array_equal(curve, losses[rate]) and f"{letter} {ch02.RATES[rate]}" in alt


def test_what_the_pictures_of_predictions_say_is_true():
    assert np.allclose(ch01._distances()[-1], [0.65, 0.89], atol=5e-3)
    (figure, _), ways = course_lr.exercise("01.1").picture(), ch01._distances()
    assert [line.get_ydata().tolist() for line in figure.axes[0].lines] == ways.T.tolist()
    half, fastest, more = ch02._near_the_limit().T
    assert np.all(np.diff(half) < 0) and np.all(np.diff(fastest) < 0)
    assert fastest[-1] == pytest.approx(3e-4, rel=0.1) and fastest[-1] < half[-1]
    assert np.all(np.diff(more) > 0) and more[-1] > 1e6
    assert 0.98 < (2 / 101) / (2 / 100) < 1 < 1.02 * (2 / 101) / (2 / 100)


# --- the solutions are true: the training loop, or counting, says the same --------------------


def solution(number):
    ex = course_lr.exercise(number)
    return filled(ex, ex.right), ex.cases


def test_the_update_and_the_way_after_many_are_those_of_the_training_loop():
    after, cases = solution("01.4")
    update = solution("01.2")[0]
    for w, curvatures, eta, steps in cases:
        problem = course_lr.Quadratic(curvatures)
        one = course_lr.train(problem, eta, steps=1, start=w).w
        assert np.allclose(update(w, curvatures * w, eta), one)
        many = course_lr.train(problem, eta, steps=steps, start=w).w
        assert np.allclose(after(w, curvatures, eta, steps), many)


def test_the_length_of_a_step_is_that_of_the_training_loop():
    step_lengths, cases = solution("01.3")
    for gradients, etas in cases:
        bowl = course_lr.Quadratic([1.0] * gradients.shape[1])  # its gradient is the place
        moved = course_lr.train(bowl, etas, steps=1, start=gradients).w - gradients
        assert np.allclose(step_lengths(gradients, etas), np.sqrt((moved**2).sum(axis=1)))


def test_the_corrected_fit_descends_the_mean():
    fit, cases = solution("01.5")
    for x, y, w, eta, steps in cases:

        def mean(w, step, x=x, y=y):
            error = w @ x.T - y
            return (error**2).mean(axis=1) / 2, error @ x / len(y)

        trained = course_lr.train(course_lr.Function(mean, start=w), eta, steps=steps)
        assert np.allclose(fit(x, y, w, eta, steps), trained.w)
    rng = np.random.default_rng(0)
    for fitted, examples, diverges in [
        (fit, 50, False),
        *((_given_fit(), n, n > 5) for n in (5, 50)),
    ]:
        x = rng.normal(size=(examples, 2))
        end = fitted(x, x @ [1.0, -2.0], np.zeros(2), 0.1, 100)
        assert bool(np.abs(end).max() > 1e6) is diverges


def _given_fit():
    ex = course_lr.exercise("01.5")
    return ex.made(ex.code)


def test_the_fastest_rate_and_the_limit_are_those_of_a_sweep():
    fastest_and_limit, cases = solution("02.2")
    for (curvatures,) in cases:
        fastest, limit = fastest_and_limit(curvatures)
        rates = np.array([0.97, 1.0, 1.03]) * fastest
        bowl = course_lr.Quadratic(curvatures)
        left = np.abs(course_lr.train(bowl, rates, steps=100).w).max(axis=1)
        assert left.argmin() == 1  # how far the slowest direction has come
        below = course_lr.train(bowl, 0.99 * limit, steps=1000).loss
        assert below[1000] < below[500]
        beyond = course_lr.train(bowl, 1.01 * limit, steps=1000).loss
        assert beyond[1000] > beyond[500]


def test_the_epochs_are_those_that_counting_gives():
    epochs_needed, cases = solution("02.3")
    for eta, curvature, goal, steps_per_epoch in cases:
        w, epochs = 1.0, 0
        while abs(w) > goal:
            w, epochs = w * (1 - eta * curvature) ** steps_per_epoch, epochs + 1
        assert epochs_needed(eta, curvature, goal, steps_per_epoch) == epochs


def test_the_corrected_mean_never_prefers_a_failure():
    best_rate, cases = solution("02.5")
    given = course_lr.exercise("02.5").made(course_lr.exercise("02.5").code)
    misled = 0
    for table, rates, seeds in cases:
        assert np.all(np.isfinite(table[best_rate(table, rates, seeds)]))
        misled += not np.all(np.isfinite(table[given(table, rates, seeds)]))
    assert misled >= 1


# --- choosing a rate under a budget -----------------------------------------------------------


@pytest.mark.parametrize("ex", of_kind(ChooseRate))
def test_the_budget_holds_and_the_same_rate_costs_nothing(ex):
    def spendthrift(try_rate):
        return max(np.geomspace(1e-4, 1e2, ex.trainings + 1), key=lambda eta: try_rate(eta)[1])

    found = ex.check(spendthrift)
    assert found.status == INCORRECT
    assert f"BudgetSpent: all {ex.trainings} trainings of this problem are spent" in found.text
    made = ex.ask(lambda try_rate: [try_rate(0.1) for _ in range(99)] and 0.1, (1.0,), 5)
    assert made.value[0] == 0.1 and list(made.value[1]) == [0.1]


@pytest.mark.parametrize("ex", of_kind(ChooseRate))
def test_a_trial_is_the_training_that_it_says(ex):
    made = ex.ask(lambda try_rate: try_rate(np.float32(0.25)) and 0.25, (1.0,), 5)
    history = course_lr.train(
        ex.problem(1.0), 0.25, steps=ex.steps, record=("train_loss", "validation_accuracy")
    )
    trial = made.value[1][0.25]
    assert trial == (history.train_loss[-1], history.validation_accuracy[-1])


@pytest.mark.parametrize("ex", of_kind(ChooseRate))
def test_a_rate_that_is_none_is_refused_with_the_reason(ex):
    for answer, reason in [(-1, "above 0"), ([1, 2], "One rate"), (None, "`return` missing")]:
        assert reason in ex.check(lambda try_rate, answer=answer: answer).text
    assert "eta must be a finite rate >= 0, got -1" in ex.check(lambda t: t(-1)).text
    assert "of type `float`" in ex.check(0.1).text


@pytest.mark.parametrize("ex", of_kind(ChooseRate))
def test_the_best_rate_moves_with_the_units_of_the_loss(ex):
    found = {scale: ex.best(scale) for scale in ex.scales}
    for scale, (accuracy, rate) in found.items():
        assert accuracy == pytest.approx(found[1.0][0], abs=0.02)
        assert np.isclose(rate * scale, ex.reference).any()
        assert min(ex.reference) < rate * scale < max(ex.reference)


# --- calling the learner's function -----------------------------------------------------------


def forever(*args):
    while True:
        pass


def forever_catching(*args):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def forever_within(*args):
    return np.array([1.0]) if forever() else [2.0]


class Endless:
    def __array__(self, *args, **options):
        while True:
            pass


ENDLESS = [forever, forever_catching, forever_within, lambda *a: Endless()]


@pytest.mark.parametrize("endless", ENDLESS)
def test_an_endless_loop_is_stopped(endless):
    before = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    found = course_lr.exercise("01.2").check(endless, seconds=0.2)
    assert found.status == INCORRECT
    assert "still running after 0.2 s and was stopped: an endless loop?" in found.text
    if before is not None:
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no alarm signal")
def test_the_alarm_also_ends_a_loop_that_catches_everything():
    def bare(*args):
        while True:
            try:
                np.sin(1.0)
            except:  # noqa: E722, as a learner may write it
                pass

    assert "an endless loop" in call(bare, (), numbers, 0.2).trouble


@pytest.mark.parametrize("endless", ENDLESS)
def test_an_endless_loop_is_stopped_in_another_thread_as_on_windows(endless):
    made, traces = [], []

    def work():
        before = sys.gettrace()
        made.append(call(endless, (1.0,), numbers, 0.2))
        traces.append(sys.gettrace() is before)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(timeout=15)
    assert "still running after 0.2 s" in made[0].trouble and traces == [True]


def test_without_an_alarm_signal_the_main_thread_is_watched_as_well(monkeypatch):
    monkeypatch.delattr(signal, "setitimer", raising=False)
    found = course_lr.exercise("01.2").check(forever, seconds=0.2)
    assert "still running after 0.2 s" in found.text


def test_a_timer_that_was_running_goes_on():
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no alarm signal")
    signal.setitimer(signal.ITIMER_REAL, 500.0)
    try:
        call(lambda: 1, (), numbers, 5.0)
        assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_an_exception_is_shown_with_the_line_of_the_learners_code():
    def update(w, gradient, eta):
        w = np.asarray(w)
        return w - etta * gradient  # noqa: F821

    found = course_lr.exercise("01.2").check(update)
    line = update.__code__.co_firstlineno + 2
    assert found.status == INCORRECT
    assert "update(w=1, gradient=2, eta=0.1)" in found.text
    assert "NameError: name 'etta' is not defined" in found.text
    assert f"in line {line} of your code:\n\n    return w - etta" in found.text


def test_the_line_is_the_learners_also_where_a_library_raised():
    def update(w, gradient, eta):
        return np.linalg.inv([[0.0]]) + w

    found = course_lr.exercise("01.2").check(update)
    assert "LinAlgError" in found.text and "    return np.linalg.inv([[0.0]]) + w" in found.text


def test_a_function_with_other_arguments_says_which_call_failed():
    found = course_lr.exercise("01.2").check(lambda w: w)
    assert "update(w=1, gradient=2, eta=0.1)" in found.text
    assert "takes 1 positional argument but 3 were given" in found.text


def test_prints_are_kept_and_shown(capsys):
    def update(w, gradient, eta):
        print("step", eta * gradient)
        print("to stderr", file=sys.stderr)
        return w - eta * gradient

    found = course_lr.exercise("01.2").check(update)
    shown = capsys.readouterr()
    assert found.status == CORRECT and "Your code printed:\n\n    step 0.2" in found.text
    assert "to stderr" in shown.out and shown.out.count("step 0.2") == 1 and shown.err == ""


def test_endless_prints_are_cut():
    def chatters(*args):
        for _ in range(100_000):
            print("again")

    made = call(chatters, (), lambda value: value, 30)
    assert MOST_PRINTED < len(made.printed) < MOST_PRINTED + 5 and made.printed.endswith(" …")


def test_ctrl_c_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        course_lr.exercise("01.2").check(raises(KeyboardInterrupt()))


def test_arguments_are_copied():
    array = np.ones(2)
    made = call(lambda w: w.fill(7) or w, (array,), numbers)
    assert made == Call(value=made.value) and made.value.tolist() == [7, 7]
    assert array.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("got", "expected", "equal"),
    [
        (1.00005, 1.0, True),
        (1.0002, 1.0, False),
        ([1e-8, 1.0], [0.0, 1.0], True),
        ([1e-3, 1.0], [0.0, 1.0], False),
        ([1.0], 1.0, False),
        (np.nan, 1.0, False),
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (0.0, 0.0, True),
        ([], [], True),
    ],
)
def test_the_tolerance_is_the_stated_one(got, expected, equal):
    assert same(np.array(got, float), np.array(expected, float)) is equal


# --- finding exercises, progress --------------------------------------------------------------


def test_an_unknown_number_names_the_nearest():
    with pytest.raises(ValueError, match=r"the nearest is '02\.[1-6]', got '02\.9'"):
        course_lr.exercise("02.9")
    with pytest.raises(TypeError, match=r"text such as '01\.2', got 2\.1"):
        course_lr.exercise(2.1)
    assert course_lr.exercise(" 2.1 ") is course_lr.exercise("02.1")


def test_two_exercises_with_one_number_or_a_lost_stub_are_refused():
    fields = {"title": "", "task": "", "right": "1", "wrong": {}, "hints": ("", "", ""), "why": ""}
    with pytest.raises(ValueError, match="there are two exercises 01.2"):
        base.Exercise(number="01.2", **fields)
    try:
        with pytest.raises(ValueError, match="given must occur once in code"):
            base.Exercise(number="99.1", code="answer = 1", **fields)
    finally:
        base.REGISTRY.pop("99.1", None)


def test_progress_shows_what_is_done(scratch):
    assert f"0 of {len(base.REGISTRY)} done" in repr(course_lr.progress())
    assert "Next: 01.1" in repr(course_lr.progress())
    one, other = course_lr.exercise("01.2"), course_lr.exercise("02.2")
    one.check(filled(one, one.right))
    one.check(lambda *a: 0.0)  # what was solved once stays solved
    other.check(lambda *a: 0.0)
    told = repr(course_lr.progress())
    assert f"1 of {len(base.REGISTRY)} done" in told
    assert "✓ 01.2" in told and "○ 02.2" in told and "· 01.3" in told
    assert re.search(r"chapter 01 +1 of 5", told) and str(scratch) not in told


def test_all_done_says_so():
    for number in base.REGISTRY:
        kept.record(number, outcome=CORRECT)
    assert "All done." in repr(course_lr.progress())


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_kill_while_progress_is_written_leaves_the_old_file(scratch, monkeypatch, moment):
    kept.record("01.2", outcome=CORRECT)
    before = (scratch / "progress.json").read_bytes()

    class Killed(BaseException):
        pass

    def killed(*args, **options):
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "write":
            patch.setattr(kept, "open", killed, raising=False)
        else:
            patch.setattr(os, moment, killed)
        with pytest.raises(Killed):
            kept.record("01.3", outcome=CORRECT)
    assert (scratch / "progress.json").read_bytes() == before
    assert [path.name for path in scratch.iterdir()] == ["progress.json"]
    (scratch / "progress.json.1.part").write_text('{"exer')  # what a real kill leaves behind
    assert kept.record("01.3", outcome=CORRECT) == ""
    assert set(kept.known()[0]) == {"01.2", "01.3"}


DAMAGED = [
    b"",
    b'{"exer',
    b"[]",
    b"null",
    b"7",
    b'{"exercises": 3}',
    b'{"exercises": {"01.2": 3}}',
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_kept_aside_and_said(scratch, capsys, content):
    scratch.mkdir()
    (scratch / "progress.json").write_bytes(content)
    ex = course_lr.exercise("01.2")
    assert ex.check(filled(ex, ex.right)).status == CORRECT
    assert "it is kept as progress.damaged.json, and begun afresh" in capsys.readouterr().out
    assert (scratch / "progress.damaged.json").read_bytes() == content
    assert kept.known() == ({"01.2": {"outcome": CORRECT}}, "")


def test_odd_entries_do_no_harm(scratch, capsys):
    scratch.mkdir()
    entries = {number: {"prediction": ["a"], "outcome": {}} for number in [*base.REGISTRY, "77.1"]}
    (scratch / "progress.json").write_text(json.dumps({"exercises": entries}))
    assert f"0 of {len(base.REGISTRY)} done" in repr(course_lr.progress())
    for param in of_kind(Predict):
        assert param.values[0].reveal().status == NOT_ATTEMPTED


def test_where_nothing_can_be_kept_the_session_remembers_and_says_so_once(scratch, capsys):
    scratch.write_text("a file where a folder should be")
    one, other = course_lr.exercise("01.2"), course_lr.exercise("01.1")
    assert one.check(filled(one, one.right)).status == CORRECT
    assert "Progress can't be kept here" in capsys.readouterr().out
    other.predict("c")
    assert other.reveal().status == CORRECT
    told = capsys.readouterr().out
    assert "can't be kept" not in told
    assert "✓ 01.1  ✓ 01.2" in repr(course_lr.progress())
    assert scratch.read_text() == "a file where a folder should be"


def test_progress_lies_beside_the_notebooks_where_git_ignores_it(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_LR_SCRATCH")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/01_x.ipynb").touch()
    place = tmp_path / "notebooks/.course_lr/progress.json"
    for folder in (tmp_path, tmp_path / "notebooks"):
        monkeypatch.chdir(folder)
        assert kept.place() == place
    root = os.path.dirname(os.path.dirname(course_lr.__file__))
    if not (shutil.which("git") and os.path.isdir(os.path.join(root, ".git"))):
        pytest.skip("not a git checkout")
    name = "notebooks/.course_lr/progress.json"
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=root).returncode == 0


# --- what the notebook shows ------------------------------------------------------------------


def test_in_a_notebook_a_message_is_one_output_of_text_and_html(monkeypatch):
    display = pytest.importorskip("IPython.display")
    shown = []
    monkeypatch.setattr(outcome, "_shell", lambda: object())
    monkeypatch.setattr(display, "display", lambda data, **options: shown.append((data, options)))
    found = course_lr.exercise("01.2").check(lambda w, gradient, eta: w + eta * gradient)
    ((data, options),) = shown
    assert options == {"raw": True} and set(data) == {"text/plain", "text/html"}
    assert found._ipython_display_() is None and len(shown) == 1
    assert data["text/plain"].startswith("01.2: incorrect\n    update(w=1")
    assert "<pre" in data["text/html"] and "came back: 1.2" in data["text/html"]


def test_a_box_escapes_what_it_is_given():
    html = Box("a <b>", "x < 1 & `y < 2`\n\n    <script>\n    \n    if a < b:")._repr_html_()
    assert "<script>" not in html and "<code>y &lt; 2</code>" in html
    assert "&lt;script&gt;\n\nif a &lt; b:</pre>" in html and "a &lt;b&gt;" in html


def test_an_outcome_prints_the_same_every_time():
    assert repr(Outcome("01.2", CORRECT, "text")) == "01.2: correct"


def test_a_terminal_without_unicode_gets_its_message(monkeypatch, tmp_path):
    with open(tmp_path / "out", "w", encoding="ascii") as file, contextlib.redirect_stdout(file):
        course_lr.exercise("01.1").hint()
        Box("η", "\ud800").show()
    assert "Hint 1 of 3" in (tmp_path / "out").read_text()
