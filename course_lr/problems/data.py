"""The two data sets: handwritten digits, shipped as a file, and MNIST-1D, made by a recipe."""

import dataclasses
import functools
import os
from typing import NamedTuple

import numpy as np

from course_lr import checks


def _class_labels(labels: object, classes: int) -> np.ndarray:
    """A copy of ``labels`` as int64, refused where they are not classes 0 … ``classes`` − 1."""
    numbers = np.array(labels)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        checks.refuse("labels", labels, "a one-dimensional array of whole numbers", TypeError)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < classes):
        checks.refuse("labels", labels, f"classes from 0 to {classes - 1}")
    return numbers.astype(np.int64)


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled examples, copied into arrays that can't be written to.

    Attributes:
        name: what the data set is called.
        inputs: ``(samples, features)``, finite, float64.
        labels: ``(samples,)``, whole numbers from 0 to ``classes`` − 1.
        classes: how many classes there are, at least 2.
        source, licence: where the data come from, and on what terms.

    >>> Dataset("coins", [[0.1], [0.9]], [0, 1], classes=2)
    Dataset(name='coins', classes=2, source='', licence='')
    """

    name: str
    inputs: np.ndarray = dataclasses.field(repr=False)
    labels: np.ndarray = dataclasses.field(repr=False)
    classes: int
    source: str = ""
    licence: str = ""

    def __post_init__(self):
        inputs = checks.array("inputs", self.inputs)
        if inputs.ndim != 2 or inputs.size == 0 or not np.all(np.isfinite(inputs)):
            checks.refuse("inputs", self.inputs, "finite numbers of shape (samples, features)")
        classes = checks.whole("classes", self.classes, 2)
        labels = _class_labels(self.labels, classes)
        if len(labels) != len(inputs):
            raise ValueError(f"labels must be one an input, got {len(labels)} for {len(inputs)}")
        for name, values in (("inputs", inputs), ("labels", labels)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        object.__setattr__(self, "classes", classes)


@functools.cache
def digits_data() -> Dataset:
    """The 1,797 handwritten digits of UCI: 8 × 8 pixels, 0 (white) to 1 in sixteenths.

    Inputs times 16 and labels are those of scikit-learn's ``load_digits``, in the same order.
    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository 1998, doi:10.24432/C50P49, the test set; CC BY 4.0.

    >>> digits_data().inputs.shape
    (1797, 64)
    """
    shipped = os.path.join(os.path.dirname(__file__), "digits.npz")
    with np.load(shipped, allow_pickle=False) as file:
        pixels, labels = file["pixels"], file["labels"]
    source = "UCI Optical Recognition of Handwritten Digits, doi:10.24432/C50P49"
    return Dataset("digits", pixels / 16.0, labels, 10, source, "CC BY 4.0")


# Templates and recipe of MNIST-1D: Copyright 2020 Sam Greydanus, Apache License 2.0 (see NOTICE and
# LICENSES/Apache-2.0.txt), https://github.com/greydanus/mnist1d; the code here is our own.
TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
LONG, SHORT = 72, 40  # points of a signal while it is made, and at the end


def mnist1d_data(data_seed: int = 42, samples: int = 5000) -> Dataset:
    """MNIST-1D: signals of 40 points, each one of ten templates, distorted at random.

    Seed 42 with 5,000 samples is the published data set, to 1e-12 and in its order (its training
    part first); every other seed is a fresh data set of the same kind. Inputs have mean 0 and
    standard deviation 1 over the whole set. ``samples`` is a multiple of 10, ``data_seed`` a whole
    number below 2**32.
    Source: Greydanus, "Scaling down deep learning", arXiv:2011.14439 (2020); Apache License 2.0.

    >>> mnist1d_data().inputs.shape
    (5000, 40)
    """
    data_seed, samples = checks.whole("data_seed", data_seed), checks.whole("samples", samples, 10)
    if data_seed >= 2**32:
        checks.refuse("data_seed", data_seed, "a whole number below 2**32")
    if samples % 10:
        checks.refuse("samples", samples, "a multiple of 10, as there are 10 classes")
    return _mnist1d(data_seed, samples)


@functools.lru_cache(maxsize=32)
def _mnist1d(data_seed: int, samples: int) -> Dataset:
    rng = np.random.RandomState(data_seed)  # the generator that the published set was drawn with
    labels = np.repeat(np.arange(10), samples // 10)
    templates = np.array(TEMPLATES)
    templates = templates - templates.mean(1, keepdims=True)
    templates = templates / templates.std(1, keepdims=True)
    templates = (templates - templates[:, :1]) / 6
    inputs = _distorted(templates[labels], rng)
    order = rng.permutation(samples)
    inputs = inputs[order]
    inputs = (inputs - inputs.mean()) / inputs.std()
    source = "MNIST-1D, Greydanus 2020, arXiv:2011.14439"
    return Dataset("mnist1d", inputs, labels[order], 10, source, "Apache License 2.0")


def _distorted(templates: np.ndarray, rng: "np.random.RandomState") -> np.ndarray:
    """Each template padded, stretched, scaled, shifted, noised, sheared, and read at 40 places."""
    draws = [
        (rng.rand(), rng.rand(), rng.randint(48), rng.randn(LONG), rng.randn(LONG), rng.rand())
        for _ in templates
    ]
    padding, scale, shift, wave, rough, shear = map(np.array, zip(*draws, strict=True))
    grid = np.linspace(0, 1, LONG)
    signals = np.zeros((len(templates), LONG))
    for signal, template, extra in zip(signals, templates, padding, strict=True):
        padded = np.concatenate([template + 1e-8, np.zeros(36 + int(25 * extra))])
        signal[:] = np.interp(grid, np.linspace(0, 1, len(padded)), padded)
    signals *= 1 + 0.4 * (scale[:, None] - 0.5)
    signals = np.take_along_axis(signals, (np.arange(LONG) - shift[:, None]) % LONG, axis=1)
    signals = np.where(signals != 0, signals, _smoothed(0.25 * wave)) + 0.02 * rough
    signals -= 0.75 * (shear[:, None] - 0.5) * np.linspace(-0.5, 0.5, LONG)
    places = np.linspace(0, 1, SHORT)
    return np.array([np.interp(places, grid, signal) for signal in signals])


def _smoothed(signals: np.ndarray) -> np.ndarray:
    """Each row smoothed by a Gaussian of width 2, cut at 8 points, mirrored at its ends."""
    kernel = np.exp(-(np.arange(-8, 9) ** 2) / 8)
    wide = np.pad(signals, ((0, 0), (8, 8)), mode="symmetric")
    return sum(k * wide[:, i : i + LONG] for i, k in enumerate(kernel / kernel.sum()))


class Split(NamedTuple):
    """Which examples belong to which part: arrays of indices that share none."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(dataset: Dataset, split_seed: int = 0) -> Split:
    """Cut a seeded permutation of the examples into training, validation and test set.

    A fifth, rounded up to whole examples, is for validation, as many are for the test and the rest
    for training (digits 1077 / 360 / 360, MNIST-1D 3000 / 1000 / 1000). The permutation is
    ``default_rng(split_seed).permutation(samples)``, training set first.

    >>> [len(part) for part in split(digits_data())]
    [1077, 360, 360]
    """
    split_seed, samples = checks.whole("split_seed", split_seed), len(dataset.labels)
    if samples < 3:
        checks.refuse("dataset", dataset, "a data set of 3 examples or more")
    held_out = -(-samples // 5)
    order = np.random.default_rng(split_seed).permutation(samples)
    return Split(*np.split(order, [samples - 2 * held_out, samples - held_out]))


def wrong_labels(labels: np.ndarray, share: float, classes: int, seed: int = 0) -> np.ndarray:
    """A copy of ``labels`` in which a share of them is replaced by another class.

    Exactly ``round(share * len(labels))`` labels are wrong, each uniformly one of the other
    classes. A larger share with the same seed keeps the wrong labels of the smaller one.

    >>> int((wrong_labels(np.zeros(50, int), 0.2, classes=10) != 0).sum())
    10
    """
    share = checks.single("share", checks.fraction("share", share))
    classes, seed = checks.whole("classes", classes, 2), checks.whole("seed", seed)
    labels = _class_labels(labels, classes)
    rng = np.random.default_rng([1, seed])
    which = rng.permutation(len(labels))[: round(share * len(labels))]
    shift = rng.integers(1, classes, size=len(which))
    labels[which] = (labels[which] + shift) % classes
    return labels
