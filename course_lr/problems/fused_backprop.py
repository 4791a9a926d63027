"""The fast face of back-propagation: the arithmetic of ``MLP.loss_and_grad``, in kept buffers.

Nothing here is new: each line of :meth:`~course_lr.problems.network.MLP.loss_and_grad` appears
again, writing into an array made once. Every product is one stacked ``matmul`` with a matrix a row,
and no sum spans rows, so a row's numbers do not depend on its neighbours.
"""

import numpy as np

MOST_AHEAD = 2**20
"""Numbers of the inputs that are gathered ahead, at most (one step's batch always is)."""


class FusedBackprop:
    """``(w, step) -> (loss, gradient)`` for rows with given seeds; the arrays are reused.

    Args:
        mlp: the network. What is read of it: its sizes (``shapes``, ``hidden``, ``n``, ``samples``,
            ``batch_size``), its training ``inputs`` and ``targets``, how it cuts weights into
            ``matrices`` and examples into a ``batch``, ``activation``, ``loss`` and ``loss_scale``.
        seeds: ``(rows,)``. Where all are equal the batch is gathered once for all rows.
    """

    def __init__(self, mlp, seeds: np.ndarray):
        self.mlp, self.w = mlp, None
        self.full = mlp.batch_size == mlp.samples
        rows = np.zeros_like(seeds) if self.full else np.asarray(seeds)
        self.seeds, self.of_row = np.unique(rows, return_inverse=True)
        rows, batch, dtype = len(seeds), mlp.batch_size, mlp.dtype
        size = len(self.seeds) * batch * mlp.shapes[0][1]
        self.steps_ahead = max(1, min(16, MOST_AHEAD // max(1, size)))
        self.first, self.ahead = 0, ((),)
        self.share = dtype.type(mlp.loss_scale / batch)

        def buffer(*shape):
            return np.empty((rows, *shape), dtype)

        self.gradient = buffer(mlp.n)
        self.into = mlp.matrices(self.gradient)
        self.a = [np.ones((rows, width + 1, batch), dtype) for width in mlp.hidden]
        self.da = [buffer(width, batch) for width in mlp.hidden]
        self.slope = [buffer(width, batch) for width in mlp.hidden]
        self.z, self.work = (buffer(mlp.shapes[-1][0], batch) for _ in range(2))
        self.line = buffer(1, batch)

    def __call__(self, w: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Loss ``(rows,)`` and gradient ``(rows, n)``; overwritten by the next call."""
        if w is not self.w:
            self.w, self.matrices = w, self.mlp.matrices(w)
        self._gather(step)
        below = self.below
        for matrix, a, slope in zip(self.matrices, self.a, self.slope):
            z = a[:, :-1]
            np.matmul(matrix, below, out=z)
            if self.mlp.activation == "relu":
                np.greater(z, 0, out=slope, casting="unsafe")
                np.multiply(z, slope, out=z)
            else:
                np.tanh(z, out=z)
                np.multiply(z, z, out=slope)
                np.subtract(1, slope, out=slope)
            below = a
        np.matmul(self.matrices[-1], below, out=self.z)
        loss = self._squared_error() if self.mlp.loss == "squared_error" else self._cross_entropy()
        self._back()
        return loss, self.gradient

    def _gather(self, step: int) -> None:
        """The batch: ``x`` (…, batch, in + 1), the same transposed, targets (…, classes, batch)."""
        if self.full:
            step = 0
        if not self.first <= step < self.first + len(self.ahead[0]):
            self._read_ahead(step)
        arrays = (a[step - self.first] for a in self.ahead)
        if len(self.seeds) > 1:  # a copy for each row; a single batch is shared as it is
            arrays = (a[self.of_row] for a in arrays)
        self.x, self.below, self.target = arrays

    def _read_ahead(self, first: int) -> None:
        """Gather the batches of the next steps at once, for each seed of the block."""
        mlp, steps = self.mlp, 1 if self.full else self.steps_ahead
        index = [[mlp.batch(first + k, int(s)) for s in self.seeds] for k in range(steps)]
        x = mlp.inputs["train"].take(index, axis=0)
        target = mlp.targets["train"].take(index, axis=0)
        self.first = first
        self.ahead = (x, x.swapaxes(2, 3).copy(), target.swapaxes(2, 3).copy())

    def _cross_entropy(self) -> np.ndarray:
        """The loss, leaving its derivative by the logits in ``z``."""
        z, work, line, rows = self.z, self.work, self.line, len(self.z)
        np.maximum.reduce(z, axis=1, keepdims=True, out=line)
        np.subtract(z, line, out=z)
        np.multiply(z, self.target, out=work)
        picked = work.reshape(rows, -1).sum(axis=1)
        np.exp(z, out=z)
        np.add.reduce(z, axis=1, keepdims=True, out=line)
        loss = self.share * (np.log(line).reshape(rows, -1).sum(axis=1) - picked)
        np.divide(self.share, line, out=line)
        np.multiply(z, line, out=z)
        np.multiply(self.target, self.share, out=work)
        np.subtract(z, work, out=z)
        return loss

    def _squared_error(self) -> np.ndarray:
        """The loss, leaving its derivative by the logits in ``z``."""
        z, work = self.z, self.work
        np.subtract(z, self.target, out=z)
        np.multiply(z, z, out=work)
        loss = self.share / 2 * work.reshape(len(z), -1).sum(axis=1)
        np.multiply(z, self.share, out=z)
        return loss

    def _back(self) -> None:
        """From the derivative by the logits in ``z`` down to the first layer's weights."""
        dz = self.z
        for layer in range(len(self.a), 0, -1):
            a, da, slope = self.a[layer - 1], self.da[layer - 1], self.slope[layer - 1]
            np.matmul(dz, a.swapaxes(-1, -2), out=self.into[layer])
            np.matmul(self.matrices[layer][:, :, :-1].swapaxes(-1, -2), dz, out=da)
            np.multiply(da, slope, out=da)
            dz = da
        np.matmul(dz, self.x, out=self.into[0])
