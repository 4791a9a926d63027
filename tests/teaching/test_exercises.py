"""Exercises: every one is held to the same rules, whoever wrote it."""

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

import course_lr
from course_lr.teaching import exercises
from course_lr.teaching.exercises import base, outcome, progress_file
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
from course_lr.teaching.exercises.pictured import Pictured, Predict
from course_lr.teaching.exercises.sandbox import MOST_PRINTED, call

EXERCISES = exercises.every_exercise()
WRONG = [
    pytest.param(ex, fill, id=f"{number}-{place}")
    for number, ex in EXERCISES.items()
    for place, fill in enumerate(ex.wrong)
]


def of_kind(kind):
    """Runs a test on every exercise of a kind."""
    chosen = [pytest.param(ex, id=n) for n, ex in EXERCISES.items() if isinstance(ex, kind)]
    return pytest.mark.parametrize("ex", chosen)


every_exercise = of_kind(base.Exercise)


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Progress of its own for every test, and no hint shown yet."""
    monkeypatch.setenv("COURSE_LR_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(outcome, "_shell", lambda: None)
    monkeypatch.setattr(progress_file, "_memory", {})
    for ex in EXERCISES.values():
        monkeypatch.setattr(ex, "_hints_shown", 0)
    return tmp_path / "scratch"


# --- what holds for every exercise ------------------------------------------------------------


@every_exercise
def test_the_solution_passes_and_is_shown_and_the_untouched_stub_is_not_attempted(
    ex, scratch, capsys
):
    assert ex.check(...).status == NOT_ATTEMPTED
    result = ex.check(ex.answer(ex.given))
    assert (result.status, result.text) == (NOT_ATTEMPTED, ex.blank)
    assert not (scratch / "progress.json").exists()
    result = ex.check(ex.answer(ex.right))
    assert (result.number, result.status, result.text) == (ex.number, CORRECT, ex.why)
    assert ex.why in capsys.readouterr().out
    ex.solution()
    shown = capsys.readouterr().out
    assert textwrap.indent(ex.source(ex.right), "    ") in shown and ex.why in shown


@pytest.mark.parametrize(("ex", "fill"), WRONG)
def test_a_typical_wrong_answer_gets_its_own_message_and_no_other(ex, fill, capsys):
    with np.errstate(all="ignore"):
        result = ex.check(ex.answer(fill))
    messages = [message for message in set(ex.wrong.values()) if message in result.text]
    assert (result.status, messages) == (INCORRECT, [ex.wrong[fill]])
    assert ex.wrong[fill] in capsys.readouterr().out
    assert (ex.why in result.text) is isinstance(ex, Predict)  # its picture has been seen


@every_exercise
def test_no_constant_and_no_argument_handed_back_is_accepted(ex):
    constants = [0, 1, -1, 0.1, 0.5, 2, True, np.zeros(3), [0.1, 0.2], *"abcd", "abcd", "ABCD"]
    if isinstance(ex, Pictured):
        answers = [value for value in constants if repr(value) != repr(ex.right.strip('"'))]
    else:
        right = [] if isinstance(ex, ChooseRate) else ex.values(ex.right)
        answers = [lambda *a, value=value: value for value in [*constants, *right]]
        answers += [lambda *a, place=place: a[place] for place in range(len(ex.names))]
    assert all(ex.grade(answer, 5.0).status != CORRECT for answer in answers)


@every_exercise
def test_three_hints_that_differ_and_then_the_way_to_the_solution(ex, capsys):
    shown = []
    for _ in range(4):
        ex.hint()
        shown.append(capsys.readouterr().out)
    assert len(set(ex.hints)) == len(ex.hints) == 3
    assert all(f"Hint {n} of 3\n{h}" in s for n, (h, s) in enumerate(zip(ex.hints, shown), 1))
    assert ["ex.solution()" in text for text in shown] == [False, False, False, True]
    plain = ex.right.strip("\"'")
    assert len(plain) == 1 or plain not in ex.hints[0]


@every_exercise
def test_number_title_task_and_kind_are_shown(ex):
    assert re.fullmatch(r"\d\d\.\d+", ex.number) and ex.title and len(ex.task) > 40
    for text in (repr(ex), re.sub("<[^>]+>", "", ex._repr_html_())):
        assert f"Exercise {ex.number} · {ex.title} ({ex.kind})" in text
    assert ex.task in repr(ex) == str(ex) and " at 0x" not in repr(ex)
    assert ex.code == ex.code.strip("\n") and len(ex.code.splitlines()) <= 15


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
    __str__ = Hostile._raise


def raises(error):
    def answer(*args, **options):
        raise error

    return answer


ITSELF = []
ITSELF.append(ITSELF)
HOSTILE = [None, True, 3, np.nan, np.inf, "text", "\ud800", b"x", [], {}, set(), [...], ITSELF,
           10**400, 1j, object(), int, Exception, len, Hostile(), HostileType("Odd", (), {}),
           (x for x in ()), np.array(["a"]), np.zeros((2, 0)), np.ma.masked,
           np.datetime64("2026-01-01")]  # fmt: skip
RETURNED = [None, ..., "x", np.nan, 10**400, ITSELF, Hostile(), lambda: 1, np.zeros((0, 3)),
            np.ones(5, bool), [[1], [1, 2]]]  # fmt: skip
HOSTILE += [lambda *a, value=value: value for value in RETURNED] + [
    lambda: 1,
    lambda *a: (x for x in a),
    lambda *a: print("\ud800", 1 / 0),
    lambda *a: sys.exit(1),
    lambda *a: sys.stdout.close(),
    raises(Unspeakable()),
    raises(BaseException("base")),
    raises(GeneratorExit()),
    raises(ExceptionGroup("many", [ValueError("one")])),
]


@every_exercise
def test_whatever_is_handed_over_no_traceback_comes_out(ex, capsys):
    for answer in HOSTILE:
        result = ex.check(answer, seconds=0.5)
        assert result.status in (NOT_ATTEMPTED, INCORRECT, UNCHECKED) and result.text
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out and printed.err == ""


# --- functions --------------------------------------------------------------------------------


@of_kind(Write)
def test_every_right_form_of_a_number_is_accepted(ex):
    solve = ex.answer(ex.right)
    forms = [np.asarray, np.float32, lambda x: np.asarray(x).tolist(),
             lambda x: np.array(x, dtype=object)]  # fmt: skip
    if np.shape(ex.values(ex.right)[0]):
        forms.append(lambda x: tuple(map(np.asarray, x)))
    assert {ex.check(lambda *a, form=form: form(solve(*a))).status for form in forms} == {CORRECT}


@of_kind(Write)
def test_what_was_called_came_back_and_was_expected_is_said(ex):
    expected = ex.values(ex.right)[0]
    text = ex.check(lambda *a: expected + 1).text
    assert ex.called(ex.cases[0]) in text and all(f"{name}=" in text for name in ex.names)
    assert f"came back: {written(expected + 1)}" in text
    assert f"expected:  {written(expected)}" in text
    longer = (*expected.shape, 1)
    text = ex.check(lambda *a: np.zeros(longer)).text
    assert f"The shape is {longer}, and {expected.shape} is expected." in text
    assert "is a `return` missing?" in ex.check(lambda *a: None).text


@of_kind(Write)
def test_an_answer_that_writes_into_its_arguments_spoils_nothing(ex):
    solve = ex.answer(ex.right)

    def spoils(*arguments):
        result = np.copy(solve(*arguments))
        for argument in arguments:
            if isinstance(argument, (np.ndarray, list)):
                argument[:] = [0] * len(argument) if isinstance(argument, list) else 0
        return result

    assert [ex.check(answer).status for answer in (spoils, spoils, solve)] == [CORRECT] * 3


@of_kind(Write)
def test_what_is_right_for_the_shown_inputs_only_fails(ex):
    solve, shown = ex.answer(ex.right), len(ex.shown)
    calls = iter(range(100))
    result = ex.check(lambda *a: solve(*a) if next(calls) < shown else np.zeros(7))
    assert result.status == INCORRECT and ex.called(ex.cases[shown]) in result.text
    rng = base.seeded(ex.number)  # the further inputs are the same every time
    again = [ex.called(ex.fresh(rng)) for _ in ex.cases[shown:]]
    assert again == [ex.called(case) for case in ex.cases[shown:]]
    assert len({ex.called(case) for case in ex.cases}) == len(ex.cases) >= shown + 6


@of_kind(FindBug)
def test_a_bug_that_is_only_rewritten_is_still_there(ex):
    given = ex.answer(ex.given)
    result = ex.check(lambda *a: given(*a))
    assert result.status == NOT_ATTEMPTED and "still gives what it gave" in result.text


def test_a_comparison_with_nan_is_told_what_nan_equals():
    ex = course_lr.exercise("08.4")
    result = ex.check(ex.answer("now == np.nan or now > 1.1 * before or cosine < -0.2"))
    assert result.status == NOT_ATTEMPTED and "nan equals nothing, not even itself" in result.text


# --- pictures ---------------------------------------------------------------------------------


@of_kind(Pictured)
def test_the_right_answer_about_a_picture_is_the_measured_one(ex):
    figure, alt = ex.picture()
    assert ex.values(ex.right) == [ex.measured().lower()]
    assert figure.axes and figure.axes[0].get_xlabel() and len(alt.split()) > 15
    text = ex.check(None).text
    form = re.search(r"Letters are expected, such as `'(\w+)'`; got None", text)[1]
    if isinstance(ex, Predict):
        assert form == "a"
        assert {fill.strip('"') for fill in [ex.right, *ex.wrong]} == set(ex.options)
    else:
        right = ex.right.strip('"')
        assert sorted(form) == sorted(right) and form != right
        assert [axis.get_title() for axis in figure.axes] == sorted(right)


@of_kind(Predict)
def test_a_prediction_is_kept_before_the_picture_appears(ex, monkeypatch, capsys):
    order = []
    picture = ex.picture
    monkeypatch.setattr(ex, "picture", lambda: order.append(ex._entry()) or picture())
    wrong, right = next(iter(ex.wrong)).strip('"'), ex.right.strip('"')
    assert ex.reveal().status == NOT_ATTEMPTED and order == []  # nothing raised, nothing shown
    assert ex.reveal(anyway=True).status == NOT_ATTEMPTED and order == [{}]  # as a lecturer may
    shown = capsys.readouterr().out
    assert ex.alt in shown and ex.why in shown
    ex.predict(...)
    ex.predict("z")
    assert ex._entry() == {} and "The answers are a, b" in capsys.readouterr().out
    ex.predict(right)
    ex.predict(wrong)  # the picture has not been shown: it may be changed
    assert len(order) == 1 and ex._entry() == {"prediction": wrong}
    assert ex.reveal().status == INCORRECT
    assert order[1]["prediction"] == wrong
    ex.predict(right)
    assert "was predicted before it, and stays" in capsys.readouterr().out
    assert ex.reveal().status == ex.check(right).status == INCORRECT
    assert f"✓ {ex.number}" in repr(course_lr.progress())  # missed, and done


def test_letters_come_in_many_forms():
    ex = course_lr.exercise("02.4")
    word = ex.right.strip('"')
    array = np.array(list(word))
    for form in (word.lower(), list(word), tuple(word), array, ", ".join(word)):
        assert ex.check(form).status == CORRECT
    assert array.tolist() == list(word)
    assert "In the right place: 2 of 4" in ex.check(word[1] + word[0] + word[2:]).text
    assert "Use each of the letters ABCD once." in ex.check("AABC").text


def test_what_the_pictures_say_is_true():
    ex = course_lr.exercise("02.4")
    slowest, slow, good, wild = ex.curves()
    assert all(2 < loss[0] < 3 for loss in ex.curves())
    assert np.ptp(slowest) < 0.6 and 1 < slow[-16:].mean() < 2 and good[-16:].max() < 0.5
    assert wild[:8].max() > 10 and np.all(np.abs(wild[40:] - 2.4) < 0.6)
    figure, alt = ex.picture()
    drawn = {axis.get_title(): axis.lines[0].get_ydata() for axis in figure.axes}
    letters = dict(zip(ex.right.strip('"'), zip(ex.settings.values(), ex.curves())))
    for letter, (look, curve) in letters.items():
        assert np.array_equal(drawn[letter], curve) and f"{letter} {look}" in alt
    ex = course_lr.exercise("01.1")
    ways = list(ex.curves()[""].values())
    assert np.allclose([way[-1] for way in ways], [0.65, 0.89], atol=5e-3)
    assert np.array_equal([line.get_ydata() for line in ex.picture()[0].axes[0].lines], ways)
    half, fastest, more = course_lr.exercise("02.1").curves().values()
    assert np.all(np.diff(half) < 0) and np.all(np.diff(fastest) < 0) and fastest[-1] < half[-1]
    assert fastest[-1] == pytest.approx(3e-4, rel=0.1)
    assert np.all(np.diff(more) > 0) and more[-1] > 1e6


# --- the solutions are true: the training loop, or counting, says the same --------------------


def solution(number):
    ex = course_lr.exercise(number)
    return ex.answer(ex.right), ex.cases


def test_the_functions_of_chapter_01_are_what_the_training_loop_does():
    (after, cases), (update, _) = solution("01.4"), solution("01.2")
    for w, curvatures, eta, steps in cases:
        trained = course_lr.train(course_lr.Quadratic(curvatures), eta, steps=steps, start=w).w
        assert np.allclose(after(w, curvatures, eta, steps), trained)
        for _ in range(steps):
            w = update(w, curvatures * w, eta)
        assert np.allclose(w, trained)
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
    ex, rng = course_lr.exercise("01.5"), np.random.default_rng(0)
    given = ex.answer(ex.given)
    for function, examples, diverges in [(fit, 50, False), (given, 5, False), (given, 50, True)]:
        x = rng.normal(size=(examples, 2))
        end = function(x, x @ [1.0, -2.0], np.zeros(2), 0.1, 100)
        assert bool(np.abs(end).max() > 1e6) is diverges


def test_the_fastest_rate_and_the_limit_are_those_of_a_sweep():
    fastest_and_limit, cases = solution("02.2")
    for (curvatures,) in cases:
        fastest, limit = fastest_and_limit(curvatures)
        bowl = course_lr.Quadratic(curvatures)
        left = course_lr.train(bowl, np.array([0.97, 1.0, 1.03]) * fastest, steps=100).w
        assert np.abs(left).max(axis=1).argmin() == 1  # how far the slowest direction has come
        below, beyond = course_lr.train(bowl, [0.99 * limit, 1.01 * limit], steps=1000).loss.T
        assert below[1000] < below[500] and beyond[1000] > beyond[500]


def test_the_epochs_are_those_that_counting_gives():
    epochs_needed, cases = solution("02.3")
    for eta, curvature, goal, steps_per_epoch in cases:
        w, epochs = 1.0, 0
        while abs(w) > goal:
            w, epochs = w * (1 - eta * curvature) ** steps_per_epoch, epochs + 1
        assert epochs_needed(eta, curvature, goal, steps_per_epoch) == epochs


def test_the_corrected_mean_never_prefers_a_failure():
    ex = course_lr.exercise("02.5")

    def failures(code):
        best_rate = ex.answer(code)
        return sum(not np.isfinite(case[0][best_rate(*case)]).all() for case in ex.cases)

    assert failures(ex.right) == 0 < failures(ex.given)


# --- choosing a rate under a budget -----------------------------------------------------------


@of_kind(ChooseRate)
def test_the_budget_holds_and_a_trial_is_the_training_that_it_says(ex):
    def spendthrift(try_rate):
        return max(np.geomspace(1e-4, 1e2, ex.trainings + 1), key=lambda eta: try_rate(eta)[1])

    result = ex.check(spendthrift)
    assert result.status == INCORRECT
    assert f"BudgetSpent: all {ex.trainings} trainings of this problem are spent" in result.text
    reply = ex.ask(lambda try_rate: [try_rate(np.float32(0.25)) for _ in range(99)] and 0.25,
                   (1.0,), 5)  # fmt: skip
    rate, trials = reply.value
    assert rate == 0.25 and list(trials) == [0.25]  # the same rate costs nothing
    history = course_lr.train(
        ex.problem(1.0), 0.25, steps=ex.steps, record=("train_loss", "validation_accuracy")
    )
    assert trials[0.25] == (history.train_loss[-1], history.validation_accuracy[-1])


@of_kind(ChooseRate)
def test_a_rate_that_is_none_is_refused_with_the_reason(ex):
    for answer, reason in [(-1, "above 0"), ([1, 2], "One rate"), (None, "`return` missing")]:
        assert reason in ex.check(lambda try_rate, answer=answer: answer).text
    assert "eta must be a finite rate >= 0, got -1" in ex.check(lambda t: t(-1)).text
    assert "of type `float`" in ex.check(0.1).text


@of_kind(ChooseRate)
def test_the_best_rate_moves_with_the_units_of_the_loss(ex):
    for scale in ex.scales:
        accuracy, rate = ex.best(scale)
        assert accuracy == pytest.approx(ex.best(1.0)[0], abs=0.02)
        assert np.isclose(rate * scale, ex.reference).any()
        assert min(ex.reference) < rate * scale < max(ex.reference)


# --- calling the learner's function -----------------------------------------------------------


def forever(*args):
    while True:
        pass


def forever_catching(*args):
    while True:
        try:
            forever()
        except Exception:
            pass


class Endless:
    __array__ = forever


ENDLESS = [forever, forever_catching, lambda *a: Endless()]
ALARM = hasattr(signal, "setitimer")
needs_alarm = pytest.mark.skipif(not ALARM, reason="this system has no alarm signal")


@pytest.mark.parametrize("endless", ENDLESS)
def test_an_endless_loop_is_stopped(endless, monkeypatch):
    before = signal.getsignal(signal.SIGALRM) if ALARM else None
    result = course_lr.exercise("01.2").check(endless, seconds=0.2)
    assert result.status == INCORRECT
    assert "still running after 0.2 s and was stopped: an endless loop?" in result.text
    if ALARM:
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    monkeypatch.delattr(signal, "setitimer", raising=False)  # as on Windows
    assert "still running after 0.2 s" in call(endless, (), numbers, 0.2).trouble


@needs_alarm
def test_the_alarm_also_ends_a_loop_that_catches_everything_and_a_timer_of_before_goes_on():
    def bare(*args):
        while True:
            try:
                np.sin(1.0)
            except:  # noqa: E722, as a learner may write it
                pass

    signal.setitimer(signal.ITIMER_REAL, 500.0)
    try:
        assert "an endless loop" in call(bare, (), numbers, 0.2).trouble
        assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.parametrize("endless", ENDLESS)
def test_an_endless_loop_is_stopped_in_another_thread_as_on_windows(endless):
    replies, traces = [], []

    def work():
        before = sys.gettrace()
        replies.append(call(endless, (1.0,), numbers, 0.2))
        traces.append(sys.gettrace() is before)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(timeout=15)
    assert "still running after 0.2 s" in replies[0].trouble and traces == [True]


def test_an_exception_is_shown_with_the_line_of_the_learners_code():
    def misspelt(w, gradient, eta):
        w = np.asarray(w)
        return w - etta * gradient  # noqa: F821

    def in_a_library(w, gradient, eta):
        w = np.asarray(w)
        return np.linalg.inv([[0.0]]) + w

    for update, raised, shown in (
        (misspelt, "NameError: name 'etta' is not defined", "return w - etta"),
        (in_a_library, "LinAlgError", "return np.linalg.inv([[0.0]]) + w"),
        (lambda w: w, "takes 1 positional argument but 3 were given", None),
    ):
        result = course_lr.exercise("01.2").check(update)
        assert result.status == INCORRECT and raised in result.text
        assert "update(w=1, gradient=2, eta=0.1)" in result.text
        line = update.__code__.co_firstlineno + 2
        assert shown is None or f"in line {line} of your code:\n\n    {shown}" in result.text


def test_prints_are_kept_and_shown_and_endless_ones_are_cut(capsys):
    def update(w, gradient, eta):
        print("step", eta * gradient)
        print("to stderr", file=sys.stderr)
        return w - eta * gradient

    result = course_lr.exercise("01.2").check(update)
    shown = capsys.readouterr()
    assert result.status == CORRECT and "Your code printed:\n\n    step 0.2" in result.text
    assert "to stderr" in shown.out and shown.out.count("step 0.2") == 1 and shown.err == ""
    reply = call(lambda: [print("again") for _ in range(100_000)] and 1, (), numbers, 30)
    assert MOST_PRINTED < len(reply.printed) < MOST_PRINTED + 5 and reply.printed.endswith(" …")


def test_ctrl_c_is_not_swallowed_and_arguments_are_copied():
    with pytest.raises(KeyboardInterrupt):
        course_lr.exercise("01.2").check(raises(KeyboardInterrupt()))
    array = np.ones(2)
    reply = call(lambda w: w.fill(7) or w, (array,), numbers)
    assert not reply.trouble and reply.value.tolist() == [7, 7]
    assert array.tolist() == [1, 1]


def test_the_tolerance_is_the_stated_one():
    for got, expected, alike in [
        (1.00005, 1.0, True),
        (1.0002, 1.0, False),
        ([1e-8, 1.0], [0.0, 1.0], True),
        ([1e-3, 1.0], [0.0, 1.0], False),
        ([1.0], 1.0, False),
        ([], [], True),
        (np.inf, np.inf, True),
        (np.nan, np.nan, True),
        (np.nan, 1.0, False),
    ]:
        assert same(np.array(got, float), np.array(expected, float)) is alike, (got, expected)


# --- finding exercises, progress --------------------------------------------------------------


def test_a_number_finds_its_exercise_or_is_told_the_nearest(monkeypatch):
    with pytest.raises(ValueError, match=r"the nearest is '02\.[1-6]', got '02\.9'"):
        course_lr.exercise("02.9")
    with pytest.raises(TypeError, match=r"text such as '01\.2', got 2\.1"):
        course_lr.exercise(2.1)
    imported, load = [], importlib.import_module
    record = lambda name: imported.append(name) or load(name)  # noqa: E731
    monkeypatch.setattr(importlib, "import_module", record)
    assert course_lr.exercise(" 2.1 ") is course_lr.exercise("02.1")
    assert {name for name in imported if "chapters" in name} == {exercises.MODULES["02"]}


@pytest.mark.parametrize("chapter", exercises.MODULES)
def test_reloading_a_chapters_exercises_works_and_changes_nothing(chapter, monkeypatch):
    module = importlib.import_module(exercises.MODULES[chapter])
    before = exercises.every_exercise(chapter)
    monkeypatch.setattr(module, "EXERCISES", module.EXERCISES)  # put back after the test
    importlib.reload(module)
    after = exercises.every_exercise(chapter)
    assert len(module.EXERCISES) == len(after) > 2  # no number twice
    assert list(after) == list(before) == sorted(before)
    for number, ex in after.items():
        assert number[:2] == chapter and ex is not before[number]
        assert course_lr.exercise(number) is ex and repr(ex) == repr(before[number])
        assert (ex.hints, dict(ex.wrong)) == (before[number].hints, dict(before[number].wrong))


def test_a_lost_stub_is_refused():
    fields = {"right": "1", "wrong": {}, "hints": ("", "", ""), "why": ""}
    with pytest.raises(ValueError, match="99.1: given must occur once in code, got '1'"):
        base.Exercise(text="99.1 Title\n\nTask.", given="1", **fields)


def test_progress_shows_what_is_done(scratch):
    count = len(EXERCISES)
    before = repr(course_lr.progress())
    assert f"0 of {count} done" in before and "Next: 01.1" in before
    one, other = course_lr.exercise("01.2"), course_lr.exercise("02.2")
    one.check(one.answer(one.right))
    one.check(lambda *a: 0.0)  # what was solved once stays solved
    other.check(lambda *a: 0.0)
    shown = repr(course_lr.progress())
    parts = (f"1 of {count} done", "✓ 01.2", "○ 02.2", "· 01.3")
    assert all(part in shown for part in parts)
    assert re.search(r"chapter 01 +1 of \d", shown) and str(scratch) not in shown
    for number in EXERCISES:
        progress_file.record(number, outcome=CORRECT)
    assert "All done." in repr(course_lr.progress())


def test_a_kill_while_progress_is_written_leaves_the_old_file(scratch, monkeypatch):
    """Kills at other moments are those of ``files.replaced``: tests/test_history.py."""
    progress_file.record("01.2", outcome=CORRECT)
    before = (scratch / "progress.json").read_bytes()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "fsync", raises(KeyboardInterrupt))
        progress_file.record("01.3", outcome=CORRECT)
    assert (scratch / "progress.json").read_bytes() == before
    assert [path.name for path in scratch.iterdir()] == ["progress.json"]
    (scratch / "progress.json.1.part").write_text('{"exer')  # what a real kill leaves behind
    assert progress_file.record("01.3", outcome=CORRECT) == ""
    assert set(progress_file.read()[0]) == {"01.2", "01.3"}


DAMAGED = [b"", b'{"exer', b"[]", b"null", b"7", b'{"exercises": 3}', b"\xff\xfe", b"[" * 100_000,
           b'{"exercises": {"01.2": 3}}']  # fmt: skip


def test_a_damaged_file_is_kept_aside_and_said_and_odd_entries_do_no_harm(scratch, capsys):
    ex, path = course_lr.exercise("01.2"), scratch / "progress.json"
    scratch.mkdir()
    for content in DAMAGED:
        path.write_bytes(content)
        assert ex.check(ex.answer(ex.right)).status == CORRECT
        message = "it is kept as progress.damaged.json, and begun afresh"
        assert message in capsys.readouterr().out
        assert (scratch / "progress.damaged.json").read_bytes() == content
        assert progress_file.read() == ({"01.2": {"outcome": CORRECT}}, "")
    entries = {number: {"prediction": ["a"], "outcome": {}} for number in [*EXERCISES, "77.1"]}
    path.write_text(json.dumps({"exercises": entries}))
    assert f"0 of {len(EXERCISES)} done" in repr(course_lr.progress())
    assert course_lr.exercise("01.1").reveal().status == NOT_ATTEMPTED


def test_where_nothing_can_be_kept_the_session_remembers_and_says_so_once(scratch, capsys):
    scratch.write_text("a file where a folder should be")
    one, other = course_lr.exercise("01.2"), course_lr.exercise("01.1")
    assert one.check(one.answer(one.right)).status == CORRECT
    assert "Progress can't be kept here" in capsys.readouterr().out
    other.predict("c")
    assert other.reveal().status == CORRECT
    assert "can't be kept" not in capsys.readouterr().out
    assert "✓ 01.1  ✓ 01.2" in repr(course_lr.progress())
    assert scratch.read_text() == "a file where a folder should be"


def test_progress_lies_beside_the_notebooks_where_git_ignores_it(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_LR_SCRATCH")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/01_x.ipynb").touch()
    for folder in (tmp_path, tmp_path / "notebooks"):
        monkeypatch.chdir(folder)
        assert progress_file.location() == tmp_path / "notebooks/.course_lr/progress.json"
    ignored = Path(course_lr.__file__).parents[1] / ".gitignore"
    if ignored.exists():  # not where the package alone is installed
        assert ".course_lr/" in ignored.read_text().split()


# --- what the notebook shows ------------------------------------------------------------------


def test_in_a_notebook_a_message_is_one_output_of_text_and_html(monkeypatch):
    display = pytest.importorskip("IPython.display")
    shown = []
    monkeypatch.setattr(outcome, "_shell", lambda: object())
    monkeypatch.setattr(display, "display", lambda data, **options: shown.append((data, options)))
    result = course_lr.exercise("01.2").check(lambda w, gradient, eta: w + eta * gradient)
    ((data, options),) = shown
    assert options == {"raw": True} and set(data) == {"text/plain", "text/html"}
    assert result._ipython_display_() is None and len(shown) == 1
    assert data["text/plain"].startswith("01.2: incorrect\n    update(w=1")
    assert "<pre" in data["text/html"] and "came back: 1.2" in data["text/html"]


def test_a_box_escapes_what_it_is_given():
    html = Box("a <b>", "x < 1 & `y < 2`\n\n    <script>\n    \n    if a < b:")._repr_html_()
    assert "<script>" not in html and "<code>y &lt; 2</code>" in html
    assert "&lt;script&gt;\n\nif a &lt; b:</pre>" in html and "a &lt;b&gt;" in html
    assert repr(Outcome("01.2", CORRECT, "text")) == "01.2: correct"


def test_a_terminal_without_unicode_gets_its_message(tmp_path):
    with open(tmp_path / "out", "w", encoding="ascii") as file, contextlib.redirect_stdout(file):
        course_lr.exercise("01.1").hint()
        Box("η", "\ud800").show()
    assert "Hint 1 of 3" in (tmp_path / "out").read_text()
