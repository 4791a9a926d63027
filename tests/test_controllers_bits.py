"""A controlled row's numbers depend on its parameters and its seed alone, bit for bit.

However many rows there are, however they are cut into blocks and threads, wherever the training
was stopped and resumed, whatever is recorded, and whatever happens to its neighbours.
"""

import io
import itertools

import numpy as np
import pytest

from course_lr import (
    SGD,
    Adam,
    BoldDriver,
    GradientWatch,
    Hypergradient,
    Momentum,
    Quadratic,
    ReduceOnPlateau,
    begin,
    digits,
    loop,
    train,
)

NETWORK = {"hidden": (8,), "batch_size": 32, "samples": 96, "loss": "squared_error"}
RECORD = ("loss", "eta", "grad_norm", "update_ratio", "grad_cosine", "validation_loss", "path")
RATES = np.geomspace(1e-3, 1e3, 41)
KINDS = {
    "plateau": lambda i: ReduceOnPlateau(RATES[i], 0.5, patience=0, every=2),
    "plateau on validation": lambda i: ReduceOnPlateau(
        RATES[i], 0.5, patience=(np.arange(41) % 3)[i], every=2, monitor="validation_loss"
    ),
    "bold driver": lambda i: BoldDriver(RATES[i], np.linspace(1, 2, 41)[i], eta_max=1e3),
    "watch": lambda i: GradientWatch(
        RATES[i],
        window=(2 + np.arange(41) % 4)[i],
        restart=0.9,
        rescues=(np.arange(41) % 3)[i],
        eta_max=1e3,
    ),
    "hypergradient": lambda i: Hypergradient(RATES[i], 1e-3, eta_max=1e3),
    "hypergradient, multiplicative": lambda i: Hypergradient(
        RATES[i], 0.2, form="multiplicative", eta_max=1e3
    ),
}
EVERY = np.arange(41)
each_kind = pytest.mark.parametrize("kind", KINDS)


def same(a, b):
    np.testing.assert_array_equal(a, b, strict=True)


def same_history(one, other, pick=slice(None)):
    """``one`` equals ``other[pick]``; ``pick`` is of the run and seed axes."""
    for name in one.records:
        every = (slice(None), *pick) if isinstance(pick, tuple) else pick
        same(one.records[name], other.records[name][every])
    for name in ("w", "diverged_at", "rescues"):
        same(np.asarray(getattr(one, name)), np.asarray(getattr(other, name)[pick]))
    if pick == slice(None):
        assert one.log == other.log


def words(history, run=None, seed=None):
    """The log without the names of run and seed, of one of them."""
    log = history.log if run is None else [e for e in history.log if e[1:3] == (run, seed)]
    return [(entry.step, entry.seen, entry.done) for entry in log]


@pytest.fixture
def cut(monkeypatch):
    def set_to(size=loop.BLOCK_SIZE, small=loop.SMALL, threads=loop.THREADS):
        monkeypatch.setattr(loop, "BLOCK_SIZE", size)
        monkeypatch.setattr(loop, "SMALL", small)
        monkeypatch.setattr(loop, "THREADS", threads)

    return set_to


@each_kind
@pytest.mark.parametrize("update", [SGD(), Momentum(0.9), Adam()], ids=repr)
def test_alone_as_in_a_crowd(kind, update):
    """41 rates with 3 seeds, some of which diverge, some of them after having been taken back."""
    problem = digits(**NETWORK)
    options = {"steps": 14, "record": RECORD, "record_every": 5, "update": update}
    crowd = train(problem, KINDS[kind](EVERY), seeds=3, **options)
    if isinstance(update, SGD) and "hyper" not in kind:
        assert crowd.diverged.any() or "bold" in kind
        assert (crowd.rescues.sum() > 5) == (kind in ("watch", "bold driver"))
    for i, seed in itertools.product((0, 13, 26, 31, 40), (0, 2)):
        alone = train(problem, KINDS[kind](i), seeds=[seed], **options)
        same_history(alone, crowd, np.s_[i, [seed]])
        assert words(alone) == words(crowd, i, seed)


@each_kind
def test_any_blocks_and_any_number_of_threads(kind, cut):
    problem, options = digits(**NETWORK), {"seeds": 5, "record": RECORD[:-1], "record_every": 2}
    cut(small=10**9)
    wanted = train(problem, KINDS[kind](EVERY), steps=8, **options)
    for threads, size in ((1, 1), (2, 1), (3, 40 * problem.n)):
        cut(size, 0, threads)
        run = begin(problem, KINDS[kind](EVERY), **options)
        assert len(run.blocks) > 3
        same_history(run.advance(8).history, wanted)


def through_a_file(state):
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return np.load(file, allow_pickle=False)


