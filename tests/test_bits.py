"""A row's numbers depend on its parameters and its seed alone, bit for bit.

However many rows there are, however they are cut into blocks, however many threads drive them,
wherever the training was stopped and resumed, and whatever happens to its neighbours.
"""

import io
import itertools

import numpy as np
import pytest

from course_lr import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    CosineDecay,
    ExponentialDecay,
    Momentum,
    Quadratic,
    RMSProp,
    Rosenbrock,
    Warmup,
    begin,
    digits,
    loop,
    train,
)

RECORD = ("loss", "eta", "grad_norm", "update_ratio", "grad_cosine", "validation_loss", "path")
NETWORK = {"hidden": (8,), "batch_size": 32, "samples": 96, "loss": "squared_error"}
"""Squared error, since a network with cross-entropy hardly ever leaves the finite numbers."""


def same(a, b):
    np.testing.assert_array_equal(a, b, strict=True)


def same_history(one, other, pick=slice(None)):
    """``one`` equals ``other[pick]`` in every record; ``pick`` is of the run and seed axes."""
    for name in one.records:
        every = (slice(None), *pick) if isinstance(pick, tuple) else pick
        same(one.records[name], other.records[name][every])
    same(one.w, other.w[pick])
    same(np.asarray(one.diverged_at), np.asarray(other.diverged_at[pick]))


@pytest.fixture
def cut(monkeypatch):
    """Sets how trainings are cut into blocks, and over how many threads."""

    def set_to(size=loop.BLOCK_SIZE, small=loop.SMALL, threads=loop.THREADS):
        monkeypatch.setattr(loop, "BLOCK_SIZE", size)
        monkeypatch.setattr(loop, "SMALL", small)
        monkeypatch.setattr(loop, "THREADS", threads)

    return set_to


# --- alone or in a crowd ------------------------------------------------------------------------

BETAS = np.linspace(0, 0.99, 61)
CROWDS = {
    "SGD": lambda i: SGD(),
    "Momentum": lambda i: Momentum(BETAS[i]),
    "Adam": lambda i: Adam(beta1=BETAS[i], beta2=0.9 + BETAS[i] / 10),
}


@pytest.mark.parametrize("rule", CROWDS)
def test_alone_as_in_a_crowd_of_610(rule):
    """61 rates with 10 seeds on the digits; some of the rates diverge."""
    problem, every = digits(loss="squared_error"), np.arange(61)
    rates = np.geomspace(1e-4, 30, 61)
    record = ("loss", "eta", "grad_norm", "grad_cosine", "validation_loss", "validation_accuracy")
    options = {"steps": 20, "record": record, "record_every": 8}
    crowd = train(problem, rates, update=CROWDS[rule](every), seeds=10, **options)
    if rule != "Adam":
        assert 60 < crowd.diverged.sum() < 550
    for i, seed in itertools.product((0, 17, 30, 45, 60), (0, 7)):
        alone = train(problem, rates[i], update=CROWDS[rule](i), seeds=[seed], **options)
        same_history(alone, crowd, np.s_[i, [seed]])


NETWORKS = [
    {"hidden": hidden, "batch_size": size, "activation": activation, "loss": loss, "dtype": dtype}
    for (hidden, size), (activation, loss), dtype in itertools.product(
        [((32,), 64), ((), 16), ((1,), 16), ((5, 3), 1), ((9,), None)],
        [("relu", "cross_entropy"), ("tanh", "squared_error")],
        ["float32", "float64"],
    )
]


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda s: "-".join(map(str, s.values())))
def test_alone_as_in_a_crowd_on_every_network(settings):
    problem, rates = digits(samples=100, **settings), np.geomspace(1e-3, 1e2, 37)
    options = {"steps": 7, "record": ("loss", "validation_loss", "train_accuracy", "path")}
    options |= {"update": Momentum(0.9), "record_every": 3}
    crowd = train(problem, rates, seeds=5, **options)
    for i, seed in ((0, 0), (11, 3), (23, 1), (36, 4)):
        same_history(train(problem, rates[i], seeds=[seed], **options), crowd, np.s_[i, [seed]])


