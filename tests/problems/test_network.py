"""The networks: gradients, curvature, batches, starts, splits, against independent computations."""

import itertools

import numpy as np
import pytest

from course_lr import digits, mnist1d, sharpness, train
from course_lr.problems.network import MLP, order

ALL = [
    {"hidden": hidden, "activation": activation, "loss": loss}
    for hidden in ((), (5,), (4, 3), (3, 4, 2), (1,))
    for activation in ("relu", "tanh")
    for loss in ("cross_entropy", "squared_error")
]
OPTIONS = [
    {"label_noise": 0.4},
    {"input_scale": 3.0},
    {"loss_scale": 0.1},
    {"init_gain": 2.0, "input_scale": 0.5, "loss_scale": 7.0, "label_noise": 1.0},
]


PARTS = ("train", "validation", "test")


def network(batch_size=16, samples=48, dtype="float64", **settings) -> MLP:
    return digits(batch_size=batch_size, samples=samples, dtype=dtype, **settings)


def points(problem, rows=3):
    """Weights with biases that are not 0."""
    noise = np.random.default_rng(1).normal(size=(rows, problem.n))
    return problem.start(np.arange(rows)) + 0.2 * noise


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [*ALL, *OPTIONS], ids=str)
def test_gradient_is_the_slope_of_the_loss(settings):
    problem, seeds = network(**settings), np.array([4, 4, 9])
    w, rng = points(problem), np.random.default_rng(2)
    _, gradient = problem.loss_and_grad(w, 7, seeds)
    for _ in range(20):
        v = rng.normal(size=w.shape) / np.sqrt(problem.n)
        up, down = (problem.loss_and_grad(w + h * v, 7, seeds)[0] for h in (1e-6, -1e-6))
        np.testing.assert_allclose((gradient * v).sum(1), (up - down) / 2e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("batch_size", [16, None, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("settings", ALL, ids=str)
def test_the_fast_face_is_the_plain_one(settings, dtype, batch_size):
    problem = network(batch_size, dtype=dtype, label_noise=0.3, loss_scale=2.0, **settings)
    close = {"rtol": 2e-5, "atol": 2e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-14}
    for seeds in ([4, 0, 4], [7, 7, 7], [3]):
        fast = problem.bind(np.array(seeds))
        w = points(problem, len(seeds)).astype(dtype)
        for step in (0, 1, 5, 40, 41, 3):
            loss, gradient = fast(w, step)
            plain_loss, plain = problem.loss_and_grad(w, step, np.array(seeds))
            np.testing.assert_allclose(loss, plain_loss, **close)
            np.testing.assert_allclose(gradient, plain, **close)
            assert gradient.dtype == plain.dtype == w.dtype == np.dtype(dtype)
            if step == 1:
                w = w + 0.1  # another array
            else:
                w -= np.asarray(0.1, dtype) * gradient  # the same array changed


def test_large_logits_do_not_overflow():
    problem = network(hidden=())
    w = points(problem) * 1e5
    loss, gradient = problem.loss_and_grad(w, 0, np.array([0, 1, 2]))
    assert np.isfinite(loss).all() and np.isfinite(gradient).all() and (loss > 100).all()


# --- curvature ----------------------------------------------------------------------------------


def dense_hessian(problem, w):
    """By central differences of the full-batch gradient, ``(n, n)``."""
    n, h = problem.n, 1e-6
    seeds = np.zeros(n, dtype=int)
    up, down = (problem.loss_and_grad(w + s * h * np.eye(n), 0, seeds)[1] for s in (1, -1))
    return (up - down) / (2 * h)


@pytest.mark.parametrize("settings", [s for s in ALL if len(s["hidden"]) < 3], ids=str)
def test_hvp_and_sharpness_against_a_dense_hessian(settings):
    problem = network(None, 40, loss_scale=2.0, **settings)
    w = points(problem, 2)
    largest = sharpness(problem, w, iterations=300, tolerance=1e-10)
    batches = network(16, 40, loss_scale=2.0, **settings)  # curvature is of all examples
    np.testing.assert_array_equal(batches.hvp(w, w[::-1]), problem.hvp(w, w[::-1]))
    for row in range(2):
        hessian = dense_hessian(problem, w[row])
        scale = np.abs(hessian).max()
        products = problem.hvp(np.tile(w[row], (problem.n, 1)), np.eye(problem.n))
        np.testing.assert_allclose(products, hessian, rtol=1e-5, atol=1e-6 * scale)
        np.testing.assert_allclose(products, products.T, rtol=1e-9, atol=1e-12 * scale)
        values = np.linalg.eigvalsh((products + products.T) / 2)
        np.testing.assert_allclose(largest[row], values[-1], rtol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_sharpness_where_the_most_negative_eigenvalue_is_larger(activation):
    """Near 0 with wrong outputs the negative end of the spectrum dominates in size."""
    problem = network(None, 40, hidden=(4, 4, 4), activation=activation, loss="squared_error")
    rng, seen = np.random.default_rng(0), 0
    for _ in range(5):
        w = rng.normal(size=(1, problem.n)) * 0.7
        matrices = problem.matrices(w)
        matrices[-1][0, :, -1] = 500.0  # outputs far from the labels
        matrices[-1][0, :, :-1] *= 0.1
        hessian = problem.hvp(np.tile(w, (problem.n, 1)), np.eye(problem.n))
        values = np.linalg.eigvalsh((hessian + hessian.T) / 2)
        seen += -values[0] > 1.01 * values[-1]
        np.testing.assert_allclose(sharpness(problem, w)[0], values[-1], rtol=1e-6)
    assert seen >= 1


def test_sharpness_in_float32_is_computed_in_float64():
    single, double = (network(None, 40, dtype, hidden=(4,)) for dtype in ("float32", "float64"))
    w = single.start(np.arange(2))
    assert sharpness(single, w).dtype == np.float64
    np.testing.assert_allclose(sharpness(single, w), sharpness(double, w), rtol=1e-6)


# --- evaluation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_evaluate_by_hand(activation):
    settings = {"hidden": (6,), "activation": activation, "label_noise": 0.2, "loss_scale": 3.0}
    problem, squared = network(**settings), network(loss="squared_error", **settings)
    w = points(problem)
    for split, row in itertools.product(PARTS, range(3)):
        x, labels = problem.inputs[split], problem.labels[split]
        first, second = (m[0] for m in problem.matrices(w[row : row + 1]))
        hidden = np.tanh(x @ first.T) if activation == "tanh" else np.maximum(x @ first.T, 0)
        z = hidden @ second[:, :-1].T + second[:, -1]
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        entropy = -3.0 * np.log(p[np.arange(len(labels)), labels]).mean()
        distance = 1.5 * ((z - np.eye(10)[labels]) ** 2).sum(1).mean()
        for either, loss in ((problem, entropy), (squared, distance)):
            values = either.evaluate(w, split)
            np.testing.assert_allclose(values["loss"][row], loss, rtol=1e-12)
            assert values["accuracy"][row] == (z.argmax(1) == labels).mean()


def test_evaluate_many_rows_in_parts():
    problem = network(hidden=(2,))
    w = problem.start(np.arange(40))
    w = np.concatenate([w + shift for shift in np.linspace(-1, 1, 40)])
    whole = problem.evaluate(w)
    parts = [problem.evaluate(part) for part in np.array_split(w, 17)]
    for name in ("loss", "accuracy"):
        np.testing.assert_array_equal(whole[name], np.concatenate([part[name] for part in parts]))
    assert len(np.unique(whole["loss"])) > 800
    assert problem.evaluate(w[:0])["loss"].shape == (0,)


def test_it_learns():
    history = train(digits(), 0.5, steps=160, seeds=2, record=("validation_accuracy",))
    assert (history.validation_accuracy[-1] > 0.9).all()


# --- batches ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "size", "epoch"), [(48, 16, 3), (50, 16, 3), (50, 49, 1), (9, 1, 9)]
)
def test_an_epoch_visits_every_example_at_most_once(samples, size, epoch):
    problem = network(size, samples)
    assert problem.steps_per_epoch == epoch
    epochs = set()
    for number in range(4):
        steps = range(number * epoch, (number + 1) * epoch)
        visited = np.concatenate([problem.batch(step, 5) for step in steps])
        assert len(set(visited)) == len(visited) == epoch * size
        assert visited.min() >= 0 and visited.max() < samples
        epochs.add(tuple(visited))
    assert len(epochs) == 4


def test_orders_differ_between_seeds_and_stay_the_same_for_one():
    problem = network(16, 48)
    batches = {seed: problem.batch(0, seed).tolist() for seed in range(20)}
    assert len({tuple(batch) for batch in batches.values()}) == 20
    order.cache_clear()
    for seed in (19, 3, 7):  # neither the order of calls nor a cache matters
        assert network(16, 48).batch(0, seed).tolist() == batches[seed]
    with pytest.raises(ValueError, match="read-only"):
        problem.batch(0, 3)[0] = 1


def test_every_example_is_used_sooner_or_later():
    """A short last batch is dropped, but not always the same examples."""
    problem = network(16, 50)
    visited = {int(i) for step in range(30) for i in problem.batch(step, 0)}
    assert visited == set(range(50))


def test_the_full_batch_is_the_training_set_in_its_order():
    problem = network(None, hidden=(5,))
    assert problem.batch_size == 48 and problem.steps_per_epoch == 1
    for whole in (problem, network(48, 48)):
        np.testing.assert_array_equal(whole.batch(3, 4), np.arange(48))
    w = points(problem)
    loss, _ = problem.loss_and_grad(w, 3, np.array([0, 1, 2]))
    np.testing.assert_allclose(loss, problem.evaluate(w, "train")["loss"], rtol=1e-12)
    np.testing.assert_array_equal(loss, problem.loss_and_grad(w, 99, np.array([7, 7, 7]))[0])


# --- start --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "gain"), [("relu", 2.0), ("tanh", 1.0)])
@pytest.mark.parametrize("init_gain", [1.0, 0.1, 5.0])
def test_start_has_the_documented_variance(activation, gain, init_gain):
    problem = network(hidden=(40, 30), activation=activation, init_gain=init_gain)
    w = problem.start(np.arange(100))
    for matrix, inputs in zip(problem.matrices(w), (64, 40, 30)):
        weights, biases = matrix[:, :, :-1], matrix[:, :, -1]
        assert weights.shape[2] == inputs and (biases == 0).all()
        wanted, size = init_gain**2 * gain / inputs, weights.size
        assert abs(weights.mean()) < 5 * np.sqrt(wanted / size)
        assert abs(weights.var() / wanted - 1) < 5 * np.sqrt(2 / size)


def test_the_same_seed_gives_the_same_row():
    problem = network(hidden=(5,))
    w = problem.start(np.array([7, 3, 7, 0]))
    np.testing.assert_array_equal(w[0], w[2])
    np.testing.assert_array_equal(w[1], problem.start([3])[0])
    np.testing.assert_array_equal(network(hidden=(5,), batch_size=8).start([0])[0], w[3])
    assert len(np.unique(w, axis=0)) == 3
    single = network(hidden=(5,), dtype="float32").start([3])
    np.testing.assert_array_equal(single[0], w[1].astype(np.float32), strict=True)
    others = np.random.default_rng([5, 0]).permutation(48)  # batches come from another stream
    assert network(16, 48).batch(0, 5).tolist() != others[:16].tolist()


# --- data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "sizes"), [(digits(), (1077, 360, 360)), (mnist1d(), (3000, 1000, 1000))], ids=repr
)
def test_inputs_end_in_ones_and_targets_are_one_hot(problem, sizes):
    assert problem.samples == sizes[0]
    for name, size in zip(PARTS, sizes):
        inputs, targets, labels = (
            part[name] for part in (problem.inputs, problem.targets, problem.labels)
        )
        assert inputs.shape == (size, problem.data.inputs.shape[1] + 1)
        assert (inputs[:, -1] == 1).all()
        np.testing.assert_array_equal(targets, np.eye(10)[labels])


def test_the_split_depends_on_its_seed_alone():
    plain, same, other = digits(), digits(hidden=(3,), loss_scale=2.0), digits(split_seed=1)
    for name in PARTS:
        np.testing.assert_array_equal(plain.labels[name], same.labels[name])
        assert not np.array_equal(plain.labels[name], other.labels[name])


def test_samples_and_label_noise_change_the_training_set_only():
    plain, few, noisy = digits(), digits(samples=100), digits(label_noise=0.3)
    assert few.samples == 100 and few.steps_per_epoch == 1
    np.testing.assert_array_equal(few.inputs["train"], plain.inputs["train"][:100])
    np.testing.assert_array_equal(few.labels["train"], plain.labels["train"][:100])
    assert (plain.labels["train"] != noisy.labels["train"]).sum() == round(0.3 * 1077)
    np.testing.assert_array_equal(noisy.targets["train"].argmax(1), noisy.labels["train"])
    for name, changed in itertools.product(("validation", "test"), (few, noisy)):
        np.testing.assert_array_equal(plain.labels[name], changed.labels[name])
        np.testing.assert_array_equal(plain.inputs[name], changed.inputs[name])


def test_scales():
    plain, inputs = network(hidden=(5,)), network(hidden=(5,), input_scale=4.0)
    np.testing.assert_array_equal(inputs.inputs["test"][:, :-1], 4 * plain.inputs["test"][:, :-1])
    assert (inputs.inputs["test"][:, -1] == 1).all()
    w, seeds = points(plain), np.array([0, 1, 2])
    scaled = network(hidden=(5,), loss_scale=4.0)
    for a, b in zip(plain.loss_and_grad(w, 0, seeds), scaled.loss_and_grad(w, 0, seeds)):
        np.testing.assert_allclose(4 * a, b, rtol=1e-13)
    ours, theirs = scaled.evaluate(w), plain.evaluate(w)
    np.testing.assert_allclose(ours["loss"] / theirs["loss"], 4, rtol=1e-13)
    assert (ours["accuracy"] == theirs["accuracy"]).all()


def test_shapes_and_repr():
    problem = digits(hidden=(32, 16), batch_size=None, activation="tanh", loss="squared_error")
    assert problem.n == 32 * 65 + 16 * 33 + 10 * 17 and problem.chance == 0.1
    shapes = [matrix.shape for matrix in problem.matrices(problem.start([0, 1]))]
    assert shapes == [(2, 32, 65), (2, 16, 33), (2, 10, 17)]
    text = f"64-32-16-10, tanh, squared_error, batch 1077 of 1077, {problem.n} weights"
    assert repr(problem) == f"<digits: MLP {text}>"
    assert digits().dtype == np.float32 and mnist1d().hidden == (64, 64)
    assert digits(hidden=()).n == 650


def test_standardised_inputs_have_the_training_part_s_mean_and_deviation():
    raw, ours = digits(split_seed=3), digits(split_seed=3, standardize=True, input_scale=2.0)
    train = raw.inputs["train"][:, :-1].astype(np.float64)
    varies = train.std(axis=0) > 0
    assert 0 < varies.sum() < 64  # some pixels are 0 in every image
    for name in PARTS:
        inputs = raw.inputs[name][:, :-1].astype(np.float64)[:, varies]
        expected = 2 * (inputs - train[:, varies].mean(axis=0)) / train[:, varies].std(axis=0)
        np.testing.assert_allclose(ours.inputs[name][:, :-1][:, varies], expected, atol=2e-5)
        assert not ours.inputs[name][:, :-1][:, ~varies].any()
        assert (ours.inputs[name][:, -1] == 1).all()
    few = mnist1d(samples=50, batch_size=10, standardize=True).inputs["train"][:, :-1]
    np.testing.assert_allclose(few.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(few.std(axis=0), 1, atol=1e-5)
