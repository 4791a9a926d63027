"""Gradient noise: a pure function of seed and step, of the right size, independent."""

import numpy as np
import pytest

from course_lr import Quadratic, Ripples, Saddle, wells
from course_lr.problems.noise import Noise, _chunk

NOISY = [
    Quadratic([1.0], noise=0.5),
    Quadratic(np.ones(40), noise=0.5),
    *(kind(noise=0.5) for kind in (Saddle, Ripples, wells)),
]
every_problem = pytest.mark.parametrize("problem", NOISY, ids=lambda p: f"{type(p).__name__}{p.n}")


@every_problem
def test_noise_is_in_the_gradient_and_not_in_the_loss(problem):
    w = problem.start(np.arange(6))
    loss, gradient = problem.loss_and_grad(w, 5, np.arange(6))
    assert np.array_equal(loss, problem.loss(w))
    expected = 0.5 * Noise(np.arange(6), problem.n).at(5, 6)
    np.testing.assert_allclose(gradient - problem.gradient(w), expected, atol=1e-13)
    with pytest.raises(ValueError, match="one a row of w: 2 for 6 rows"):
        problem.loss_and_grad(w, 0, np.arange(2))


@every_problem
def test_kept_chunks_alone_in_a_crowd_and_in_any_order_give_the_same_bits(problem):
    seeds = np.array([4, 0, 9, 4, 2**40])
    w = problem.start(seeds)
    bound = problem.bind(seeds)
    alone = [problem.bind(seeds[[row]]) for row in range(5)]
    for step in (0, 1, 255, 256, 257, 5000, 3, 0):
        _, crowd = bound(w, step)
        assert np.array_equal(crowd, problem.loss_and_grad(w, step, seeds)[1])
        for row in range(5):
            assert np.array_equal(crowd[row], alone[row](w[[row]], step)[1][0])


def test_numbers_that_are_kept_no_longer_are_the_same_when_drawn_again():
    first = Noise(np.array([7, 3, 7]), n=2).at(5, rows=3).copy()
    _chunk.cache_clear()
    assert np.array_equal(Noise(np.array([7, 3, 7]), n=2).at(5, rows=3), first)
    assert np.array_equal(first[0], first[2]) and (first[0] != first[1]).all()
    long = Noise(np.arange(3), n=10_000)
    assert long.at(7, 3).shape == (3, 10_000) and long.shape[0] == 1


def test_the_numbers_are_standard_normal_and_independent():
    noise = Noise(np.arange(400), n=2)
    values = np.stack([noise.at(step, 400) for step in range(600)])
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert abs(values.var() - 1) < 4 * np.sqrt(2 / values.size)
    assert abs((values**4).mean() - 3) < 4 * np.sqrt(96 / values.size)
    limit = 5 / np.sqrt(values.size / 2)
    assert abs((values[..., 0] * values[..., 1]).mean()) < limit  # coordinates
    assert abs((values[1:] * values[:-1]).mean()) < limit  # steps
    assert abs((values[256:] * values[:-256]).mean()) < limit  # chunks
    assert abs((values[:, 1:] * values[:, :-1]).mean()) < limit  # seeds


def test_noise_does_not_depend_on_the_drawn_starts():
    seeds = np.arange(4000)
    start, noise = wells().start(seeds), Noise(seeds, n=2).at(0, 4000)
    for values in (noise, np.abs(noise)):  # one stream for both would show in the sizes
        assert np.abs(np.corrcoef(start.T, values.T)[:2, 2:]).max() < 4 / np.sqrt(4000)


def test_the_noise_floor_is_the_predicted_one():
    problem, eta, runs = Quadratic([1.0], noise=1.0), 0.3, 400
    w, gradient = np.full((runs, 1), 10.0), problem.bind(np.arange(runs))
    losses = []
    for step in range(600):
        loss, slope = gradient(w, step)
        losses.append(loss)
        w = w - eta * slope
    floor = np.mean(losses[200:])
    assert abs(floor / (eta / (2 * (2 - eta))) - 1) < 0.02