SCHEDULES = {
    "cosine": lambda i: CosineDecay(np.geomspace(1e-3, 0.2, 61)[i], steps=10),
    "exponential": lambda i: ExponentialDecay(0.01, np.linspace(0.5, 1, 61)[i]),
    "warm-up": lambda i: Warmup(CosineDecay(0.01, steps=12), (np.arange(61) % 9)[i]),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("problem", [Rosenbrock(), Quadratic([1.0, 20.0], noise=0.3)], ids=repr)
def test_schedules_alone_as_in_a_crowd(problem, name):
    options = {"steps": 300, "record": RECORD, "update": AdamW()}
    crowd = train(problem, SCHEDULES[name](np.arange(61)), seeds=10, **options)
    for i, seed in ((0, 0), (7, 3), (30, 9), (60, 5)):
        alone = train(problem, SCHEDULES[name](i), seeds=[seed], **options)
        same_history(alone, crowd, np.s_[i, [seed]])


# --- blocks and threads -------------------------------------------------------------------------


@pytest.mark.parametrize("update", [SGD(), Momentum(0.9, nesterov=True), Adam()], ids=repr)
def test_any_blocks_and_any_number_of_threads(cut, update):
    problem, rates = digits(**NETWORK), np.geomspace(1e-3, 1e3, 53)
    options = {"update": update, "seeds": 7, "record": RECORD[:-1], "record_every": 2}
    cut(small=10**9)
    assert len(begin(problem, rates, seeds=7).blocks) == 1
    wanted = train(problem, rates, steps=6, **options)
    if not isinstance(update, Adam):
        assert 0 < wanted.diverged.sum() < wanted.diverged.size
    counts = set()
    for threads, size in itertools.product((1, 2, 3), (1, 40 * problem.n, 10**9)):
        cut(size, 0, threads)
        run = begin(problem, rates, **options)
        counts.add(len(run.blocks))
        same_history(run.advance(6).history, wanted)
    assert len(counts) >= 4


def test_blocks_hold_every_row_once(cut):
    for size, threads, shape in itertools.product(
        (1, 50, 10**9), (1, 2, 3, 64), ((1, 1), (610, 1), (1, 610), (61, 10), (33, 2), (2, 33))
    ):
        cut(size, 0, threads)
        rows = np.concatenate(loop.cut_rows(shape, 5))
        assert sorted(rows) == list(range(shape[0] * shape[1]))


def test_large_blocks_share_a_seed_and_fill_the_threads(cut):
    cut(threads=2)
    blocks = loop.cut_rows((61, 10), 2410)
    assert all(len(set(rows % 10)) == 1 for rows in blocks) and len(blocks) % 2 == 0
    assert max(map(len, loop.cut_rows((610, 1), 2410))) <= loop.BLOCK_SIZE // 2410
    assert len(loop.cut_rows((1, 1), 10**6)) == 1


def test_many_threads_do_not_make_blocks_of_a_few_rows(cut):
    for threads in (2, 8, 64, 1000):
        cut(threads=threads)
        for shape in ((61, 10), (610, 1), (1, 610), (61, 3)):
            assert min(map(len, loop.cut_rows(shape, 2410))) >= 20


@pytest.mark.parametrize("seeds", [1, 5])
def test_neighbours_that_diverge_change_nothing(seeds):
    problem, good = digits(**NETWORK), [0.01, 0.02, 0.05]
    options = {"seeds": seeds, "steps": 12, "record": RECORD, "record_every": 5}
    for update in (SGD(), Momentum(0.5), Adam(), RMSProp()):
        bad = 1e4 if isinstance(update, (SGD, Momentum)) else 1e30
        mixed = train(problem, [bad, 0.01, 2 * bad, 0.02, 0.05, bad], update=update, **options)
        assert mixed.diverged[[0, 2, 5]].all() and not mixed.diverged[[1, 3, 4]].any()
        calm = train(problem, good, update=update, **options)
        pick = ([1, 3, 4],) if seeds == 1 else np.s_[[1, 3, 4], :]
        same_history(calm, mixed, pick)


# --- resuming -----------------------------------------------------------------------------------

RULES = [
    SGD(),
    Momentum([0.0, 0.5, 0.9, 0.9]),
    Momentum(0.9, dampening=0.2),
    AdaGrad(),
    RMSProp(rho=[0.5, 0.9, 0.99, 0.99]),
    Adam(),
    AdamW(weight_decay=[0.0, 0.1, 0.2, 0.3]),
]


def through_a_file(state):
    """The state written by ``np.savez`` and read back, without pickles."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return np.load(file, allow_pickle=False)


@pytest.mark.parametrize("stop", [0, 1, 5, 8])
@pytest.mark.parametrize("update", RULES, ids=repr)
def test_resuming_from_a_file_gives_the_same_bits(update, stop):
    """With rows that diverge before the stop, after it and never."""
    start = None
    if isinstance(update, (AdaGrad, RMSProp, Adam)):
        eta = CosineDecay([1e-3, 1e-2, 1e36, 1e30], steps=20)
    else:
        eta = CosineDecay([1e-3, 1e-2, 1e6, 1e3], steps=20)
    options = {"update": update, "seeds": [2, 5], "record": RECORD, "record_every": 3}
    problem = digits(**NETWORK)
    wanted = begin(problem, eta, start=start, **options).advance(20).history
    assert 0 < wanted.diverged.sum() < 8
    first = begin(problem, eta, start=start, **options).advance(stop)
    second = begin(digits(**NETWORK), eta, start=start, **options)
    second.state = through_a_file(first.state)
    assert second.step == stop
    same_history(second.history, first.history)
    same_history(second.advance(20 - stop).history, wanted)
    same_history(first.advance(20 - stop).history, wanted)


def test_resuming_when_all_have_diverged():
    options = {"record": RECORD, "update": Adam(), "seeds": 2}
    wanted = begin(Quadratic([1.0, 20.0]), [1e200, 1e250], **options).advance(9)
    assert wanted.history.diverged.all()
    first = begin(Quadratic([1.0, 20.0]), [1e200, 1e250], **options).advance(4)
    second = begin(Quadratic([1.0, 20.0]), [1e200, 1e250], **options)
    second.state = first.state
    same_history(second.advance(5).history, wanted.history)


def test_resuming_in_other_blocks_and_other_threads(cut):
    problem, rates = digits(**NETWORK), np.geomspace(1e-3, 1e3, 50)
    options = {"update": Momentum(0.9), "seeds": 3, "record": RECORD[:-1], "record_every": 4}
    wanted = begin(problem, rates, **options).advance(10).history
    cut(1, 0, 2)
    first = begin(problem, rates, **options).advance(5)
    assert len(first.blocks) == 9
    state = through_a_file(first.state)
    cut(10**9, 10**9, 1)
    second = begin(problem, rates, **options)
    second.state = state
    same_history(second.advance(5).history, wanted)


def test_a_state_stands_by_itself():
    run = begin(Rosenbrock(), [1e-3, 1e-4], update=Adam(), record=RECORD).advance(3)
    state = run.state
    kept = {name: a.copy() for name, a in state.items()}
    run.advance(4)
    for name, value in state.items():
        same(value, kept[name])
    again = begin(Rosenbrock(), [1e-3, 1e-4], update=Adam(), record=RECORD)
    again.state = state
    again.advance(4)
    for name, value in state.items():  # neither the run that gave it nor the one that took it
        same(value, kept[name])
    same_history(again.history, run.history)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"update": SGD()}, ("update.", "one only")),
        ({"record": ("loss",)}, ("record.path", "one only")),
        ({"eta": [0.1]}, ("another run", "(2, 2)", "(1, 2)")),
        ({"problem": Quadratic([1.0])}, ("another run", "(2, 1)")),
    ],
)
def test_a_state_of_another_run_is_refused(change, parts):
    given = {"problem": Rosenbrock(), "eta": [1e-3, 1e-4]}
    given |= {"update": Adam(), "record": ("loss", "path")}
    state = begin(**given).advance(3).state
    other = begin(**{**given, **change})
    with pytest.raises(ValueError, match="state") as caught:
        other.state = state
    assert all(part in str(caught.value) for part in parts)


def test_a_state_of_another_dtype_is_refused():
    state = begin(digits(**NETWORK, dtype="float64"), 0.1).state
    with pytest.raises(ValueError, match="float64.*float32"):
        begin(digits(**NETWORK), 0.1).state = state


@pytest.mark.parametrize("parts", [(3, 7), (0, 10), (10, 0), (1,) * 10, (4, 0, 6)])
def test_advancing_in_parts(parts):
    eta = Warmup(CosineDecay([0.01, 0.05, 1e4], steps=10), steps=3)
    options = {"update": Momentum(0.9), "seeds": 2, "record": RECORD, "record_every": 4}
    wanted = begin(digits(**NETWORK), eta, **options).advance(10)
    run = begin(digits(**NETWORK), eta, **options)
    for part in parts:
        assert run.advance(part) is run
    assert run.step == 10
    same_history(run.history, wanted.history)
