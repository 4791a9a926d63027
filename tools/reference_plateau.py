"""Makes the reference values of ``ReduceOnPlateau`` from PyTorch's ``ReduceLROnPlateau``.

    python tools/reference_plateau.py > tests/data/plateau.json

Each record holds our arguments, a sequence of losses, and the rate after each of them.
"""

import json
from typing import Any

import numpy as np

ETA = 0.5

CASES: list[dict[str, Any]] = [
    {},
    {"patience": 0},
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "factor": 0.3, "threshold": 0.0},
    {"patience": 1, "factor": 0.3, "threshold": 0.05},
    {"patience": 1, "factor": 0.7, "threshold": 0.02, "threshold_mode": "abs"},
    {"patience": 1, "cooldown": 3},
    {"patience": 0, "factor": 0.5, "cooldown": 1},
    {"patience": 1, "factor": 0.5, "eta_min": 0.1},
    {"patience": 2, "factor": 0.1, "eta_min": 1e-3, "cooldown": 2},
    {"patience": 0, "factor": 0.5, "eta_min": 0.5},
]


def losses() -> dict[str, list[float]]:
    """Sequences of 40 losses: falling with noise, flat, rising, tiny, and with a spike."""
    t = np.arange(40.0)
    made = {
        "noisy": np.exp(-t / 15) + 0.1 * np.sin(7 * t**2) ** 2,
        "flat": np.ones(40),
        "rising": 1 + t / 40,
        "tiny": 1e-12 * np.exp(-t / 30),
        "spike": np.where(t == 9, 1e300, 1 / (1 + t)),
    }
    return {name: [float(f"{value:.6g}") for value in values] for name, values in made.items()}


def rates(arguments: dict[str, Any], sequence: list[float]) -> list[float]:
    """The rates that PyTorch has after each loss of the sequence."""
    import torch

    named = {"eta_min": "min_lr"}
    options = {named.get(name, name): value for name, value in arguments.items()}
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=ETA)
    rule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0.0, **options)
    found = []
    for loss in sequence:
        rule.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return found


def main() -> None:
    import torch

    records = [
        {"arguments": case, "losses": name, "rates": rates(case, sequence)}
        for case in CASES
        for name, sequence in losses().items()
    ]
    head = {"library": "torch", "version": torch.__version__, "eta": ETA, "losses": losses()}
    lines = ",\n".join(json.dumps(record) for record in records)
    print(json.dumps(head)[:-1] + ', "records": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
