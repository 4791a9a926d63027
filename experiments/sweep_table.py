"""The table of sweeps. The grids were laid by a look at earlier sweeps; no tuned rate may stand on
the edge of one. Best constant rates are sought in sixteenths of a decade, all others in eighths.
"""

import functools
from collections.abc import Sequence

import numpy as np

from course_lr.teaching.chapters.ch07_cycles import PARTS
from course_lr.teaching.chapters.ch08_watching import STARTS
from course_lr.teaching.verdicts.curves import decades
from experiments.sweeps import MAPPED, Sweep


def rates(*parts: Sequence[float]) -> tuple[float, ...]:
    """Grids joined and sorted.

    >>> rates([0.1, 1.0], [0.3, 1.0])
    (0.1, 0.3, 1.0)
    """
    return tuple(sorted({float(rate) for part in parts for rate in part}))


def fine(low: float, high: float) -> list[float]:
    """Sixteenths of a decade, for the neighbourhood of a best constant rate."""
    return decades(low, high, 1 / 16)


def _wide(low: float, high: float) -> tuple[float, ...]:
    """From 1e-5 to 18, in sixteenths from 10^low to 10^high."""
    far = decades(-5, -3.5, 0.5), decades(-3, -1.75, 0.25)
    return rates(*far, decades(-1.5, 1.25), fine(low, high))


def _table() -> list[Sweep]:
    """All sweeps, by chapter."""
    on = functools.partial
    digits, signals, short = on(Sweep, steps=480), on(Sweep, steps=920), on(Sweep, steps=460)
    figure = dict(figure=True, seeds=20)
    made = [
        digits("digits_rates", "digits", rates=_wide(-0.25, 0.375), epochs=True, seeds=30),
        digits("standard_rates", "standard", rates=_wide(0, 0.5), seeds=30),
        digits("labels_rates", "labels", rates=rates(decades(-1.75, 0.25), fine(-1, -0.25)),
               seeds=30),
        signals("mnist1d_rates", "mnist1d", rates=_wide(-0.5, 0.25), epochs=True, seeds=30),
    ]  # fmt: skip
    peaks = {
        "digits": decades(-1.25, 0.5),
        "labels": decades(-1.25, 0.5),
        "standard": decades(-1.5, 0.5),
        "mnist1d": decades(-0.5, 0.5),
    }
    for key, grid in peaks.items():
        row = on(signals if key == "mnist1d" else digits, problem=key, rates=rates(grid))
        for name, schedule in (("exponential", "× γ"), ("epochs", "stairs"), ("cosine", "cosine")):
            kept = dict(seeds=30, epochs=name != "cosine" and key == "mnist1d")
            made.append(row(f"{key}_{name}", schedule=schedule, **kept))
    made += _adaptive(digits, signals, short, figure) + _warmed(signals, short, figure)
    return made + _cycling(digits, signals, figure) + _watched(digits, signals, figure)


def _adaptive(digits, signals, short, figure) -> list[Sweep]:
    """Chapters 04 and 05: other rules, other units, badly scaled inputs."""
    adam = rates(decades(-5, -3, 0.5), decades(-2.75, -1), decades(-0.5, 1, 0.5))
    grids = {
        "momentum": rates(decades(-1.75, -0.5)),
        "AdaGrad": rates(decades(-3, -2, 0.5), decades(-1.75, -0.25)),
        "RMSprop": rates(decades(-4, -3.5, 0.5), decades(-3.25, -1.25)),
        "Adam": adam,
    }
    made = [signals(f"mnist1d_{rule.lower()}", "mnist1d", rates=grid, rule=rule, seeds=30)
            for rule, grid in grids.items()]  # fmt: skip
    grids["momentum"] = rates(decades(-2, 0.125))
    made += [digits(f"digits_{rule.lower()}", "digits", rates=grid, rule=rule,
                    seeds=30 if rule == "Adam" else 20, figure=rule != "Adam")
             for rule, grid in grids.items()]  # fmt: skip
    other = {"SGD": (-2.875, 0.25), "AdaGrad": (-2, -0.25), "RMSprop": (-3, -1.25)}
    other["Adam"] = (-2.75, -0.75)
    for key in ("digits_loss100", "digits_inputs10"):
        for rule, ends in other.items():
            grid = rates(decades(*ends))
            made.append(digits(f"{key}_{rule.lower()}", key, rates=grid, rule=rule, **figure))
    made += [
        digits("standard_adam", "standard", rates=rates(decades(-4, -0.25)), rule="Adam"),
        digits("labels_rmsprop", "labels", rates=rates(decades(-3.5, -1)), rule="RMSprop"),
    ]
    ends = {"momentum": (-2.375, -1), "AdaGrad": (-1.625, -0.5), "RMSprop": (-2.625, -1.5)}
    ends["Adam"] = (-2.5, -1.25)
    return made + [short(f"scaled_{rule.lower()}", "scaled", rates=rates(decades(*grid)), rule=rule)
                   for rule, grid in ends.items()]  # fmt: skip


