"""The statements: what each says, and the sentence that sums up what was found."""

from typing import NamedTuple


class Statement(NamedTuple):
    """Chapter, statement, what was found in a sentence, and on what it depends (or nothing)."""

    chapter: int
    says: str
    sentence: str
    depends_on: str


STATEMENTS = {
    "S1": Statement(1, "The learning rate sets how far an update moves the weights.", "-", ""),
    "S2": Statement(2, "Too small a rate is slow.", "-", ""),
    "S3": Statement(2, "Too large a rate overshoots and loses the run.", "-", ""),
    "S4": Statement(2, "In between lies a band of rates that are fast and stable.", "-", ""),
    "C1": Statement(2, "Inputs that are centred and scaled widen the band of good rates.", "-", ""),
    "S5": Statement(
        3, "Multiplying the rate by a factor below 1 at every step steadies late training.", "-", ""
    ),
    "S6": Statement(3, "Dropping the rate every so many epochs steadies late training.", "-", ""),
    "S7": Statement(4, "AdaGrad adapts the rate by itself and spares you the tuning.", "-", ""),
    "S8": Statement(4, "RMSprop adapts the rate by itself and spares you the tuning.", "-", ""),
    "S9": Statement(4, "Adam adapts the rate by itself and spares you the tuning.", "-", ""),
    "S10": Statement(
        5, "A grid from 1e-5 to 0.1, judged on validation data, finds a good rate.", "-", ""
    ),
    "S11": Statement(5, "A random search finds a rate as good as a grid does.", "-", ""),
    "S16": Statement(5, "A range test finds the rate, and the bounds of a cycle.", "-", ""),
    "S12": Statement(6, "A warm-up avoids an unstable start with large steps.", "-", ""),
    "S13": Statement(
        7, "Triangular cycles explore rates, leave local minima and end better.", "-", ""
    ),
    "S14": Statement(
        7, "Sinusoidal cycles explore rates, leave local minima and end better.", "-", ""
    ),
    "S15": Statement(
        8, "Watching the gradient tells when to cut the rate and when to raise it.", "-", ""
    ),
    "S17": Statement(9, "A well-chosen rate is faster, and ends better.", "-", ""),
    "R1": Statement(9, "The course's recipe finds a rate near the best.", "-", ""),
}
REMOVED: list[tuple[str, str]] = [
    (
        "S1-quadratic, S1-digits, S1-lengths-*",
        "algebra: one update is η times the slope, which chapter 01 asserts",
    ),
    (
        "S3-overshoot, S3-divergence, S12-distance-quadratic, S12-distance-quartic",
        "algebra: 1/λ and 2/λ are derived and asserted in chapters 02 and 06",
    ),
    (
        "S5-*-quadratic, S6-*-quadratic",
        "algebra: the floor ησ²/(2(2 − ηλ)) and what follows from it are computed in chapter 03",
    ),
    (
        "S7/S8/S9-*-loss100-*, -inputs10-*, -differs-*, -recovers, S12-moment-*, S12-memory-*",
        "follow from the update's formula; chapters 04 and 06 show them in figures",
    ),
    (
        "S5-any-factor-*, S5-efficient-*, S5-steady-*, S6-steady-*",
        "a second measure of calm or of Σηₜ; the loss of single batches includes their differences",
    ),
    (
        "S5-smooth-fresh, S6-smooth-*, S3-tenfold-digits, S3-blow-up-digits",
        "the same question on another problem with the same answer",
    ),
    ("S7/S8/S9-*-sparse, S7-adagrad-rare-digits", "a problem made for the claim"),
    (
        "S9-adam-gap-*, S10-optimism-*, S10-one-seed-*",
        "not claimed by the notes; no card needs them",
    ),
    (
        "S10-halves-*, S10-linear-*, S10-powers-adam-digits, S11-middles-digits",
        "half grids: seen in one picture of chapter 05",
    ),
    ("S16-tenth-*, S16-*-adam-*", "readings that nobody takes; the third with Adam is kept"),
    (
        "S12-limit-*, S12-best-*, S12-waiting-digits, S12-beta2-digits",
        "one limit and four gains are "
        "kept; the others said the same of a constant rate after the warm-up",
    ),
    (
        "S12-short-*, S12-longer-*, S12-shape-*, S12-flatter-*, S12-fits-*, S12-distance-deep, "
        "S12-steepness-deep",
        "why and how long, at one rate near the cliff: another processor moved "
        "these numbers by more than their interval",
    ),
    (
        "S13-once-*, S13-several-*, S13-envelope-*, S14-restarts-*, S14-snapshot-*",
        "eight claims that found no difference between kinds of cycles",
    ),
    (
        "S13-lower-*, S13-noise-*, S13-adam*-digits, S*-leave-ripples, S14-escape-*",
        "the same number under another name, or a landscape of which one is enough",
    ),
    ("S15-single-*, S15-window-*", "counts of false alarms, printed in chapter 08"),
    (
        "S15-*-bold-*, -plateau-*, -hypergradient-*, S15-*-full, S15-raise-watch-digits",
        "other controllers: in the table of chapter 08",
    ),
    ("S17-start-*", "the default rates of chapter 04"),
    (
        "S17-tens-*, S17-batch-*, S17-decay-*, S17-leave-ripples",
        "asked after a look, or a question of chapter 12",
    ),
    (
        "S17-recipe-*, S17-ahead-*",
        "the recipe is a statement of its own, R1, with one headline; its contest is a table",
    ),
]
"""What the earlier report (commit d7e34ac) had and this one has not, and why."""
