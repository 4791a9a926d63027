"""The data sets against their sources, the split, the wrong labels, and what is refused."""

import json
import pathlib

import numpy as np
import pytest

from course_lr import Quadratic, wells
from course_lr.problems.data import (
    Dataset,
    digits_data,
    mnist1d_data,
    split,
    wrong_labels,
)

REFERENCE = pathlib.Path(__file__).parents[1] / "data" / "mnist1d_reference.json"
CASES = json.loads(REFERENCE.read_text())["cases"]


def test_digits_are_scikit_learns():
    data = digits_data()
    assert data.inputs.shape == (1797, 64) and data.classes == 10
    assert data.inputs.min() == 0 and data.inputs.max() == 1
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert 16 * data.inputs[0].reshape(8, 8)[0] @ np.ones(8) == 28
    oracle = pytest.importorskip("sklearn.datasets").load_digits()
    assert np.array_equal(16 * data.inputs, oracle.data)
    assert np.array_equal(data.labels, oracle.target)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"seed{case['data_seed']}")
def test_mnist1d_has_the_stored_numbers(case):
    data = mnist1d_data(case["data_seed"], case["samples"])
    x, y = data.inputs, data.labels
    assert x.shape == (case["samples"], 40) and y[:30].tolist() == case["first_labels"]
    np.testing.assert_allclose(x[0], case["first_row"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(x[-1], case["last_row"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(x.mean(axis=0), case["place_means"], rtol=0, atol=1e-12)
    squares = [(x[y == c] ** 2).sum() for c in range(10)]
    np.testing.assert_allclose(squares, case["class_square_sums"], rtol=1e-12)
    weighted = (x.sum(axis=1) * np.linspace(-1, 1, len(x))).sum()
    assert weighted == pytest.approx(case["weighted_sum"], abs=1e-9)


def test_other_seeds_are_fresh_data_sets_and_each_is_made_once():
    first, second = mnist1d_data(0, 500), mnist1d_data(1, 500)
    assert not np.array_equal(first.labels, second.labels)
    assert not set(map(bytes, first.inputs)) & set(map(bytes, second.inputs))
    assert np.bincount(first.labels).tolist() == [50] * 10
    assert abs(first.inputs.mean()) < 1e-12 and first.inputs.std() == pytest.approx(1)
    assert mnist1d_data(np.int64(0), 500.0) is first
    mnist1d_data.__globals__["_mnist1d"].cache_clear()
    again = mnist1d_data(0, 500)
    assert again is not first and np.array_equal(again.inputs, first.inputs)


def test_numpys_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    mnist1d_data(11, 50)
    split(digits_data(), 3)
    wrong_labels(np.zeros(20, int), 0.5, 10)
    Quadratic([1.0], noise=1.0).loss_and_grad(np.ones((2, 1)), 0, np.arange(2))
    wells().start(3)
    assert np.array_equal(np.random.get_state()[1], before)


def test_data_can_not_be_overwritten_and_their_sources_and_licences_are_kept():
    root = pathlib.Path(__file__).parents[2]
    notice = (root / "NOTICE").read_text()
    for data in (digits_data(), mnist1d_data(5, 100)):
        for array in (data.inputs, data.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
        assert len(repr(data)) < 200 and data.name in repr(data)
        assert data.licence.split()[0] in notice
        assert data.source.split()[-1].split(":")[-1] in notice
    assert "Copyright 2020 Sam Greydanus" in notice
    assert "Apache License" in (root / "LICENSES" / "Apache-2.0.txt").read_text()


def small(**changes):
    good = {"name": "small", "inputs": np.arange(6).reshape(3, 2), "labels": [0, 1, 1]}
    return Dataset(**{**good, "classes": 2, **changes})


def test_a_data_set_of_ones_own_is_copied_and_converted():
    inputs = np.arange(6.0).reshape(3, 2)
    data = small(inputs=inputs)
    inputs[:] = 7
    assert data.inputs.dtype == np.float64 and data.labels.dtype == np.int64
    assert data.inputs.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_a_split_has_three_parts_that_share_nothing():
    for data, sizes in ((digits_data(), (1077, 360, 360)), (mnist1d_data(), (3000, 1000, 1000))):
        parts = split(data, split_seed=4)
        assert tuple(map(len, parts)) == sizes
        order = np.random.default_rng(4).permutation(len(data.labels))
        assert np.array_equal(np.concatenate(parts), order)
        assert not np.array_equal(parts.test, split(data, 5).test)


def test_exactly_the_share_of_the_labels_is_wrong():
    labels = digits_data().labels
    few, many = (wrong_labels(labels, share, 10, seed=2) for share in (0.1, 0.3))
    assert np.array_equal(few[few != labels], many[few != labels])
    for share in (0.0, 0.2, 1.0):
        wrong = wrong_labels(labels, share, 10, seed=3)
        assert (wrong != labels).sum() == round(share * len(labels)) and wrong is not labels
        assert np.array_equal(wrong, wrong_labels(labels, share, 10, seed=3))


def test_wrong_labels_are_uniform_over_the_other_classes_and_fixed_by_the_seed():
    labels = np.full(9000, 4)
    wrong = wrong_labels(labels, 1.0, 10, seed=0)
    counts = np.bincount(wrong, minlength=10)
    assert counts[4] == 0 and np.abs(np.delete(counts, 4) - 1000).max() < 4 * np.sqrt(1000)
    assert not np.array_equal(wrong, wrong_labels(labels, 1.0, 10, seed=1))
    places = np.flatnonzero(wrong_labels(np.zeros(1797, int), 0.2, 10, seed=0))
    train = split(digits_data(), 0).train  # whose order is another one
    assert len(np.intersect1d(places, train[: len(places)])) < 120


def mnist1d(*arguments):
    return lambda: mnist1d_data(*arguments)


def own(**changes):
    return lambda: small(**changes)


def wrong(*arguments):
    return lambda: wrong_labels(*arguments)


SHAPE = r"inputs must be finite numbers of shape \(samples, features\)"
FEW = Dataset("few", [[0.0], [1.0]], [0, 1], 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (mnist1d(-1), ValueError, "data_seed must be a whole number >= 0"),
        (mnist1d(2**32), ValueError, "data_seed must be a whole number below"),
        (mnist1d(0, 0), ValueError, "samples must be a whole number >= 10"),
        (mnist1d(0, 15), ValueError, "samples must be a multiple of 10"),
        (mnist1d("42"), TypeError, "data_seed must be a whole number"),
        (mnist1d(0, "all"), TypeError, "samples must be a whole number"),
        (own(inputs=[1, 2, 3]), ValueError, SHAPE),
        (own(inputs=[[np.nan, 1]] * 3), ValueError, SHAPE),
        (own(inputs=np.zeros((0, 2)), labels=[]), ValueError, SHAPE),
        (own(labels=[0, 1]), ValueError, "labels must be one an input, got 2 for 3"),
        (own(labels=[0, 1, 2]), ValueError, "labels must be classes from 0 to 1"),
        (own(labels=[0, 1, -1]), ValueError, "labels must be classes from 0 to 1"),
        (own(classes=1), ValueError, "classes must be a whole number >= 2"),
        (own(inputs=[["a", "b"]] * 3), TypeError, "inputs must be"),
        (own(inputs=np.ones((3, 2)) * 1j), TypeError, "inputs must be"),
        (own(labels=[0.0, 1, 1]), TypeError, "labels must be"),
        (lambda: split(FEW), ValueError, "dataset must be a data set of 3 examples or more"),
        (lambda: split(digits_data(), -1), ValueError, "split_seed must be a whole number"),
        (wrong([0, 1], 20, 2), ValueError, "share must be a fraction.*did you mean 0.2"),
        (wrong([0, 1], [0.1, 0.2], 2), ValueError, "share must be a single number"),
        (wrong([0, 1], 0.5, 1), ValueError, "classes must be a whole number >= 2"),
        (wrong([0, 2], 0.5, 2), ValueError, "labels must be classes from 0 to 1"),
        (wrong([0, 1], 0.5, 2, -1), ValueError, "seed must be a whole number"),
        (wrong([0.0, 1.0], 0.5, 2), TypeError, "labels must be a one-dimensional array of whole"),
        (wrong([[0, 1]], 0.5, 2), TypeError, "labels must be a one-dimensional array of whole"),
        (wrong([0, 1], "half", 2), TypeError, "share must be a fraction"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