def _warmed(signals, short, figure) -> list[Sweep]:
    """Chapter 06: with a warm-up and without."""
    made, adam = [], dict(rule="Adam")
    few = functools.partial(Sweep, steps=240, seeds=30)
    ends = {"deep": ((-2.25, -0.125), (-1.75, 0.375)), "hestart": ((-1.5, 0.25),) * 2}
    for key, (cold, warm) in ends.items():
        made.append(few(f"{key}_cold", key, rates=rates(decades(*cold))))
        made.append(few(f"{key}_warm", key, rates=rates(decades(*warm)), schedule="warm-up"))
    for name, schedule in (("cold", "constant"), ("warm", "warm-up")):
        grid = rates(decades(-0.5, 0.625))
        row = Sweep(f"digits_{name}", "digits", 240, grid, schedule, **figure)
        made += [row, short(f"mnist1d_{name}", "mnist1d", rates=rates(decades(-0.5, 0.875)),
                            schedule=schedule, seeds=30)]  # fmt: skip
        made.append(short(f"mnist1d_adam_{name}", "mnist1d", rates=rates(decades(-2.5, -0.375)),
                          schedule=schedule, **adam))  # fmt: skip
    for name, schedule in (("cosine", "cosine"), ("warmcosine", "warm-up + cosine")):
        grid = rates(decades(-0.5, 0.875))
        made.append(short(f"short_{name}", "mnist1d", rates=grid, schedule=schedule, seeds=30))
        for prefix, row in (("short_adam", short), ("mnist1d_adam", signals)):
            made.append(row(f"{prefix}_{name}", "mnist1d", rates=rates(decades(-2.375, -0.75)),
                            schedule=schedule, seeds=30, **adam))  # fmt: skip
    grid = rates(decades(-0.5, 0.75))
    return made + [signals("mnist1d_warmcosine", "mnist1d", rates=grid,
                           schedule="warm-up + cosine", seeds=30)]  # fmt: skip


def _cycling(digits, signals, figure) -> list[Sweep]:
    """Chapter 07: cycles on networks and in landscapes, and maps of both bounds."""
    names = {"triangular": "triangular", "sinusoidal": "sinusoidal", "onecycle": "one-cycle"}
    names["restarts"] = "restarts"
    made = []
    for name, schedule in names.items():
        kept = dict(seeds=30) if name in ("triangular", "sinusoidal") else figure
        grid = rates(decades(-0.5, 0.625))
        made.append(signals(f"mnist1d_{name}", "mnist1d", rates=grid, schedule=schedule, **kept))
        made.append(digits(f"digits_{name}", "digits", rates=rates(decades(-1.25, 0.5)),
                           schedule=schedule, **figure))  # fmt: skip
    made.append(signals("mnist1d_adam_triangular", "mnist1d", rates=rates(decades(-2.25, -1)),
                        schedule="triangular", rule="Adam"))  # fmt: skip
    for key, row in (("digits", digits), ("mnist1d", signals)):
        places = tuple(1.0 + np.arange(len(MAPPED[row.keywords["steps"]]) * len(PARTS)))
        made.append(row(f"{key}_map", key, rates=places, schedule="map", **figure))
    ends = {"wide": (-0.5, 0.375), "ripples": (-0.5, 0.375), "narrow": (-1.375, -0.375)}
    ways = {"constant": "constant", "decay": "decay to a tenth"}
    ways |= {"triangular": "triangular", "sinusoidal": "sinusoidal"}
    for key, grid in ends.items():
        grid = rates([0.0562341], decades(*grid), [1.0] if key == "narrow" else [])
        made += [Sweep(f"{key}_{name}", key, 300, grid, schedule, seeds=30)
                 for name, schedule in ways.items()]  # fmt: skip
    for key, steps, low in (("digits", 1340, -2.5), ("mnist1d", 1870, -2.5)):
        for size, ends in (("16", (low, 0.25)), ("256", (-1.25, 0.875))):
            name = f"{key}_batch{size}"
            count = steps if size == "16" else {"digits": 80, "mnist1d": 110}[key]
            made.append(Sweep(name, name, count, rates(decades(*ends)), **figure))
    return made


def _watched(digits, signals, figure) -> list[Sweep]:
    """Chapter 08: controllers from thirteen starts."""
    full = functools.partial(Sweep, problem="full", steps=480)
    grid = rates(STARTS, decades(-1.25, 0.75))
    made = [full("full_rates", rates=grid, seeds=30)]
    names = {"watch": "watch", "plateau": "plateau", "hypergradient": "hypergradient"}
    for name, schedule in names.items():
        kept = dict(seeds=30) if name == "watch" else figure
        for key, row in (("digits", digits), ("mnist1d", signals)):
            made.append(row(f"{key}_{name}", key, rates=rates(STARTS), schedule=schedule, **kept))
        made.append(full(f"full_{name}", rates=rates(STARTS), schedule=schedule, **figure))
    made.append(full("full_bold", rates=rates(STARTS), schedule="bold driver", **figure))
    return [*made, digits("digits_adam_watch", "digits", rates=rates(STARTS), schedule="watch",
                          rule="Adam")]  # fmt: skip


SWEEPS = {sweep.name: sweep for sweep in _table()}
