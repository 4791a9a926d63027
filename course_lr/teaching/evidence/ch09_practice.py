"""Chapter 09, what practice asks next: batch size against η, weight decay against η."""

import numpy as np

from course_lr.problems import MLP, digits, mnist1d
from course_lr.teaching.evidence.ch09 import SUMMARY
from course_lr.teaching.evidence.claims import claim
from course_lr.teaching.evidence.sweeps import decades, swept
from course_lr.teaching.evidence.trial import POINTS, Effects, Refused, Trial
from course_lr.training import train
from course_lr.updates import AdamW

# --- batch size -----------------------------------------------------------------------------------


@swept("digits, MLP 64-32-10, 20 epochs, batches of 16 and of 256", decades(-2.5, 0.25), 1340)
def digits_batch16() -> MLP:
    return digits(batch_size=16)


@swept("digits, MLP 64-32-10, 20 epochs in batches of 256", decades(-1.25, 0.5), 80)
def digits_batch256() -> MLP:
    return digits(batch_size=256)


@swept("MNIST-1D, MLP 40-48-10, 10 epochs, batches of 16 and of 256", decades(-2.5, 0.25), 1870)
def mnist1d_batch16() -> MLP:
    return mnist1d(hidden=(48,), batch_size=16)


@swept("MNIST-1D, MLP 40-48-10, 10 epochs in batches of 256", decades(-0.75, 0.75), 110)
def mnist1d_batch256() -> MLP:
    return mnist1d(hidden=(48,), batch_size=256)


def middle(means: np.ndarray, logs: np.ndarray, within: float = 0.01) -> np.ndarray:
    """The middle of the band of rates within a point of the best, log10; rates come last.

    The best single rate jumps between near-equals; the middle of the band does not.
    """
    near = means >= means.max(axis=-1, keepdims=True) - within
    if means.ndim == 1 and (near[0] or near[-1]):
        raise Refused("the band of good rates goes on beyond the grid: it has no middle")
    return (near * logs).sum(axis=-1) / near.sum(axis=-1)


@claim(
    "S17-batch",
    on=[(digits_batch16, digits_batch256), (mnist1d_batch16, mnist1d_batch256)],
    statement="The middle of the band of good rates grows at least with the square root of the "
    "batch: by the exponent of one half or more, for the same number of epochs.",
    compared_with="batches of 16 and of 256; the middle of the band within one point of the best",
    threshold=0.5,
    unit="exponent of the batch size",
    condition="SGD, constant rate. One would be proportion, as often recommended.",
    interval="BCa bootstrap",
    **SUMMARY,
)
def rate_against_batch(trial: Trial) -> Effects:
    curves = [trial.of(number).cut(trial.judging) for number in range(2)]
    bests = [trial.choose(of=number) for number in range(2)]
    for name, each, best in zip(("16", "256"), curves, bests):
        trial.count(f"batch {name}, best rate", each.failed[best.index], 1)
    accuracy = [each.test_accuracy.T.astype(float) for each in curves]  # (seeds, rates)
    sizes = np.cumsum([each.shape[1] for each in accuracy])
    logs = [np.log10(each.rates) for each in curves]

    def exponent(samples):
        means = np.split(samples.mean(axis=1), sizes[:1], axis=-1)
        low, high = (middle(mean, log) for mean, log in zip(means, logs))
        return (high - low) / np.log10(16)

    middles = [10 ** float(middle(a.mean(axis=0), log)) for a, log in zip(accuracy, logs)]
    facts = {"middle of the band, batch 16": middles[0], "batch 256": middles[1]}
    facts |= {f"accuracy {n}, %": 100 * a[:, b.index].mean()
              for n, a, b in zip(("16", "256"), accuracy, bests)}  # fmt: skip
    return Effects(np.concatenate(accuracy, axis=1), facts, statistic=exponent)


# --- weight decay ---------------------------------------------------------------------------------

ETAS = 10 ** np.arange(-3.5, -0.9, 0.25)
DECAYS = np.array([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
"""The map of weight decay × rate, with AdamW."""


def decay_map(problem: MLP, steps: int, seeds, split: str, etas=ETAS, decays=DECAYS) -> np.ndarray:
    """Accuracy of AdamW ``(decays, rates, seeds)``."""
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


DECAY = dict(
    statement="Weight decay pays: tuned together with the rate it ends at least one point ahead of "
    "the best rate without it.",
    compared_with="AdamW without weight decay at its own best rate",
    threshold=1.0,
    unit=POINTS,
    **SUMMARY,
)


def decay_against_none(trial: Trial, problem: MLP, steps: int) -> Effects:
    tuned = decay_map(problem, steps, trial.tuning, "validation").mean(axis=2)
    place, plain = np.unravel_index(tuned.argmax(), tuned.shape), int(tuned[0].argmax())
    pairs = [(ETAS[place[1]], DECAYS[place[0]]), (ETAS[plain], 0.0)]
    test = [
        100 * decay_map(problem, steps, trial.judging, "test", *map(np.atleast_1d, pair))[0, 0]
        for pair in pairs
    ]
    trial.count("both", np.stack(test, axis=1) < 100 * problem.chance + 5, steps)
    facts = {"rate": pairs[0][0], "weight decay": pairs[0][1], "without: rate": pairs[1][0]}
    facts |= {"accuracy, %": test[0].mean(), "without, %": test[1].mean()}
    return Effects(test[0] - test[1], facts)


@claim(
    "S17-decay-labels",
    problem="digits with 30 % wrong training labels, MLP 64-32-10, 320 steps of 64",
    condition="Many labels are wrong; to memorise them would hurt.",
    **DECAY,
)
def decay_on_wrong_labels(trial: Trial) -> Effects:
    return decay_against_none(trial, digits(label_noise=0.3), 320)


@claim(
    "S17-decay-digits",
    problem="digits, MLP 64-32-10, 320 steps of 64",
    condition="A short training on clean labels. The search chose no decay, so that the same "
    "training stands on both sides.",
    **DECAY,
)
def decay_on_digits(trial: Trial) -> Effects:
    return decay_against_none(trial, digits(), 320)
