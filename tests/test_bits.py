"""A row's numbers depend on its parameters and its seed alone, bit for bit.

However many rows there are, however they are cut into blocks and threads, wherever the training
was stopped and resumed, whatever is recorded, and whatever happens to its neighbours.
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
    BoldDriver,
    CosineDecay,
    ExponentialDecay,
    GradientWatch,
    Hypergradient,
    Momentum,
    Quadratic,
    ReduceOnPlateau,
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
EVERY = np.arange(41)
RATES, HUGE = np.geomspace(1e-3, 1e3, 41), np.geomspace(1e-3, 1e36, 41)
BETAS, SMALL_COUNTS = np.linspace(0, 0.99, 41), EVERY % 3
TOP = {"eta_max": 1e3}
WAYS = {  # the rate and the rule of runs number i
    "SGD": lambda i: (RATES[i], SGD()),
    "momentum": lambda i: (RATES[i], Momentum(BETAS[i])),
    "Nesterov": lambda i: (RATES[i], Momentum(0.9, nesterov=True)),
    "dampening": lambda i: (RATES[i], Momentum(0.9, dampening=0.2)),
    "AdaGrad": lambda i: (HUGE[i], AdaGrad()),
    "RMSProp": lambda i: (HUGE[i], RMSProp(rho=BETAS[i])),
    "Adam": lambda i: (HUGE[i], Adam(BETAS[i], 0.9 + BETAS[i] / 10)),
    "AdamW": lambda i: (HUGE[i], AdamW(weight_decay=BETAS[i])),
    "cosine": lambda i: (CosineDecay(RATES[i], steps=10), Momentum(0.9)),
    "exponential": lambda i: (ExponentialDecay(RATES[i], 1 - BETAS[i] / 2), SGD()),
    "warm-up": lambda i: (Warmup(CosineDecay(RATES[i], 12), (EVERY % 9)[i]), AdamW()),
    "plateau": lambda i: (ReduceOnPlateau(RATES[i], 0.5, patience=0, every=2), SGD()),
    "plateau on validation": lambda i: (
        ReduceOnPlateau(
            RATES[i], 0.5, patience=SMALL_COUNTS[i], every=2, monitor="validation_loss"
        ),
        Momentum(0.9),
    ),
    "bold driver": lambda i: (BoldDriver(RATES[i], 1 + BETAS[i], **TOP), Momentum(0.9)),
    "watch": lambda i: (
        GradientWatch(RATES[i], (2 + EVERY % 4)[i], restart=0.9, rescues=SMALL_COUNTS[i], **TOP),
        SGD(),
    ),
    "watch with Adam": lambda i: (GradientWatch(RATES[i], 3, restart=0.9, **TOP), Adam()),
    "hypergradient": lambda i: (Hypergradient(RATES[i], 1e-3, **TOP), Momentum(0.9)),
    "hypergradient, multiplicative": lambda i: (
        Hypergradient(RATES[i], 0.2, form="multiplicative", **TOP),
        SGD(),
    ),
}
RESCUED = ("bold driver", "watch", "watch with Adam")
every_way = pytest.mark.parametrize("way", WAYS)


def begun(way, runs=EVERY, problem=None, **options):
    eta, update = WAYS[way](runs)
    return begin(problem or digits(**NETWORK), eta, update=update, **options)


def trained(way, runs=EVERY, problem=None, *, steps, **options):
    return begun(way, runs, problem, **options).advance(steps).history


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
    """Sets how trainings are cut into blocks, and over how many threads."""

    def set_to(size=loop.BLOCK_SIZE, small=loop.SMALL, threads=loop.THREADS):
        monkeypatch.setattr(loop, "BLOCK_SIZE", size)
        monkeypatch.setattr(loop, "SMALL", small)
        monkeypatch.setattr(loop, "THREADS", threads)

    return set_to


# --- alone or in a crowd ------------------------------------------------------------------------


@every_way
def test_alone_as_in_a_crowd(way):
    """41 runs with 3 seeds, some of which diverge, some of them after having been taken back."""
    problem = digits(**NETWORK)
    options = {"steps": 14, "record": RECORD, "record_every": 5}
    crowd = trained(way, problem=problem, seeds=3, **options)
    if way in ("SGD", "momentum", "Adam", "cosine", "plateau"):
        assert 0 < crowd.diverged.sum() < crowd.diverged.size
    assert (crowd.rescues.sum() > 5) == (way in RESCUED)
    for i, seed in itertools.product((0, 13, 26, 31, 40), (0, 2)):
        alone = trained(way, i, problem, seeds=[seed], **options)
        same_history(alone, crowd, np.s_[i, [seed]])
        assert words(alone) == words(crowd, i, seed)


def test_alone_as_in_a_crowd_of_610():
    """61 rates with 10 seeds on the whole digits, cut as they are cut every day."""
    problem, rates = digits(loss="squared_error"), np.geomspace(1e-4, 30, 61)
    record = ("loss", "eta", "grad_norm", "grad_cosine", "validation_loss", "validation_accuracy")
    options = {"steps": 20, "record": record, "record_every": 8}
    crowd = train(problem, rates, seeds=10, **options)
    assert 60 < crowd.diverged.sum() < 550
    for i, seed in itertools.product((0, 30, 45, 60), (0, 7)):
        same_history(train(problem, rates[i], seeds=[seed], **options), crowd, np.s_[i, [seed]])


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


@pytest.mark.parametrize("way", ["cosine", "exponential", "warm-up"])
@pytest.mark.parametrize("problem", [Rosenbrock(), Quadratic([1.0, 20.0], noise=0.3)], ids=repr)
def test_schedules_alone_as_in_a_crowd_over_more_steps_than_a_chunk(problem, way):
    options = {"steps": loop.CHUNK + 9, "record": RECORD}
    crowd = trained(way, problem=problem, seeds=10, **options)
    for i, seed in ((0, 0), (7, 3), (19, 9), (40, 5)):
        same_history(trained(way, i, problem, seeds=[seed], **options), crowd, np.s_[i, [seed]])


@every_way
def test_neighbours_that_diverge_change_nothing(way):
    options = {"steps": 12, "record": RECORD, "record_every": 5, "seeds": 2}
    mixed = trained(way, np.array([40, 3, 39, 8, 38]), **options)
    if way in ("SGD", "Adam", "plateau"):
        assert mixed.diverged.any()
    same_history(trained(way, np.array([3, 8]), **options), mixed, np.s_[[1, 3], :])


@every_way
def test_what_is_recorded_changes_nothing(way):
    little = trained(way, steps=10, record=("loss",))
    much = trained(way, steps=10, record=RECORD, record_every=1)
    same(little.loss, much.loss)
    same(little.w, much.w)
    assert little.log == much.log


# --- blocks and threads -------------------------------------------------------------------------


@every_way
def test_any_blocks_and_any_number_of_threads(way, cut):
    problem, options = digits(**NETWORK), {"seeds": 5, "record": RECORD[:-1], "record_every": 2}
    cut(small=10**9)
    whole = begun(way, problem=problem, **options)
    wanted = whole.advance(8).history
    counts = {len(whole.blocks)}
    for threads, size in ((1, 1), (2, 1), (3, 40 * problem.n), (3, 10**9)):
        cut(size, 0, threads)
        run = begun(way, problem=problem, **options)
        counts.add(len(run.blocks))
        same_history(run.advance(8).history, wanted)
    assert 1 in counts and len(counts) >= 3


def test_blocks_hold_every_row_once(cut):
    for size, threads, shape in itertools.product(
        (1, 50, 10**9), (1, 2, 3, 64), ((1, 1), (610, 1), (1, 610), (61, 10), (33, 2), (2, 33))
    ):
        cut(size, 0, threads)
        rows = np.concatenate(loop.cut_rows(shape, 5))
        assert sorted(rows) == list(range(shape[0] * shape[1]))


def test_large_blocks_share_a_seed_fill_the_threads_and_have_many_rows(cut):
    cut(threads=2)
    blocks = loop.cut_rows((61, 10), 2410)
    assert all(len(set(rows % 10)) == 1 for rows in blocks) and len(blocks) % 2 == 0
    assert max(map(len, loop.cut_rows((610, 1), 2410))) <= loop.BLOCK_SIZE // 2410
    assert len(loop.cut_rows((1, 1), 10**6)) == 1
    for threads in (2, 8, 64, 1000):
        cut(threads=threads)
        for shape in ((61, 10), (610, 1), (1, 610), (61, 3)):
            assert min(map(len, loop.cut_rows(shape, 2410))) >= 20


# --- resuming -----------------------------------------------------------------------------------


def through_a_file(state):
    """The state written by ``np.savez`` and read back, without pickles."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return np.load(file, allow_pickle=False)


