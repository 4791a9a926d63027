"""What ``train`` promises: shapes and axes, records, the textbook's numbers, no side effects."""

import inspect
import itertools
import os
import pathlib
from unittest import mock

import numpy as np
import pytest

from course_lr import (
    SGD,
    Adam,
    CosineDecay,
    ExponentialDecay,
    Momentum,
    Quadratic,
    RMSProp,
    Rosenbrock,
    Saddle,
    Warmup,
    begin,
    digits,
    loop,
    mnist1d,
    train,
    training,
)
from course_lr.diagnostics import gradient_cosine, gradient_norm, update_ratio
from tests.test_bad_input import refused

ROOT = pathlib.Path(__file__).resolve().parents[1]
BOWL = Quadratic([1.0, 20.0])
SMALL_NET = {"hidden": (8,), "batch_size": 32, "samples": 128}


# --- who is a run, and what axes there are ------------------------------------------------------

RATES = [0.01, 0.02, 0.03]
ETAS = [  # each with the runs that it gives
    (0.01, None),
    (RATES, 3),
    ([0.01], 1),
    (CosineDecay(0.01, steps=5), None),
    (CosineDecay(RATES, steps=5), 3),
    (Warmup(ExponentialDecay(0.01, [0.5, 0.9, 1.0]), steps=2), 3),
]
SEEDS = [({}, None), ({"seeds": 1}, None), ({"seeds": [0]}, (0,)), ({"seeds": 2}, (0, 1))] + [
    ({"seeds": seeds}, (7, 8)) for seeds in ([7, 8], np.array([7, 8]), range(7, 9))
]
UPDATES = [(SGD(), None), (Adam(), None), (Momentum([0, 0.5, 0.9]), 3)]
STARTS = [(None, None), ([3, 4], None), (np.ones((3, 2)), 3)]


@pytest.mark.parametrize(("eta", "eta_runs"), ETAS, ids=str)
def test_axes(eta, eta_runs):
    """Every kind of rate with every kind of seeds, rule and start that fits it."""
    record = ("loss", "eta", "path", "validation_loss")
    for (given, seeds), (update, update_runs), (start, start_runs) in itertools.product(
        SEEDS, UPDATES, STARTS
    ):
        lengths = {eta_runs, update_runs, start_runs} - {None}
        if len(lengths) > 1:
            continue
        history = train(BOWL, eta, update=update, steps=4, start=start, record=record, **given)
        sizes = (*lengths, *([len(seeds)] if seeds else []))
        names = ["run"] * len(lengths) + ["seed"] * bool(seeds)
        assert history.axes == ("step", *names)
        assert history.loss.shape == (5, *sizes) and history.eta.shape == (4, *sizes)
        assert history.path.shape == (5, *sizes, 2) and history.w.shape == (*sizes, 2)
        assert history.validation_loss.shape == (1, *sizes) and history.diverged_at.shape == sizes
        assert history.seeds == (seeds or (0,)) and history.steps == 4


@pytest.mark.parametrize(
    ("eta", "options", "parts"),
    [
        (0.1, {"update": Adam(eps=[1, 2]), "start": np.ones((3, 2))}, ("update with 2", "start")),
        (CosineDecay([0.1] * 4, 9), {"update": RMSProp(eps=[1, 2])}, ("eta with 4", "with 2")),
        ([0.1], {"start": np.ones((3, 2))}, ("eta with 1", "start with 3")),
    ],
)
def test_lengths_that_disagree_are_both_named(eta, options, parts):
    refused(ValueError, ("one length", *parts), train, BOWL, eta, steps=1, **options)


def test_arrays_are_zipped_and_seeds_are_crossed():
    noisy = Quadratic([1.0, 20.0], noise=0.5)
    eta, beta = np.array([0.01, 0.02, 0.03]), [0.0, 0.5, 0.9]
    starts, seeds = np.arange(6.0).reshape(3, 2), [4, 2, 9, 0]
    record = ("loss", "eta", "path", "grad_norm", "update_ratio", "grad_cosine", "test_loss")
    schedule = CosineDecay(eta, steps=[5, 9, 12])
    options = {"steps": 15, "record": record, "record_every": 4}
    history = train(noisy, schedule, update=Momentum(beta), seeds=seeds, start=starts, **options)
    for run, seed in itertools.product(range(3), range(4)):
        one = {"update": Momentum(beta[run]), "seeds": [seeds[seed]], "start": starts[run]}
        alone = train(noisy, CosineDecay(eta[run], steps=[5, 9, 12][run]), **one, **options)
        for name in record:
            np.testing.assert_array_equal(
                history.records[name][:, run, seed], alone.records[name][:, 0]
            )
        np.testing.assert_array_equal(history.w[run, seed], alone.w[0])


