"""A multilayer perceptron on real data, every run a row.

Weights of one layer are a matrix of shape ``(out, in + 1)`` whose last column is the bias: the
inputs carry a row of ones, so that the biases' gradients come out of the matrix product. A row of
``w`` is these matrices, flattened, one after the other. Examples lie along the last axis,
``(rows, classes, batch)``, so that maxima and sums over classes run over whole rows.
"""

from functools import lru_cache

import numpy as np

from course_lr import checks
from course_lr.problems.base import Gradient, Problem
from course_lr.problems.data import Dataset, digits_data, mnist1d_data, split, wrong_labels
from course_lr.problems.fused_backprop import FusedBackprop

SPLITS = ("train", "validation", "test")


@lru_cache(maxsize=1024)
def order(samples: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which ``seed`` visits the examples in ``epoch``: a permutation, read-only."""
    permutation = np.random.default_rng([seed, 1, epoch]).permutation(samples)
    permutation.flags.writeable = False
    return permutation


def swap(a: np.ndarray) -> np.ndarray:
    """Transpose the last two axes."""
    return a.swapaxes(-1, -2)


class MLP(Problem):
    """Mini-batch training of a network of fully connected layers.

    Args:
        data: the inputs and labels, split by ``split_seed`` into train, validation and test.
        hidden: widths of the hidden layers, each >= 1; ``()`` is a linear classifier.
        batch_size: examples a step, at most the training set; ``None`` is the full batch.
        activation: ``"relu"`` or ``"tanh"``.
        loss: ``"cross_entropy"``, or ``"squared_error"`` (half the squared distance from the
            one-hot label); both are means over the batch.
        init_gain: > 0, multiplies the start's weights: normal with variance 2/in for ReLU
            (He et al. 2015) and 1/in for tanh (LeCun et al. 1998); biases start at 0.
        label_noise: share of the training labels that are wrong, 0 to 1.
        samples: how many training examples are used; ``None`` is all of them.
        input_scale, loss_scale: > 0, multiply the inputs and the loss (other units).
        split_seed: which split into train, validation and test, and which labels are wrong.
        dtype: ``"float32"`` or ``"float64"``.
        standardize: whether each input gets the mean 0 and the deviation 1 of the training examples
            (an input that does not vary among them becomes 0), before ``input_scale``.

    Raises:
        ValueError, TypeError: naming the argument, its value and what is accepted.

    >>> network = MLP(digits_data(), hidden=(16,), batch_size=128)
    >>> network.n, network.steps_per_epoch  # 16 · (64 + 1) + 10 · (16 + 1) weights
    (1210, 8)
    >>> w = network.start([0, 1])
    >>> w.shape, {name: values.shape for name, values in network.evaluate(w, "test").items()}
    ((2, 1210), {'loss': (2,), 'accuracy': (2,)})
    """

    def __init__(
        self,
        data: Dataset,
        hidden=(32,),
        batch_size=64,
        activation="relu",
        loss="cross_entropy",
        init_gain=1.0,
        label_noise=0.0,
        samples=None,
        input_scale=1.0,
        loss_scale=1.0,
        split_seed=0,
        dtype="float32",
        standardize=False,
    ):
        self.data = data
        self.hidden = checks.widths("hidden", hidden)
        self.activation = checks.one_of("activation", activation, ("relu", "tanh"))
        self.loss = checks.one_of("loss", loss, ("cross_entropy", "squared_error"))
        self.init_gain = checks.single("init_gain", checks.positive("init_gain", init_gain))
        self.loss_scale = checks.single("loss_scale", checks.positive("loss_scale", loss_scale))
        self.dtype = np.dtype(checks.one_of("dtype", dtype, ("float32", "float64")))
        scale = checks.single("input_scale", checks.positive("input_scale", input_scale))
        noise = checks.single("label_noise", checks.fraction("label_noise", label_noise))
        if not isinstance(standardize, (bool, np.bool_)):
            checks.refuse("standardize", standardize, "True or False", TypeError)
        self.standardize = bool(standardize)
        self._load(scale, noise, samples, checks.whole("split_seed", split_seed))
        self.batch_size = self._batch_size(batch_size)
        self.steps_per_epoch = self.samples // self.batch_size
        widths = (data.inputs.shape[1], *self.hidden, data.classes)
        self.shapes = [(after, before + 1) for before, after in zip(widths, widths[1:])]
        self.n = sum(rows * columns for rows, columns in self.shapes)
        self.chance = 1.0 / data.classes

    def _load(self, scale, noise, samples, split_seed):
        """Inputs with a last column of ones and one-hot labels, by split."""
        parts = dict(zip(SPLITS, split(self.data, split_seed)))
        limit = len(parts["train"])
        self.samples = limit if samples is None else checks.whole("samples", samples, 1)
        if self.samples > limit:
            checks.refuse("samples", samples, f"at most {limit}, the size of the training set")
        parts["train"] = parts["train"][: self.samples]
        data = scale * (self._standard(parts["train"]) if self.standardize else self.data.inputs)
        self.inputs, self.targets, self.labels = {}, {}, {}
        for name, index in parts.items():
            labels = self.data.labels[index]
            if name == "train":
                labels = wrong_labels(labels, noise, self.data.classes, split_seed)
            inputs = np.hstack([data[index], np.ones((len(index), 1))])
            self.inputs[name] = inputs.astype(self.dtype)
            self.targets[name] = np.eye(self.data.classes, dtype=self.dtype)[labels]
            self.labels[name] = labels

    def _standard(self, train: np.ndarray) -> np.ndarray:
        """All inputs, each less the mean of these examples and over their deviation, if any."""
        known = self.data.inputs[train]
        mean, spread = known.mean(axis=0), known.std(axis=0)
        return (self.data.inputs - mean) / np.where(spread > 0, spread, np.inf)

    def _batch_size(self, batch_size) -> int:
        if batch_size is None:
            return self.samples
        size = checks.whole("batch_size", batch_size, 1)
        if size > self.samples:
            checks.refuse("batch_size", batch_size, f"at most {self.samples} training examples")
        return size

    def __repr__(self) -> str:
        return (
            f"<{self.data.name}: MLP {'-'.join(str(s[1] - 1) for s in self.shapes)}"
            f"-{self.data.classes}, {self.activation}, {self.loss}, batch {self.batch_size} of "
            f"{self.samples}, {self.n} weights>"
        )

    def _rows(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        if w.ndim != 2 or w.shape[1] != self.n:
            raise ValueError(f"w must have shape (rows, {self.n}), got {w.shape}")
        return w

    def matrices(self, w: np.ndarray) -> list[np.ndarray]:
        """Views of ``w`` (rows, n), one a layer, of shape ``(rows, out, in + 1)``."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        parts = np.split(w, ends[:-1], axis=1)
        return [p.reshape(len(w), *shape) for p, shape in zip(parts, self.shapes)]

    def start(self, seeds: np.ndarray) -> np.ndarray:
        """Random weights ``(rows, n)``, one row a seed; the same seed gives the same row."""
        gain = self.init_gain * np.sqrt(2.0 if self.activation == "relu" else 1.0)
        w = np.zeros((len(seeds), self.n))
        for row, seed in enumerate(seeds):
            rng = np.random.default_rng([int(seed), 0])
            for matrix in self.matrices(w[row : row + 1]):
                shape = matrix[0, :, :-1].shape
                matrix[0, :, :-1] = rng.normal(0.0, gain / np.sqrt(shape[1]), shape)
        return w.astype(self.dtype)

    def batch(self, step: int, seed: int) -> np.ndarray:
        """Which training examples ``seed`` sees at ``step``: ``(batch_size,)`` indices.

        Each epoch visits the examples in a new order; a short last batch is dropped. The full
        batch is always in the order of the data.
        """
        if self.batch_size == self.samples:
            return np.arange(self.samples)
        epoch, number = divmod(step, self.steps_per_epoch)
        begin = number * self.batch_size
        return order(self.samples, int(seed), epoch)[begin : begin + self.batch_size]

    def act(self, z: np.ndarray) -> np.ndarray:
        """The activation of ``z``."""
        return np.maximum(z, 0) if self.activation == "relu" else np.tanh(z)

    def slope(self, a: np.ndarray) -> np.ndarray:
        """The activation's derivative, written in terms of its value ``a``."""
        return (a > 0).astype(a.dtype) if self.activation == "relu" else 1 - a * a

    def forward(self, matrices, x: np.ndarray) -> list[np.ndarray]:
        """The layers' values with their row of ones, and last the logits ``(rows, classes, N)``."""
        values = [x]
        for matrix in matrices[:-1]:
            a = self.act(matrix @ values[-1])
            values.append(np.concatenate([a, np.ones_like(a[:, :1])], axis=1))
        return [*values, matrices[-1] @ values[-1]]

    def head(self, z: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean loss ``(rows,)`` of logits ``(rows, classes, N)``, and its derivative by them."""
        share = self.loss_scale / z.shape[2]
        if self.loss == "squared_error":
            error = z - target
            return share / 2 * np.sum(error * error, axis=(1, 2)), share * error
        z = z - z.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = np.log(total).sum(axis=(1, 2)) - (z * target).sum(axis=(1, 2))
        return share * loss, share * (e / total - target)

    def loss_and_grad(
        self, w: np.ndarray, step: int, seeds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Back-propagation in its plain form (Rumelhart, Hinton & Williams 1986).

        The training loop uses :class:`~course_lr.problems.fused_backprop.FusedBackprop`, the same
        arithmetic with buffers that are kept; a test holds the two together.
        """
        w, index = self._rows(w), np.array([self.batch(step, seed) for seed in seeds])
        x, target = self.inputs["train"][index], self.targets["train"][index]
        matrices, gradient = self.matrices(w), np.empty_like(w)
        values = self.forward(matrices, swap(x))
        loss, dz = self.head(values.pop(), swap(target))
        for matrix, into in zip(matrices[::-1], self.matrices(gradient)[::-1]):
            a = values.pop()
            into[...] = dz @ swap(a)
            if values:
                dz = (swap(matrix[:, :, :-1]) @ dz) * self.slope(a[:, :-1])
        return loss, gradient

    def bind(self, seeds: np.ndarray) -> Gradient:
        """The fast form of :meth:`loss_and_grad` for rows with these seeds."""
        return FusedBackprop(self, seeds)

    def evaluate(self, w: np.ndarray, split: str = "validation") -> dict[str, np.ndarray]:
        """Loss and accuracy ``(rows,)`` of ``w`` on all examples of a split, without batches."""
        x, target = self.inputs[checks.one_of("split", split, SPLITS)], self.targets[split]
        w = self._rows(w)
        at_once = max(1, 4_000_000 // (len(x) * max(rows for rows, _ in self.shapes)))
        loss, accuracy = np.empty(len(w)), np.empty(len(w))
        for begin in range(0, len(w), at_once):
            part = slice(begin, begin + at_once)
            z = self.forward(self.matrices(w[part]), x.T[None])[-1]
            loss[part] = self.head(z, target.T)[0]
            accuracy[part] = np.mean(z.argmax(axis=1) == self.labels[split], axis=1)
        return {"loss": loss, "accuracy": accuracy}

    def hvp(self, w: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The Hessian of the whole training set's loss times ``v``, both ``(rows, n)``, exactly.

        Differentiates back-propagation along ``v`` (Pearlmutter 1994) in float64; with ReLU it
        is the Hessian of the piece that ``w`` lies in.
        """
        w, v = (self._rows(a).astype(np.float64) for a in (w, v))
        x = self.inputs["train"].astype(np.float64).T[None]
        result = np.empty_like(w)
        for row in range(len(w)):  # one at a time: the whole training set is in play
            part = slice(row, row + 1)
            self._hvp(self.matrices(w[part]), self.matrices(v[part]), x, result[part])
        return result

    def _hvp(self, matrices, directions, x, result):
        """One row of :meth:`hvp`; ``r_…`` is the derivative of ``…`` along the direction."""
        *values, z = self.forward(matrices, x)
        r_values, r_zs = [np.zeros_like(x[:, :-1])], []
        for matrix, direction, a, after in zip(matrices, directions, values, [*values[1:], None]):
            r_zs.append(direction @ a + matrix[:, :, :-1] @ r_values[-1])
            if after is not None:
                r_values.append(self.slope(after[:, :-1]) * r_zs[-1])
        dz = self.head(z, self.targets["train"].T)[1]
        r_dz = self._head_change(z, r_zs.pop())
        into = self.matrices(result)
        for layer in reversed(range(len(matrices))):
            into[layer][...] = r_dz @ swap(values[layer])
            into[layer][:, :, :-1] += dz @ swap(r_values[layer])
            if layer:
                weights, direction = matrices[layer][:, :, :-1], directions[layer][:, :, :-1]
                a, da = values[layer][:, :-1], swap(weights) @ dz
                r_da = swap(direction) @ dz + swap(weights) @ r_dz
                slope = self.slope(a)
                bend = 0.0 if self.activation == "relu" else -2 * a * slope
                dz, r_dz = slope * da, slope * r_da + bend * r_zs.pop() * da

    def _head_change(self, z, r_z):
        """The derivative of the head's ``dz`` when the logits change along ``r_z``."""
        share = self.loss_scale / z.shape[2]
        if self.loss == "squared_error":
            return share * r_z
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return share * p * (r_z - (p * r_z).sum(axis=1, keepdims=True))


def digits(hidden=(32,), batch_size=64, **settings) -> MLP:
    """The 1,797 handwritten digits of UCI (8 x 8 pixels, here 0 … 1), split 1077 / 360 / 360.

    Args:
        hidden: widths of the hidden layers.
        batch_size: examples a step; ``None`` for the full batch.
        settings: further arguments of :class:`MLP`, by name.

    >>> digits()
    <digits: MLP 64-32-10, relu, cross_entropy, batch 64 of 1077, 2410 weights>
    >>> digits().steps_per_epoch
    16
    """
    return MLP(digits_data(), hidden, batch_size, **settings)


def mnist1d(hidden=(64, 64), batch_size=64, data_seed=42, **settings) -> MLP:
    """MNIST-1D (Greydanus 2020): 40 numbers an example, 10 classes, split 3000 / 1000 / 1000.

    Args:
        hidden: widths of the hidden layers.
        batch_size: examples a step; ``None`` for the full batch.
        data_seed: 42 gives the published data set, any other a fresh one.
        settings: further arguments of :class:`MLP`, by name.

    >>> mnist1d().steps_per_epoch
    46
    """
    return MLP(mnist1d_data(checks.whole("data_seed", data_seed)), hidden, batch_size, **settings)
