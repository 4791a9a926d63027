"""Watch the training of a PyTorch model: norms and ratios of each layer, without touching it."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from course_lr import checks
from course_lr.interop.modules import needed

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

AT_ONCE = 2**17
"""Numbers of the weights that are put aside, about, before their norms are taken together."""


class Watch:
    """What :func:`watch` has seen so far; a context manager that stops at the end of its block.

    Attributes:
        layers: names of the parameter tensors that are watched.
    """

    def __init__(self, layers: tuple[str, ...], notes: "_Notes", handles: list):
        self.layers, self._notes, self._handles = layers, notes, handles

    @property
    def steps(self) -> int:
        """Updates seen."""
        return self._notes.row + sum(map(len, self._notes.norms))

    @property
    def grad_norm(self) -> np.ndarray:
        """Length of the gradient of each step, ``(steps, layers)``; NaN where there was none."""
        return self._notes.table()[:, 0]

    @property
    def weight_norm(self) -> np.ndarray:
        """Length of the weights before each step, ``(steps, layers)``."""
        return self._notes.table()[:, 1]

    @property
    def update_ratio(self) -> np.ndarray:
        """Length of each update beside that of the weights, ``(steps, layers)``; from 0 ``inf``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._notes.table()[:, 2] / self.weight_norm

    def stop(self) -> None:
        """See no further steps. What was seen stays; calling it again does nothing."""
        while self._handles:
            self._handles.pop().remove()
        self._notes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "watching" if self._handles else "stopped"
        return f"<Watch of {len(self.layers)} layers, {self.steps} steps, {state}>"

    def figure(self, window: int = 8) -> "Figure":
        """Gradient norm and update ratio of each layer, in the figure of chapter 08.

        Args:
            window: each point is the mean of this many steps, >= 1.

        Raises:
            ValueError: no step has been seen.
        """
        from course_lr.teaching.figures.watching import signals

        window = checks.whole("window", window, 1)
        if not self.steps:
            raise ValueError("there is nothing to draw: no step of the optimizer was seen")
        norms, ratios = self.grad_norm.T, self.update_ratio.T
        runs = {
            layer: {"grad_norm": norm, "update_ratio": ratio}
            for layer, norm, ratio in zip(self.layers, norms, ratios)
        }
        return signals(runs, window=window)


def watch(model: "torch.nn.Module", optimizer: "torch.optim.Optimizer") -> Watch:
    """Record gradient norm, weight norm and update-to-weight ratio of each layer at each step.

    From now on every ``optimizer.step()`` is seen, until ``stop()`` or the end of a ``with`` block.
    Weights, gradients, random numbers and the optimizer are only read: the training has the same
    bits with and without it. A layer is a parameter tensor; its gradient is what lies in ``.grad``
    at the end of the step (so after clipping), its update what the weights have changed since the
    end of the step before. What is returned holds numbers alone, and keeps neither model nor
    optimizer alive; while it watches, it needs memory for three copies of the weights or more.

    Args:
        model: whose parameters.
        optimizer: trains some of them; those are watched.

    Raises:
        TypeError: not a model, not an optimizer.
        ValueError: the optimizer trains no parameter of the model.
        ImportError: PyTorch is not installed.

    A training loop as anyone writes it::

        with course_lr.watch(model, optimizer) as seen:
            for inputs, targets in batches:
                optimizer.zero_grad()
                loss(model(inputs), targets).backward()
                optimizer.step()
        seen.update_ratio[-1]  # of each layer, in the order of seen.layers
        seen.figure()
    """
    torch = needed("torch", "PyTorch", "watch")
    if not isinstance(model, torch.nn.Module):
        checks.refuse("model", model, "a torch.nn.Module", TypeError)
    if not isinstance(optimizer, torch.optim.Optimizer):
        checks.refuse("optimizer", optimizer, "a torch.optim.Optimizer", TypeError)
    trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
    named = {name: p for name, p in model.named_parameters() if id(p) in trained}
    if not named:
        checks.refuse("optimizer", optimizer, "one that trains parameters of the model")
    rows = max(1, AT_ONCE // sum(p.numel() for p in named.values()))
    layers = [_Layer(p, rows) for p in named.values()]
    notes = _Notes([(layer.gradients, layer.weights) for layer in layers])

    def look(*_: object) -> None:
        row = notes.next_row()
        for layer in layers:
            layer.look(row)

    return Watch(tuple(named), notes, [optimizer.register_step_post_hook(look)])


class _Notes:
    """Gradients and weights of the last steps, and the norms of all steps before them.

    Args:
        kept: for each layer gradients ``(rows, …)`` and weights ``(rows + 1, …)``, the first of
            which are those before the first step.
    """

    def __init__(self, kept: list[tuple[np.ndarray, np.ndarray]]):
        self.kept, self.row, self.norms = kept, 0, [np.empty((0, 3, len(kept)))]

    def next_row(self) -> int:
        """Where the next step belongs."""
        if self.row == len(self.kept[0][0]):
            self.flush()
        self.row += 1
        return self.row - 1

    def flush(self) -> None:
        """Take the norms of what lies here, ``(steps, 3, layers)``: gradient, weights, update."""
        end, found = self.row, []
        for gradients, weights in self.kept if end else ():
            w = weights[: end + 1].reshape(end + 1, -1)
            parts = gradients[:end].reshape(end, -1), w[:-1], np.diff(w, axis=0)
            found.append([np.sqrt(np.vecdot(part, part)) for part in parts])
            weights[0] = weights[end]
        if found:
            self.norms.append(np.array(found, np.float64).transpose(2, 1, 0))
            self.row = 0

    def table(self) -> np.ndarray:
        """The norms of every step, ``(steps, 3, layers)``."""
        self.flush()
        self.norms = [np.concatenate(self.norms)]
        return self.norms[0].copy()

    def close(self) -> None:
        """Take the last norms and let go of what they were taken from."""
        self.flush()
        self.kept = []


class _Layer:
    """One parameter tensor, and room for its gradients and weights of some steps."""

    def __init__(self, parameter: "torch.nn.Parameter", rows: int):
        dtype = np.float64 if parameter.element_size() > 4 else np.float32
        self.parameter, self.pointer = parameter, None
        self.gradients = np.empty((rows, *parameter.shape), dtype)
        self.weights = np.empty((rows + 1, *parameter.shape), dtype)
        self.weights[0] = self.now()

    def look(self, row: int) -> None:
        """Note the gradient and the weights after step number ``row`` of those that lie here."""
        gradient = self.parameter.grad
        try:
            self.gradients[row] = np.nan if gradient is None else gradient.numpy()
        except (TypeError, RuntimeError):  # on a device, sparse, of another kind of float
            self.gradients[row] = plain(gradient)
        self.weights[row + 1] = self.now()

    def now(self) -> np.ndarray:
        """The weights; where numpy can read them where they lie, that view is kept."""
        if self.parameter.data_ptr() == self.pointer:
            return self.view
        made = plain(self.parameter)
        if self.parameter.device.type == "cpu" and made.itemsize == self.parameter.element_size():
            self.view, self.pointer = made, self.parameter.data_ptr()
        return made


def plain(tensor: Any) -> np.ndarray:
    """The numbers of a tensor as a numpy array of its shape; a view where that is possible."""
    tensor = tensor.detach()
    tensor = (tensor.to_dense() if tensor.is_sparse else tensor).cpu()
    return (tensor.float() if tensor.element_size() < 4 else tensor).numpy()