@every_way
def test_resuming_from_a_file_gives_the_same_bits(way, cut):
    """With rows that diverge before the stop, after it and never, in other blocks than before."""
    options = {"seeds": [2, 5], "record": RECORD, "record_every": 3}
    wanted = trained(way, steps=20, **options)
    for stop in (0, 1, 5, 8):
        first = begun(way, **options).advance(stop)
        with pytest.MonkeyPatch.context() as other_blocks:
            for name, value in (("BLOCK_SIZE", 1), ("SMALL", 0), ("THREADS", 2)):
                other_blocks.setattr(loop, name, value)
            second = begun(way, **options)
        second.state = through_a_file(first.state)
        assert second.step == stop and len(second.blocks) > len(first.blocks)
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


@pytest.mark.parametrize("way", ["Adam", "watch"])
def test_a_state_is_a_copy(way):
    """Neither the run that gave it nor the one that took it writes to it."""
    run = begun(way, record=RECORD).advance(9)
    state = run.state
    kept = {name: a.copy() for name, a in state.items()}
    run.advance(4)
    again = begun(way, record=RECORD)
    again.state = state
    again.advance(4)
    for name, value in state.items():
        same(value, kept[name])
    same_history(again.history, run.history)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"update": SGD()}, ("update.", "one only")),
        ({"record": ("loss",)}, ("record.path", "one only")),
        ({"eta": [0.1]}, ("another run", "(2, 2)", "(1, 2)")),
        ({"problem": Quadratic([1.0])}, ("another run", "(2, 1)")),
        ({"eta": GradientWatch([0.1, 0.2])}, ("do not belong together",)),
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


