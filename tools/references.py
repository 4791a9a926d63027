"""Compute the reference values in ``tests/data`` again, with the libraries that define them.

    python -m tools.references                     all three files, in place
    python -m tools.references updates             one of them: plateau, schedules or updates

The files are the tables of cases: each record names a library's schedule, scheduler or optimizer
with its arguments, and ours for the same numbers; this tool fills in the numbers (float64) and the
version. To add a case, add a record without numbers and run it. Where a library rounds or stops on
its own (PyTorch's and Transformers' cosines rise again after their end, Keras finds some restarts
one step late), the record's steps leave that out.
"""

import importlib.metadata
import json
import math
import os
import pathlib
import sys
import warnings
from typing import Any
from unittest import mock

import numpy as np

DATA = pathlib.Path(__file__).resolve().parents[1] / "tests" / "data"
FARTHEST = 10**5  # steps that a scheduler is walked to, one after the other
CURVATURES = (1.0, 10.0, 100.0)
STEPS = 50  # of an update rule


# ------------------------------------------------------------------------------- schedules


def torch_rates(name: str, kwargs: dict[str, Any], steps: list[int]) -> list[float]:
    """The rates of a scheduler of PyTorch; ``kwargs`` may hold three words that are not its own.

    ``"lr"`` is the optimizer's rate; ``"updates per scheduler step"`` how often the optimizer steps
    before the scheduler does; ``"seen from step"`` what is step 0 here.
    """
    kwargs = dict(kwargs)
    lr, first = kwargs.pop("lr", 0.1), kwargs.pop("seen from step", 0)
    updates = kwargs.pop("updates per scheduler step", 1)
    if max(steps) > FARTHEST:
        return [torch_rate_at(step, name, kwargs, lr) for step in steps]
    optimizer, scheduler = torch_scheduler(name, kwargs, lr)
    rates = []
    for step in range(first + max(steps) + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % updates == 0 and step < first + max(steps):
            scheduler.step()
    return [rates[first + step] for step in steps]


def torch_scheduler(name: str, kwargs: dict[str, Any], lr: float) -> tuple[Any, Any]:
    """A fresh optimizer of PyTorch, and the scheduler that sets its rate."""
    import torch
    from torch.optim import lr_scheduler

    optimizer, kwargs = torch.optim.SGD([torch.zeros(1)], lr=lr), dict(kwargs)
    if name == "SequentialLR":
        parts = kwargs["schedulers"]
        kwargs["schedulers"] = [getattr(lr_scheduler, n)(optimizer, **given) for n, given in parts]
    if name == "LambdaLR":
        formula = f"lambda t: {kwargs['lr_lambda']}"
        kwargs["lr_lambda"] = eval(formula, {"math": math, "min": min})
    return optimizer, getattr(lr_scheduler, name)(optimizer, **kwargs)


def torch_rate_at(step: int, name: str, kwargs: dict[str, Any], lr: float) -> float:
    """The rate of a cycle at a step too far to walk to, asked of a fresh scheduler."""
    optimizer, scheduler = torch_scheduler(name, kwargs, lr)
    if name == "CyclicLR":
        scheduler.last_epoch = step - 1
        scheduler.step()
    else:
        scheduler.step(step)
    return optimizer.param_groups[0]["lr"]


def optax_rates(name: str, kwargs: dict[str, Any], steps: list[int]) -> list[float]:
    """The rates of a schedule of Optax, by JAX in float64."""
    import jax
    import optax

    with jax.enable_x64(True):
        if name == "join_schedules":
            parts = [getattr(optax, part)(**given) for part, given in kwargs["schedules"]]
            rate = optax.join_schedules(parts, kwargs["boundaries"])
            return rate(jax.numpy.asarray(steps)).tolist()
        if name == "piecewise_constant_schedule":  # JSON's keys are text
            scales = {int(step): scale for step, scale in kwargs["boundaries_and_scales"].items()}
            kwargs = kwargs | {"boundaries_and_scales": scales}
        rate = getattr(optax, name)(**kwargs)
        return [float(rate(jax.numpy.asarray(step))) for step in steps]


def keras_rates(name: str, kwargs: dict[str, Any], steps: list[int]) -> list[float]:
    """The rates of a LearningRateSchedule of Keras, by JAX in float64.

    Keras's own ``ops.cos`` rounds to float32 whatever floatx says; JAX's takes its place.
    """
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras
    from keras.src.optimizers.schedules import learning_rate_schedule

    keras.config.set_floatx("float64")
    with jax.enable_x64(True), mock.patch.object(learning_rate_schedule.ops, "cos", jax.numpy.cos):
        schedule = getattr(keras.optimizers.schedules, name)(**kwargs)
        return [float(schedule(step)) for step in steps]


def transformers_rates(name: str, kwargs: dict[str, Any], steps: list[int]) -> list[float]:
    """The rates of a ``get_..._schedule`` of Transformers: a LambdaLR, whose factor is asked."""
    import torch
    import transformers

    kwargs = dict(kwargs)
    lr = kwargs.pop("lr")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr)
    factor = getattr(transformers, name)(optimizer, **kwargs).lr_lambdas[0]
    return [float(lr * factor(step)) for step in steps]