# --- records ------------------------------------------------------------------------------------

STEPWISE = ("loss", "eta", "path", "grad_norm", "update_ratio", "grad_cosine")


def test_no_steps_give_the_loss_at_the_start():
    history = train(BOWL, [0.1, 0.2], steps=0, record=(*STEPWISE, "train_loss"))
    np.testing.assert_array_equal(history.loss, [[10.5, 10.5]])
    np.testing.assert_array_equal(history.train_loss, [[10.5, 10.5]])
    np.testing.assert_array_equal(history.path, np.ones((1, 2, 2)))
    assert history.record_steps.tolist() == [0] and history.steps == 0
    for name in ("eta", "grad_norm", "update_ratio", "grad_cosine"):
        assert getattr(history, name).shape == (0, 2)


SCHEDULES = [
    CosineDecay(0.05, steps=300),
    CosineDecay([0.05, 0.01], steps=[300, 40], eta_end=[0.0, 1e-3]),
    Warmup(ExponentialDecay([0.05, 0.02, 0.01], [0.99, 0.9, 0.999]), steps=20),
    0.01,
]


@pytest.mark.parametrize("steps", [1, 7, 255, 256, 257, 600])
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_rate_that_was_used_is_the_schedules(schedule, steps):
    """Also across the chunks in which the loop asks for rates, and in parts."""
    history = train(BOWL, schedule, steps=steps, record=("eta",))
    wanted = schedule(np.arange(steps)) if callable(schedule) else np.full(steps, schedule)
    np.testing.assert_array_equal(history.eta, wanted)
    run = begin(BOWL, schedule, record=("eta",))
    run.advance(steps // 3).advance(steps - steps // 3)
    np.testing.assert_array_equal(run.history.eta, wanted)


def test_another_schedule_may_take_its_place_between_two_advances():
    """As where a learner drags a slider while the training runs."""
    run = begin(BOWL, 0.01, record=("eta",), update=Momentum(0.5)).advance(3)
    run.schedule = CosineDecay(0.02, steps=8)
    wanted = [0.01] * 3 + CosineDecay(0.02, steps=8)(np.arange(3, 6)).tolist()
    np.testing.assert_array_equal(run.advance(3).history.eta, wanted)


def test_the_rate_that_was_used_moved_the_weights():
    schedule = CosineDecay([0.05, 0.02], steps=12)
    history = train(BOWL, schedule, steps=10, record=("path", "eta"))
    gradient = history.path[:-1] * [1.0, 20.0]
    moved = history.path[:-1] - history.eta[..., None] * gradient
    np.testing.assert_allclose(history.path[1:], moved, rtol=1e-14)


@pytest.mark.parametrize("problem", [Rosenbrock(noise=0.3), digits(**SMALL_NET, dtype="float64")])
def test_records_equal_what_the_path_says(problem):
    """The signals also as the functions of ``diagnostics`` give them."""
    options = {"update": Momentum(0.5), "seeds": [5, 6], "record": STEPWISE}
    history = train(problem, [1e-3, 2e-3], steps=9, **options)
    path, gradients = history.path, []
    seeds = np.array([5, 6, 5, 6])
    for step in range(10):
        loss, gradient = problem.loss_and_grad(path[step].reshape(4, -1), step, seeds)
        np.testing.assert_allclose(history.loss[step].ravel(), loss, rtol=1e-12)
        gradients.append(gradient.reshape(2, 2, -1).copy())
    g = np.array(gradients[:9])
    norms = np.linalg.norm(g, axis=-1)
    for signal in (history.grad_norm, gradient_norm(g)):
        np.testing.assert_allclose(signal, norms, rtol=1e-12)
    moved = np.linalg.norm(np.diff(path, axis=0), axis=-1) / np.linalg.norm(path[:-1], axis=-1)
    for signal in (history.update_ratio, update_ratio(path[:-1], path[1:])):
        np.testing.assert_allclose(signal, moved, rtol=1e-9)
    cosine = (g[1:] * g[:-1]).sum(-1) / norms[1:] / norms[:-1]
    for signal in (history.grad_cosine[1:], gradient_cosine(g[1:], g[:-1])):
        np.testing.assert_allclose(signal, cosine, rtol=1e-9)
    assert np.isnan(history.grad_cosine[0]).all()
    np.testing.assert_array_equal(history.w, path[-1])


MEASURES = tuple(f"{s}_{m}" for s in ("validation", "train", "test") for m in ("loss", "accuracy"))


@pytest.mark.parametrize(
    ("steps", "every", "taken"),
    [(10, None, [4, 8, 10]), (8, None, [4, 8]), (3, None, [3]), (0, None, [0])]
    + [(10, 1, [*range(1, 11)]), (10, 3, [3, 6, 9, 10]), (10, 100, [10])],
)
def test_measures_are_taken_every_so_many_steps_and_at_the_end(steps, every, taken):
    problem = digits(**SMALL_NET)
    assert problem.steps_per_epoch == 4
    options = {"record": (*MEASURES, "path"), "record_every": every, "seeds": 2}
    history = train(problem, [0.05, 0.1], steps=steps, **options)
    assert history.record_steps.tolist() == taken
    for split in ("validation", "train", "test"):
        for position, step in enumerate(taken):
            with loop.one_blas_thread():  # as in the loop
                measures = problem.evaluate(history.path[step].reshape(4, -1), split)
            for measure, values in measures.items():
                recorded = history.records[f"{split}_{measure}"]
                np.testing.assert_array_equal(recorded[position].ravel(), values)
                assert recorded.shape == (len(taken), 2, 2)


def test_each_split_is_evaluated_once_for_all_its_measures_and_where_asked_for(monkeypatch):
    problem, calls = digits(**SMALL_NET), []
    evaluate = problem.evaluate
    monkeypatch.setattr(problem, "evaluate", lambda w, s: calls.append(s) or evaluate(w, s))
    history = train(problem, 0.1, steps=8)
    assert list(history.records) == ["loss"] and history.record_steps.tolist() == [] and not calls
    train(problem, 0.1, steps=8, record=MEASURES)
    assert sorted(calls) == sorted(["validation", "train", "test"] * 2)


@pytest.mark.parametrize(
    ("record", "names"), [([], []), (["eta", "loss", "eta"], ["eta", "loss"])], ids=str
)
def test_names_may_repeat_and_come_in_any_order(record, names):
    assert list(train(BOWL, 0.1, steps=2, record=record).records) == names


def test_looking_on_the_way_changes_nothing():
    """A history taken half-way stands by itself; its last evaluation is not in the later one."""
    options = {"record": ("loss", "validation_loss", "path"), "seeds": 2, "update": Adam()}
    watched, whole = (begin(digits(**SMALL_NET), [0.01, 0.02], **options) for _ in range(2))
    early = watched.advance(6).history
    kept = {name: a.copy() for name, a in early.records.items()}
    assert early.record_steps.tolist() == [4, 6] and early.validation_loss.shape == (2, 2, 2)
    _ = watched.w, watched.state
    late = watched.advance(6).history
    whole = whole.advance(12).history
    assert late.record_steps.tolist() == [4, 8, 12]
    for name in options["record"]:
        np.testing.assert_array_equal(getattr(late, name), getattr(whole, name))
        np.testing.assert_array_equal(early.records[name], kept[name])
    late.loss[...] = late.w[...] = -1  # what is handed out is a copy
    np.testing.assert_array_equal(watched.history.loss, whole.loss)
    np.testing.assert_array_equal(watched.w, whole.w)


# --- the textbook -------------------------------------------------------------------------------


def textbook(problem, rates, steps, seeds):
    """Losses and weights of ``w -= eta * g``, run after run in plain numpy."""
    rows = np.tile(seeds, len(rates))
    eta = np.repeat(rates, len(seeds))[:, None]
    w = problem.start(rows)
    eta = eta.astype(w.dtype)
    losses = []
    for step in range(steps):
        loss, g = problem.loss_and_grad(w, step, rows)
        losses.append(loss)
        w -= eta * g
    shape = len(rates), len(seeds)
    return np.reshape(losses, (steps, *shape)), w.reshape(*shape, -1)


NETWORKS = [
    {"hidden": hidden, "activation": activation, "loss": loss, "batch_size": size, "dtype": dtype}
    for (hidden, size), activation, loss, dtype in itertools.product(
        [((), 32), ((8,), 32), ((7, 5), None), ((6,), 1)],
        ["relu", "tanh"],
        ["cross_entropy", "squared_error"],
        ["float32", "float64"],
    )
]


@pytest.mark.parametrize("cut", ["one block", "blocks by seed"])
@pytest.mark.parametrize("settings", NETWORKS, ids=lambda s: "-".join(map(str, s.values())))
def test_textbook_on_networks(settings, cut, monkeypatch):
    if cut == "blocks by seed":
        monkeypatch.setattr(loop, "SMALL", 0)
        monkeypatch.setattr(loop, "BLOCK_SIZE", 1)
    problem = digits(samples=100, label_noise=0.1, init_gain=0.8, **settings)
    rates = np.geomspace(1e-3, 2e-2, 70 if cut == "blocks by seed" else 3)
    run = begin(problem, rates, seeds=[4, 0, 11])
    assert (len(run.blocks) > 3) == (cut == "blocks by seed")
    history = run.advance(20).history
    losses, w = textbook(problem, rates, 20, [4, 0, 11])
    close = {"rtol": 2e-5, "atol": 2e-6} if problem.dtype == np.float32 else {"rtol": 1e-11}
    np.testing.assert_allclose(history.loss[:20], losses, **close)
    np.testing.assert_allclose(history.w, w, **{**close, "atol": 1e-5 * close["rtol"] ** 0.5})
    assert history.w.dtype == problem.dtype


@pytest.mark.parametrize(
    "problem", [BOWL, Quadratic([1.0, 20.0], noise=1.0), Rosenbrock(), Saddle(), mnist1d((16,))]
)
def test_textbook_on_other_problems(problem):
    rates = np.array([1e-4, 3e-4, 1e-3])
    history = train(problem, rates, steps=20, seeds=[1, 2])
    losses, w = textbook(problem, rates, 20, [1, 2])
    tolerance = 1e-4 if w.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(history.loss[:20], losses, rtol=tolerance)
    np.testing.assert_allclose(history.w, w, rtol=tolerance, atol=tolerance)


def test_a_problem_without_base_class_will_do():
    class Bowl:
        def start(self, seeds):
            return np.ones((len(seeds), 2), dtype=int)

        def loss_and_grad(self, w, step, seeds):
            return (w**2).sum(axis=1), 2 * w

    history = train(Bowl(), [0.25, 0.5], steps=2, record=("loss", "path"))
    np.testing.assert_array_equal(history.loss, [[2, 2], [0.5, 0], [0.125, 0]])
    own = train(Bowl(), 0.25, steps=1, start=[0.5, 1])  # not cut to the integers of its start
    np.testing.assert_array_equal(own.w, [0.25, 0.5])


# --- no side effects ----------------------------------------------------------------------------


def test_numpys_global_generator_is_neither_used_nor_moved():
    problem = digits(**SMALL_NET, label_noise=0.2)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = train(problem, 0.1, steps=6, seeds=2)
    np.testing.assert_array_equal(before, np.random.get_state()[1])
    np.random.seed(2)
    np.testing.assert_array_equal(first.loss, train(problem, 0.1, steps=6, seeds=2).loss)


def test_arrays_are_copied_and_never_written_to():
    rates = np.array([0.01, 0.02])
    for start in (np.array([3.0, 4.0]), np.array([[3.0, 4.0]] * 2), np.array([3, 4])):
        kept, eta = start.copy(), rates.copy()
        start.flags.writeable = eta.flags.writeable = False
        wanted = train(BOWL, eta, steps=3, start=start)
        np.testing.assert_array_equal(start, kept)
        start.flags.writeable = eta.flags.writeable = True
        run = begin(BOWL, eta, start=start)
        start[...] = eta[...] = 100
        np.testing.assert_array_equal(run.w, [[3.0, 4.0]] * 2)
        np.testing.assert_array_equal(run.advance(3).history.loss, wanted.loss)


def test_a_start_in_float64_keeps_the_problems_precision():
    start = digits(**SMALL_NET).start([0])[0].astype(np.float64)
    assert train(digits(**SMALL_NET), 0.1, steps=1, start=start).w.dtype == np.float32


# --- memory, progress, signature ----------------------------------------------------------------


LONG = 10**9


@pytest.mark.parametrize(
    ("problem", "options", "parts"),
    [
        (digits(), {"steps": 2000, "seeds": 61, "record": ("path",)}, ("path", "1.2 GB", "61")),
        (BOWL, {"steps": LONG, "record": ("loss",)}, ("loss", "8.0 GB", "1 rows")),
        (BOWL, {"steps": 10**30}, ("loss", "GB")),
        (BOWL, {"steps": LONG, "record": ("train_loss",), "record_every": 2}, ("train_", "4.0 GB")),
    ],
)
def test_a_record_that_is_too_large_is_refused_with_its_size(problem, options, parts):
    refused(ValueError, ("would take", *parts), train, problem, 0.01, **options)


def test_a_run_that_was_refused_can_go_on():
    run = begin(BOWL, 0.01, record=("path",))
    with pytest.raises(ValueError, match="GB"):
        run.advance(10**9)
    np.testing.assert_array_equal(
        run.advance(3).history.path, train(BOWL, 0.01, steps=3, record=("path",)).path
    )


def test_few_evaluations_of_many_steps_are_not_refused():
    run = begin(BOWL, 0.01, record=("train_loss",), record_every=10**9)
    run._reserve(10**10)
    assert sum(record.data.nbytes for record in run.blocks[0].records.values()) < 10**4


@pytest.mark.parametrize("runs", [2, 700])
def test_progress_shows_a_bar_and_changes_no_number(runs, capfd):
    problem, rates = digits(), np.geomspace(1e-3, 0.1, runs)
    silent = train(problem, rates, steps=5)
    assert capfd.readouterr() == ("", "")
    shown = train(problem, rates, steps=5, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "/5" in err and "step" in err
    np.testing.assert_array_equal(shown.loss, silent.loss)


def test_progress_shows_a_bar_in_a_notebook():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    cells = [
        "import numpy as np; from course_lr import digits, train",
        "train(digits(), np.geomspace(1e-3, 0.1, 200), steps=20, progress=True)",
    ]
    cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with mock.patch.dict(os.environ, PYTHONPATH=str(ROOT)):
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    bar, result = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in bar["data"]
    assert "<History of 20 steps, 200 runs" in result["data"]["text/plain"]
    (widgets,) = notebook.metadata["widgets"].values()
    states = [widget["state"] for widget in widgets["state"].values()]
    assert [state["value"] for state in states if "max" in state] == [20.0]


def test_an_error_in_one_block_comes_through_and_stops_the_others(monkeypatch):
    monkeypatch.setattr(loop, "SMALL", 0)
    monkeypatch.setattr(loop, "BLOCK_SIZE", 1)
    monkeypatch.setattr(loop, "THREADS", 2)

    class Breaks(Quadratic):
        def bind(self, seeds):
            rows = len(seeds)

            def gradient(w, step):
                if step == 3 and w[0, 0] > 5:
                    raise ZeroDivisionError("mine")
                assert step < 10**6, "the others were not stopped"
                return np.zeros(rows), np.zeros_like(w)

            return gradient

    start = np.repeat([[1.0, 1.0], [10.0, 10.0]], 24, axis=0)
    for progress in (False, True):
        run = begin(Breaks([1.0, 2.0]), 0.1, start=start, record=())
        assert len(run.blocks) == 2
        with pytest.raises(ZeroDivisionError, match="mine"):
            run.advance(10**7, progress=progress)
        for use in (lambda r=run: r.advance(1), lambda r=run: r.history, lambda r=run: r.w):
            with pytest.raises(RuntimeError, match="interrupted"):
                use()


def test_begin_and_train_take_the_same_arguments():
    one, two = ({**inspect.signature(f).parameters} for f in (begin, train))
    assert {*two} - {*one} == {"steps", "progress"} and training.begin is begin
    assert all(two[name].default == one[name].default for name in one)