@pytest.mark.parametrize("other", [0.1, BoldDriver(0.1), ReduceOnPlateau(0.1)])
def test_a_state_of_another_controller_is_refused(other):
    watched, run = begin(Quadratic([1.0]), GradientWatch(0.1)), begin(Quadratic([1.0]), other)
    for giver, taker in ((watched, run), (run, watched)):
        with pytest.raises(ValueError, match="do not belong together"):
            taker.state = giver.state


def test_a_state_of_another_dtype_is_refused():
    state = begin(digits(**NETWORK, dtype="float64"), 0.1).state
    with pytest.raises(ValueError, match="float64.*float32"):
        begin(digits(**NETWORK), 0.1).state = state


@every_way
def test_advancing_in_parts(way):
    options = {"record": RECORD, "record_every": 4}
    wanted = trained(way, steps=10, **options)
    for parts in ((3, 7), (1,) * 10, (4, 0, 6)):
        run = begun(way, **options)
        for part in parts:
            assert run.advance(part) is run
        assert run.step == 10
        same_history(run.history, wanted)


# --- rows that a controller takes back, or that nothing can save ----------------------------------


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


@pytest.mark.parametrize("way", ["plateau", "hypergradient", "hypergradient, multiplicative"])
def test_when_all_have_diverged_nobody_is_asked_any_more(way):
    asked = []

    class Counting(Quadratic):
        def loss_and_grad(self, w, step, seeds):
            asked.append(step)
            return super().loss_and_grad(w, step, seeds)

    rule = WAYS[way](np.array([40, 40]))[0]
    history = train(Counting([1e10, 1.0]), rule, steps=200, record=("loss", "eta"))
    assert history.diverged.all() and len(asked) < 100 and history.loss.shape == (201, 2)
    assert [entry.done for entry in history.log][-2:] == ["given up: the run is frozen"] * 2


@pytest.mark.parametrize("way", [name for name in WAYS if "pl" in name or name in RESCUED])
def test_diverged_at_the_start(way):
    start = [[1.0, 1.0], [1e200, 1.0]]
    rule = WAYS[way](np.array([5, 5]))[0]
    history = train(Quadratic([1.0, 2.0]), rule, start=start, steps=4)
    assert history.diverged_at.tolist() == [-1, 0] and np.isposinf(history.loss[:, 1]).all()
    same(history.w[1], np.array(start[1]))
    assert history.log[0][:3] == (0, 1, 0) and history.rescues.tolist()[1] == 0
