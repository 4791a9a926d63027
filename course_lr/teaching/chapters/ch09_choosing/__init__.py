"""Chapter 09: adjust a rate, batch size and rate, weight decay and rate."""

import numpy as np

from course_lr.problems import MLP
from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.training import train
from course_lr.updates import AdamW

START = 1e-3
"""Where the notes begin."""
HALF = 10**0.5
"""The factor by which the rate is adjusted."""


def adjusted(rates: np.ndarray, shown: np.ndarray, start: float, factor: float) -> list[int]:
    """Places of the rates that a search tries, in order: from ``start`` one way, by ``factor``.

    Up (a factor above 1) it goes on as long as the accuracy ``shown`` ``(rates,)`` grows, down as
    long as it does not fall; the first rate that fails this is the last one tried.

    >>> adjusted(np.array([0.01, 0.1, 1.0, 10.0]), np.array([1, 3, 2, 4]), 0.01, 10)
    [0, 1, 2]
    """
    tried = [_at(rates, start)]
    while (following := _at(rates, rates[tried[-1]] * factor)) not in tried:
        gain = shown[following] - shown[tried[-1]]
        tried.append(following)
        if gain < 0 or (gain == 0 and factor > 1):
            break
    return tried


def kept(shown: np.ndarray, tried: list[int]) -> int:
    """The place of the best of the rates that were tried, on a tie the smaller rate.

    >>> kept(np.array([1, 3, 2, 4]), [0, 1, 2])
    1
    """
    return max(tried, key=lambda place: (shown[place], -place))


def _at(rates: np.ndarray, rate: float) -> int:
    return int(nearest(rates, [rate])[0])


def middle(means: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """The middle of the band of rates within a point of the best, log10; rates come last.

    The best single rate jumps between near-equals; the middle of the band does not.

    Raises:
        ValueError: one band, and it goes on beyond the grid.

    >>> float(middle(np.array([0.5, 0.9, 0.9, 0.5]), np.array([-2.0, -1.0, 0.0, 1.0])))
    -0.5
    """
    near = means >= means.max(axis=-1, keepdims=True) - 0.01
    if means.ndim == 1 and (near[0] or near[-1]):
        raise ValueError("the band of good rates goes on beyond the grid: it has no middle")
    return (near * logs).sum(axis=-1) / near.sum(axis=-1)


ETAS = 10 ** np.arange(-3.5, -0.9, 0.25)
DECAYS = np.array([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
"""The map of weight decay × rate, with AdamW."""


def decay_map(problem: MLP, steps: int, seeds, split: str, etas=ETAS, decays=DECAYS) -> np.ndarray:
    """Accuracy of AdamW at the end on a split, ``(decays, rates, seeds)``."""
    eta, decay = (each.ravel() for each in np.meshgrid(etas, decays))
    name = f"{split}_accuracy"
    history = train(
        problem,
        eta,
        update=AdamW(weight_decay=decay),
        steps=steps,
        seeds=list(seeds),
        record=("loss", name),
        record_every=steps,
    )
    return history.records[name][-1].reshape(len(decays), len(etas), -1)