@each_kind
@pytest.mark.parametrize("stop", [0, 1, 5, 8])
def test_resuming_from_a_file_gives_the_same_bits(kind, stop, cut):
    """With rows that diverge before the stop and after it, in other blocks than before."""
    problem, options = digits(**NETWORK), {"seeds": [2, 5], "record": RECORD, "record_every": 3}
    options["update"] = Momentum(0.9)
    wanted = begin(problem, KINDS[kind](EVERY), **options).advance(20).history
    first = begin(problem, KINDS[kind](EVERY), **options).advance(stop)
    state = through_a_file(first.state)
    cut(1, 0, 2)
    second = begin(digits(**NETWORK), KINDS[kind](EVERY), **options)
    second.state = state
    assert second.step == stop
    same_history(second.history, first.history)
    same_history(second.advance(20 - stop).history, wanted)
    same_history(first.advance(20 - stop).history, wanted)


@each_kind
@pytest.mark.parametrize("parts", [(3, 7), (1,) * 10, (4, 0, 6)])
def test_advancing_in_parts(kind, parts):
    options = {"record": RECORD, "record_every": 4, "update": Adam()}
    wanted = begin(digits(**NETWORK), KINDS[kind](EVERY), **options).advance(10).history
    run = begin(digits(**NETWORK), KINDS[kind](EVERY), **options)
    for part in parts:
        run.advance(part)
    same_history(run.history, wanted)


@each_kind
def test_what_is_recorded_changes_nothing(kind):
    problem = digits(**NETWORK)
    little = train(problem, KINDS[kind](EVERY), steps=10, record=("loss",))
    much = train(problem, KINDS[kind](EVERY), steps=10, record=RECORD, record_every=1)
    same(little.loss, much.loss)
    same(little.w, much.w)
    assert little.log == much.log


@each_kind
def test_neighbours_that_diverge_change_nothing(kind):
    problem, options = digits(**NETWORK), {"steps": 12, "record": RECORD, "update": Momentum(0.5)}
    mixed = train(problem, KINDS[kind](np.array([40, 3, 39, 8, 38])), **options)
    calm = train(problem, KINDS[kind](np.array([3, 8])), **options)
    same_history(calm, mixed, ([1, 3],))


def test_a_state_stands_by_itself():
    run = begin(digits(**NETWORK), GradientWatch(RATES, eta_max=1e3), record=RECORD).advance(9)
    state = run.state
    kept = {name: a.copy() for name, a in state.items()}
    run.advance(4)
    for name, value in state.items():
        same(value, kept[name])
    again = begin(digits(**NETWORK), GradientWatch(RATES, eta_max=1e3), record=RECORD)
    again.state = state
    again.advance(4)
    for name, value in state.items():
        same(value, kept[name])
    same_history(again.history, run.history)


@pytest.mark.parametrize("other", [0.1, BoldDriver(0.1), ReduceOnPlateau(0.1)])
def test_a_state_of_another_controller_is_refused(other):
    state = begin(Quadratic([1.0]), GradientWatch(0.1)).state
    run = begin(Quadratic([1.0]), other)
    with pytest.raises(ValueError, match="do not belong together"):
        run.state = state
    with pytest.raises(ValueError, match="do not belong together"):
        begin(Quadratic([1.0]), GradientWatch(0.1)).state = run.state


def test_a_row_that_was_taken_back_is_not_frozen_and_costs_one_gradient_more():
    asked = []

    class Counting:
        def start(self, seeds):
            return np.ones((len(seeds), 1))

        def loss_and_grad(self, w, step, seeds):
            asked.append(step)
            return w[:, 0] ** 2, 2 * w

    history = train(Counting(), BoldDriver(3.0), steps=6, record=("loss",))
    assert history.rescues == 2 and history.diverged_at == -1
    assert sorted(asked) == [0, 1, 1, 2, 2, 3, 4, 5, 6]


def test_when_all_have_diverged_nobody_is_asked_any_more():
    asked = []

    class Counting(Quadratic):
        def loss_and_grad(self, w, step, seeds):
            asked.append(step)
            return super().loss_and_grad(w, step, seeds)

    for kind in KINDS:
        rule = KINDS[kind](np.array([40, 40]))
        if kind in ("watch", "bold driver"):
            continue
        asked.clear()
        run = begin(Counting([1e10, 1.0]), rule, update=SGD(), record=("loss", "eta"))
        history = run.advance(200).history
        assert history.diverged.all() and len(asked) < 100 and history.loss.shape == (201, 2)
        assert [entry.done for entry in history.log][-2:] == ["given up: the run is frozen"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_diverged_at_the_start(kind):
    start = [[1.0, 1.0], [1e200, 1.0]]
    history = train(Quadratic([1.0, 2.0]), KINDS[kind](np.array([5, 5])), start=start, steps=4)
    assert history.diverged_at.tolist() == [-1, 0] and np.isposinf(history.loss[:, 1]).all()
    np.testing.assert_array_equal(history.w[1], start[1])
    assert history.log[0][:3] == (0, 1, 0) and history.rescues.tolist()[1] == 0
