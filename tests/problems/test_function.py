"""The user's own function: what comes through, what is converted, what is refused."""

import numpy as np
import pytest

from course_lr import Function, Quadratic, train

W = np.arange(8.0).reshape(4, 2)
LOSS, SLOPE = np.zeros(4), np.zeros((4, 2))


def bowl(w, step):
    return 0.5 * (w**2).sum(axis=-1), w


def returning(result):
    return Function(lambda w, step: result, start=[0.0, 0.0])


def test_it_is_called_with_rows_and_the_step_and_can_not_reach_the_weights():
    seen = []

    def greedy(w, step):
        seen.append((w.copy(), step))
        loss = w.sum(axis=-1)
        w[...] = 0
        return loss, w

    w = W.copy()
    loss, gradient = Function(greedy, [0, 0]).loss_and_grad(w, 7, np.arange(4))
    assert seen[0][1] == 7 and np.array_equal(seen[0][0], W)
    gradient += 1
    assert np.array_equal(w, W) and np.array_equal(loss, W.sum(axis=-1))


def test_it_trains_like_the_problem_it_copies():
    start, rates = [3.0, -4.0], [0.1, 0.5, 2.5]
    mine = train(Function(bowl, start), rates, steps=20, seeds=2)
    ours = train(Quadratic((1, 1)), rates, steps=20, seeds=2, start=start)
    np.testing.assert_allclose(mine.loss, ours.loss, rtol=1e-12)


def test_whole_numbers_lists_and_single_precision_become_float64():
    for loss, gradient in (
        (np.arange(4), np.ones((4, 2), int)),
        ([1, 2, 3, 4], [[1, 2]] * 4),
        (np.float32(LOSS), np.float32(SLOPE)),
    ):
        values = returning((loss, gradient)).loss_and_grad(W, 0)
        assert values[0].dtype == values[1].dtype == np.float64
        np.testing.assert_array_equal(values[0], loss)


def test_a_loss_that_is_not_finite_and_what_the_function_raises_come_through():
    loss, _ = returning(([np.nan, np.inf, 0, 0], SLOPE)).loss_and_grad(W, 0)
    assert np.isnan(loss[0]) and np.isinf(loss[1])
    with pytest.raises(ZeroDivisionError):
        Function(lambda w, step: 1 / 0, [0.0]).loss_and_grad(np.zeros((1, 1)), 0)


NOT_REAL = (LOSS + 0j, ["a"] * 4, [None] * 4, LOSS > 1)
PAIR = r"must be a tuple \(loss, gradient\), got"


@pytest.mark.parametrize(
    ("error", "message", "results"),
    [
        (
            ValueError,
            r"loss.*shape \(4,\).*4 runs of 2.*got shape \(",
            [(0.0, SLOPE), (LOSS[:3], SLOPE), (LOSS[:, None], SLOPE)],
        ),
        (
            ValueError,
            r"gradient.*shape \(4, 2\).*4 runs of 2.*got shape",
            [(LOSS, slope) for slope in (SLOPE[:1], SLOPE.T, SLOPE[:, :1], np.zeros(2), 0.0)],
        ),
        (TypeError, PAIR, [LOSS, np.zeros((2, 4)), "loss", 1.0, (LOSS,), [LOSS] * 3]),
        (TypeError, "is a return missing.*got None", [None]),
        (TypeError, "the loss that .* must be real numbers", [(bad, SLOPE) for bad in NOT_REAL]),
        (
            TypeError,
            "the gradient that .* must be real numbers",
            [(LOSS, np.stack([bad, bad], axis=-1)) for bad in NOT_REAL],
        ),
    ],
)
def test_a_wrong_result_is_refused_with_the_run_count(error, message, results):
    for result in results:
        with pytest.raises(error, match=message):
            returning(result).loss_and_grad(W, 0)


def test_a_start_is_a_point_that_is_copied_or_a_function_of_the_seeds():
    point = np.array([1.0, 2.0])
    problem = Function(bowl, point)
    point[:] = 9
    problem.start(1)[:] = 7
    assert problem.start([4, 5, 6]).tolist() == [[1, 2]] * 3
    start = Function(bowl, lambda seeds: np.stack([seeds, seeds + 1], axis=-1)).start([4, 9])
    assert start.tolist() == [[4, 5], [9, 10]] and start.dtype == np.float64


POINT = r"start must be finite numbers of shape \(n,\)"
ROWS = r"must return shape \(2, n\) for 2 seeds"


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        *((start, ValueError, POINT) for start in ([], 1.0, [[1, 2]], [np.nan], [np.inf])),
        *((start, TypeError, "start must be") for start in ("origin", ["1"], [1j], None)),
        (lambda seeds: np.zeros(2), ValueError, ROWS),
        (lambda seeds: np.zeros((3, 2)), ValueError, ROWS),
        (lambda seeds: np.zeros((2, 0)), ValueError, ROWS),
        (lambda seeds: np.full((2, 1), np.nan), ValueError, "finite"),
        (lambda seeds: None, TypeError, "real numbers"),
    ],
)
def test_a_start_that_is_none_is_refused(start, error, message):
    with pytest.raises(error, match=message):
        Function(bowl, start).start([0, 1])


def test_what_can_not_be_called_and_seeds_given_as_floats_are_refused():
    with pytest.raises(TypeError, match=r"loss_and_grad must be a function of \(w, step\)"):
        Function(3.0, [0.0])
    with pytest.raises(TypeError, match="seeds"):
        Function(bowl, [0.0]).start([0.5])
    assert repr(Function(bowl, [0.0])) == "<Function bowl>"
