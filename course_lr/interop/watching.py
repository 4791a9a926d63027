"""Watch the training of a PyTorch model: norms and ratios of each layer, without touching it."""

import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from course_lr import checks
from course_lr.interop.modules import needed

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

AT_ONCE = 2**17
"""Numbers of the gradients that are put aside, about, before their norms are taken together."""


class Watch:
    """What :func:`watch` has seen so far; a context manager that stops at the end of its block.

    Attributes:
        layers: names of the parameter tensors that are watched.
        every: one step in so many is seen, the first and every ``every``-th after it.
    """

    def __init__(self, layers: tuple[str, ...], every: int, notes: "_Notes", handle: Any):
        self.layers, self.every, self._notes, self._handle = layers, every, notes, handle

    @property
    def steps(self) -> int:
        """How many steps were seen."""
        return len(self._notes.norms())

    @property
    def grad_norm(self) -> np.ndarray:
        """Length of the gradient of each step, ``(steps, layers)``; NaN where there was none."""
        return self._notes.norms()[:, 0]

    @property
    def weight_norm(self) -> np.ndarray:
        """Length of the weights before each step, ``(steps, layers)``."""
        return self._notes.norms()[:, 1]

    @property
    def update_ratio(self) -> np.ndarray:
        """Length of each update beside that of the weights, ``(steps, layers)``; from 0 ``inf``."""
        _, weights, changes = self._notes.norms().transpose(1, 0, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return changes / weights

    def stop(self) -> None:
        """See no further steps. What was seen stays; calling it again does nothing."""
        if self._handle is not None:
            self._handle.remove()
            self._notes.close()
        self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "watching" if self._handle is not None else "stopped"
        return f"<Watch of {len(self.layers)} layers, {self.steps} steps, {state}>"

    def figure(self, window: int = 8) -> "Figure":
        """Gradient norm and update ratio of each layer, as two panels of signals.

        Args:
            window: each point is the mean of this many steps that were seen, >= 1.

        Raises:
            ValueError: no step has been seen.
        """
        from course_lr.teaching.figures.curves import signals, smoothed

        window = checks.whole("window", window, 1)
        if not self.steps:
            raise ValueError("there is nothing to draw: no step of the optimizer was seen")
        runs, steps = {layer: {} for layer in self.layers}, {}
        for name in ("grad_norm", "update_ratio"):
            for layer, values in zip(self.layers, getattr(self, name).T):
                x, runs[layer][name] = smoothed(values, window)
                steps[name] = x * self.every
        return signals(runs, steps)


def trained_layers(torch: Any, model: Any, optimizer: Any) -> dict[str, Any]:
    """The model's parameters that the optimizer trains, by name; with none it is refused."""
    if not isinstance(model, torch.nn.Module):
        checks.refuse("model", model, "a torch.nn.Module", TypeError)
    if not isinstance(optimizer, torch.optim.Optimizer):
        accepted = "a torch.optim.Optimizer (made: Adam(model.parameters()), not Adam)"
        checks.refuse("optimizer", optimizer, accepted, TypeError)
    trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
    layers = {name: p for name, p in model.named_parameters() if id(p) in trained}
    if not layers:
        checks.refuse("optimizer", optimizer, "one that trains parameters of the model")
    return layers


def watch(model: "torch.nn.Module", optimizer: "torch.optim.Optimizer", *, every: int = 4) -> Watch:
    """Record gradient norm, weight norm and update-to-weight ratio of each layer while it trains.

    From now on ``optimizer.step()`` is seen, until ``stop()`` or the end of a ``with`` block.
    Weights, gradients, random numbers and the optimizer are only read: the training has the same
    bits with and without it. A layer is a parameter tensor; its gradient is what lies in ``.grad``
    at the end of the step (so after clipping), and its update what the weights have changed since
    the end of the step before. What is returned holds numbers alone, and keeps neither model nor
    optimizer alive; while it watches, it needs memory for some copies of the weights.

    Args:
        model: whose parameters.
        optimizer: trains some of them; those are watched.
        every: see the first step and then one in so many, >= 1. Each step (1) costs most; what a
            small network pays is in benchmarks/README.md.

    Raises:
        TypeError: not a model, not an optimizer.
        ValueError: the optimizer trains no parameter of the model; ``every`` < 1.
        ImportError: PyTorch is not installed.

    A training loop as anyone writes it::

        with course_lr.watch(model, optimizer) as seen:
            for inputs, targets in batches:
                optimizer.zero_grad()
                loss(model(inputs), targets).backward()
                optimizer.step()
        seen.update_ratio[-1]  # of each layer, in the order of seen.layers
        seen.figure()

    >>> import torch
    >>> model = torch.nn.Linear(2, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with watch(model, optimizer, every=1) as seen:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         model(torch.ones(2)).square().sum().backward()
    ...         optimizer.step()
    >>> seen.layers, seen.update_ratio.shape
    (('weight', 'bias'), (3, 2))
    """
    torch, every = needed("torch", "PyTorch", "watch"), checks.whole("every", every, 1)
    layers = trained_layers(torch, model, optimizer)
    recorder = _Recorder(list(layers.values()), every)
    handle = optimizer.register_step_post_hook(recorder)
    return Watch(tuple(layers), every, recorder.notes, handle)


class _Notes:
    """Gradients and weights of the last steps, and squared norms of all steps before them.

    Args:
        shapes: of the layers.
        dtype: of what is put aside.
    """

    def __init__(self, shapes: list[tuple[int, ...]], dtype: type):
        sizes = [math.prod(shape) for shape in shapes]
        self.parts = [slice(end - n, end) for n, end in zip(sizes, np.cumsum(sizes))]
        self.row, self.rows = 0, max(1, AT_ONCE // sum(sizes))
        self.squares = [np.empty((0, 3, len(shapes)))]
        self.kept = np.empty((3, self.rows + 1, sum(sizes)), dtype)
        self.places = [
            [[kind[row, p].reshape(s) for kind in self.kept] for p, s in zip(self.parts, shapes)]
            for row in range(self.rows + 1)
        ]

    def flush(self) -> None:
        """Take the squares of what lies here: gradient, weights, update, of each layer."""
        if self.row == 0:
            return
        here, weights, after = self.kept[:, : self.row], self.kept[1], self.kept[2]
        after[: self.row] -= weights[: self.row]
        squares = [np.vecdot(here[:, :, part], here[:, :, part]) for part in self.parts]
        self.squares.append(np.array(squares).transpose(2, 1, 0))
        weights[0] = weights[self.row]  # already noted for the step to come
        self.row = 0

    def norms(self) -> np.ndarray:
        """The norms of every step seen, ``(steps, 3, layers)``."""
        self.flush()
        self.squares = [np.concatenate(self.squares)]
        return np.sqrt(self.squares[0])

    def close(self) -> None:
        """Take the last norms and let go of what they were taken from."""
        self.flush()
        self.kept, self.places = None, []


class _Recorder:
    """What the optimizer calls after each of its steps; it alone knows the parameters.

    Where numpy can read a parameter as it lies, a view of it and the address are kept.
    """

    def __init__(self, parameters: list, every: int):
        dtype = np.float64 if any(p.element_size() > 4 for p in parameters) else np.float32
        self.notes = _Notes([tuple(p.shape) for p in parameters], dtype)
        self.parameters, self.count, self.every = parameters, 0, every
        self.views, self.addresses = [None] * len(parameters), [None] * len(parameters)
        self.before()

    def __call__(self, *_: object) -> None:
        """Note gradients and weights, after a step that is seen and before the next such step."""
        if self.count == 0:
            self.after()
        self.count = (self.count + 1) % self.every
        if self.count == 0:
            self.before()

    def before(self) -> None:
        """Note the weights, before a step that will be seen."""
        for number, (_, weights, _) in enumerate(self.notes.places[self.notes.row]):
            weights[...] = self.weights(number)

    def after(self) -> None:
        """Gradients and weights as they are after a step."""
        notes = self.notes
        for number, (gradient, _, weights) in enumerate(notes.places[notes.row]):
            try:
                gradient[...] = self.parameters[number].grad.numpy()
            except (AttributeError, TypeError, RuntimeError):  # none, sparse, elsewhere, …
                gradient[...] = plain(self.parameters[number].grad)
            weights[...] = self.weights(number)
        notes.row += 1
        if notes.row == notes.rows:
            notes.flush()

    def weights(self, number: int) -> np.ndarray:
        """The numbers of a parameter now."""
        address = self.parameters[number].data_ptr()
        if address == self.addresses[number]:
            return self.views[number]
        numbers = plain(self.parameters[number])
        if numbers.ctypes.data == address:
            self.views[number], self.addresses[number] = numbers, address
        return numbers


def plain(tensor: Any) -> np.ndarray | float:
    """The numbers of a tensor as an array of its shape, a view where possible; NaN without one."""
    if tensor is None:
        return np.nan
    tensor = tensor.detach()
    tensor = (tensor.to_dense() if tensor.is_sparse else tensor).cpu()
    return (tensor.float() if tensor.element_size() < 4 else tensor).numpy()