RATES = {
    "torch": torch_rates,
    "optax": optax_rates,
    "keras": keras_rates,
    "transformers": transformers_rates,
}


def schedules(library: str = "", every: int = 1) -> list[dict[str, Any]]:
    """Every ``every``-th stored record of all libraries, or of one, with its values of now."""
    stored = json.loads((DATA / "schedules.json").read_text(encoding="utf-8"))
    chosen = [record for record in stored if library in ("", record["library"])]
    return [
        record
        | {
            "version": importlib.metadata.version(record["library"]),
            "values": RATES[record["library"]](record["name"], record["kwargs"], record["steps"]),
        }
        for record in chosen[::every]
    ]


# ----------------------------------------------------------------------------------- plateau


def plateau() -> dict[str, Any]:
    """The stored cases of ReduceOnPlateau, with PyTorch's rate after each loss (``eps=0``)."""
    import torch

    stored = json.loads((DATA / "plateau.json").read_text(encoding="utf-8"))
    for record in stored["records"]:
        named = {"eta_min": "min_lr"}
        options = {named.get(name, name): value for name, value in record["arguments"].items()}
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=stored["eta"])
        rule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0.0, **options)
        record["rates"] = []
        for loss in stored["losses"][record["losses"]]:
            rule.step(loss)
            record["rates"].append(optimizer.param_groups[0]["lr"])
    return stored | {"version": torch.__version__}


# ------------------------------------------------------------------------------ update rules


def gradients() -> np.ndarray:
    """A fixed sequence ``(50, 4)`` with zeros (also at the start), 1e-9 and 1e8 in it."""
    sequence = np.sin(np.arange(4.0 * STEPS)).reshape(STEPS, 4)
    sequence[::7, 0] = 0.0
    sequence[:5, 1] = 0.0
    sequence[10:20, 2] = 1e-9
    sequence[20, 3] = 1e8
    return sequence


def rates(eta: float) -> np.ndarray:
    """What the sequence is run with, ``(50,)``: falls linearly from ``eta`` towards 0."""
    return eta * (1 - np.arange(STEPS) / STEPS)


def start(problem: str) -> list[float]:
    """The weights at step 0."""
    return {"quadratic": [1.0, -2.0, 3.0], "rosenbrock": [-1.2, 1.0]}.get(problem, [1.0] * 4)


def torch_optimizer(w: Any, rule: str, arguments: dict[str, Any], eta: float) -> Any:
    """PyTorch's optimizer of the tensor ``w`` for one of our rules."""
    import torch

    names = {"SGD": "SGD", "Momentum": "SGD", "AdaGrad": "Adagrad", "RMSProp": "RMSprop"}
    options = {{"beta": "momentum", "rho": "alpha"}.get(k, k): v for k, v in arguments.items()}
    if rule == "Momentum":
        options.setdefault("momentum", 0.9)
    if rule in ("Adam", "AdamW"):
        options["betas"] = (options.pop("beta1", 0.9), options.pop("beta2", 0.999))
    return getattr(torch.optim, names.get(rule, rule))([w], lr=eta, **options)


def trajectory(case: dict[str, Any]) -> np.ndarray:
    """The weights before and after each of 50 updates by PyTorch, ``(51, n)``."""
    import torch

    problem = case["problem"]
    w = torch.tensor(start(problem), dtype=torch.float64, requires_grad=True)
    optimizer = torch_optimizer(w, case["rule"], case["arguments"], case["eta"])
    path = [w.detach().numpy().copy()]
    for gradient, eta in zip(gradients(), rates(case["eta"])):
        optimizer.zero_grad()
        if problem == "sequence":
            w.grad = torch.tensor(gradient)
            optimizer.param_groups[0]["lr"] = float(eta)
        elif problem == "quadratic":
            (sum(c * u**2 for c, u in zip(CURVATURES, w)) / 2).backward()
        else:
            ((1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def updates() -> dict[str, Any]:
    """The stored cases of the update rules, with PyTorch's weights after the kept steps."""
    import torch

    stored = json.loads((DATA / "updates.json").read_text(encoding="utf-8"))
    for record in stored["records"]:
        record["w"] = trajectory(record)[stored["kept"]].tolist()
    return stored | {"version": torch.__version__}


# ------------------------------------------------------------------------------------- files


def text(content: Any) -> str:
    """A file with a record on each line."""
    if isinstance(content, list):
        lines = (json.dumps(one, separators=(",", ":"), allow_nan=False) for one in content)
        return "[\n" + ",\n".join(lines) + "\n]\n"
    head = json.dumps({key: value for key, value in content.items() if key != "records"})
    lines = ",\n".join(map(json.dumps, content["records"]))
    return head[:-1] + ', "records": [\n' + lines + "\n]}\n"


FILES = {"plateau": plateau, "schedules": schedules, "updates": updates}


def main(names: list[str]) -> None:
    """Compute these files again, all without names."""
    warnings.simplefilter("ignore")
    for name in names or FILES:
        (DATA / f"{name}.json").write_text(text(FILES[name]()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
