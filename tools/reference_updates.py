"""Makes the reference values of the update rules from PyTorch.

    python tools/reference_updates.py > tests/data/updates.json

Each record holds one rule of ours, the PyTorch optimizer that defines it with its arguments, a
problem, and the weights in float64 before and after some of 50 updates.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

STEPS = 50
KEPT = (0, 1, 2, 3, 10, 25, 50)
CURVATURES = (1.0, 10.0, 100.0)

OPTIMIZERS = {
    "SGD": ("SGD", {}),
    "Momentum": ("SGD", {"beta": "momentum", "nesterov": "nesterov", "dampening": "dampening"}),
    "AdaGrad": ("Adagrad", {"eps": "eps"}),
    "RMSProp": ("RMSprop", {"rho": "alpha", "eps": "eps"}),
    "Adam": ("Adam", {"eps": "eps"}),
    "AdamW": ("AdamW", {"eps": "eps", "weight_decay": "weight_decay"}),
}
"""Our rule -> PyTorch's optimizer, and what it calls our parameters."""

RULES = [
    ("SGD", {}),
    ("Momentum", {}),
    ("Momentum", {"beta": 0.0}),
    ("Momentum", {"beta": 0.5, "dampening": 0.3}),
    ("Momentum", {"beta": 0.8, "dampening": 1.0}),
    ("Momentum", {"nesterov": True}),
    ("Momentum", {"beta": 0.5, "nesterov": True}),
    ("AdaGrad", {}),
    ("AdaGrad", {"eps": 1e-3}),
    ("RMSProp", {}),
    ("RMSProp", {"rho": 0.9, "eps": 1e-2}),
    ("RMSProp", {"rho": 0.0, "eps": 1e-3}),
    ("Adam", {}),
    ("Adam", {"beta1": 0.5, "beta2": 0.9}),
    ("Adam", {"beta1": 0.0, "beta2": 0.0, "eps": 1e-2}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.0}),
    ("AdamW", {"beta1": 0.7, "beta2": 0.99, "eps": 1e-4, "weight_decay": 2.0}),
]

ETAS = {"SGD": 1e-3, "Momentum": 3e-4}
"""Rates at which 50 steps stay far from chaos; 0.02 for the adaptive rules."""


def gradients() -> np.ndarray:
    """A fixed sequence ``(50, 4)`` with zeros (also at the start), 1e-9 and 1e8 in it."""
    made = np.sin(np.arange(4.0 * STEPS)).reshape(STEPS, 4)
    made[::7, 0] = 0.0
    made[:5, 1] = 0.0
    made[10:20, 2] = 1e-9
    made[20, 3] = 1e8
    return made


def rates(eta: float) -> np.ndarray:
    """What the sequence is run with, ``(50,)``: falls linearly from ``eta`` towards 0."""
    return eta * (1 - np.arange(STEPS) / STEPS)


def cases() -> Iterator[dict[str, Any]]:
    """Every rule on every problem, without the weights."""
    for rule, arguments in RULES:
        for problem in ("quadratic", "rosenbrock", "sequence"):
            eta = ETAS.get(rule, 0.02)
            yield {"rule": rule, "arguments": arguments, "problem": problem, "eta": eta}


def optimizer(w, rule: str, arguments: dict[str, Any], eta: float):
    """PyTorch's optimizer of the tensor ``w`` for one of our rules."""
    import torch

    name, names = OPTIMIZERS[rule]
    translated = {names[key]: value for key, value in arguments.items() if key in names}
    if rule == "Momentum":
        translated["momentum"] = arguments.get("beta", 0.9)
    if rule in ("Adam", "AdamW"):
        translated["betas"] = (arguments.get("beta1", 0.9), arguments.get("beta2", 0.999))
    return getattr(torch.optim, name)([w], lr=eta, **translated)


def loss(w, problem: str):
    """The loss as a tensor, for PyTorch to differentiate."""
    if problem == "quadratic":
        return sum(c * u**2 for c, u in zip(CURVATURES, w)) / 2
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def trajectory(case: dict[str, Any]) -> np.ndarray:
    """The weights before and after each of 50 updates by PyTorch, ``(51, n)``."""
    import torch

    w = torch.tensor(start(case["problem"]), dtype=torch.float64, requires_grad=True)
    rule = optimizer(w, case["rule"], case["arguments"], case["eta"])
    path = [w.detach().numpy().copy()]
    for step in range(STEPS):
        rule.zero_grad()
        if case["problem"] == "sequence":
            w.grad = torch.tensor(gradients()[step])
            rule.param_groups[0]["lr"] = float(rates(case["eta"])[step])
        else:
            loss(w, case["problem"]).backward()
        rule.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def start(problem: str) -> list[float]:
    """The weights at step 0."""
    return {"quadratic": [1.0, -2.0, 3.0], "rosenbrock": [-1.2, 1.0]}.get(problem, [1.0] * 4)


def main() -> None:
    import torch

    records = [{**case, "w": trajectory(case)[list(KEPT)].tolist()} for case in cases()]
    head = {"library": "torch", "version": torch.__version__, "kept": KEPT}
    lines = ",\n".join(json.dumps(record) for record in records)
    print(json.dumps(head)[:-1] + ', "records": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
