"""The statements: what each says, and the sentence that sums up what was found."""

from typing import NamedTuple


class Statement(NamedTuple):
    """Chapter, statement, what was found in a sentence, and on what it depends (or nothing)."""

    chapter: int
    says: str
    sentence: str
    depends_on: str


STATEMENTS = {
    "S1": Statement(
        1,
        "The learning rate sets how far an update moves the weights.",
        "From 0.01 to 0.1 one update is exactly ten times as long; over a whole training the path "
        "is about seven times as long, and it ends only three to four times as far away.",
        "",
    ),
    "S2": Statement(
        2,
        "Too small a rate is slow.",
        "A tenth of the best rate takes three to four times as many epochs to the accuracy that "
        "it ends with: slower, though less than in proportion.",
        "",
    ),
    "S3": Statement(
        2,
        "Too large a rate overshoots and loses the run.",
        "On digits every run is lost at three times the best rate, on MNIST-1D at ten times; what "
        "happens at three times there is not settled.",
        "how far above the best it is, and on the problem",
    ),
    "S4": Statement(
        2,
        "In between lies a band of rates that are fast and stable.",
        "Rates within a point of the best span about a decade on digits, more once the inputs are "
        "standardised, and about half a decade on MNIST-1D, where the width is not settled.",
        "the problem and its inputs",
    ),
    "C1": Statement(
        2,
        "Centred and scaled inputs widen the band of good rates.",
        "Standardising makes the band on digits wider by a factor of two to four. Whether "
        "training also ends better is not settled.",
        "what is asked: a wider band, or a better end",
    ),
    "S5": Statement(
        3,
        "Multiplying the rate by a factor below 1 at every step steadies late training.",
        "Late training becomes calmer; whether twice as calm is not settled. On MNIST-1D it ends "
        "one to three points ahead; on digits, where little noise is left, nothing is gained.",
        "the noise that is left",
    ),
    "S6": Statement(
        3,
        "Dropping the rate every so many epochs steadies late training.",
        "After the drops late training is about twelve times calmer on MNIST-1D, and ends one to "
        "two points ahead where noise is left; on standardised digits nothing is gained.",
        "the noise that is left",
    ),
    "S7": Statement(
        4,
        "AdaGrad adapts the rate by itself and spares you the tuning.",
        "Its default rate costs thirteen points, and its band is not shown to be wider than "
        "SGD's. On badly scaled inputs it ends well ahead.",
        "what is asked: less tuning, or badly scaled inputs",
    ),
    "S8": Statement(
        4,
        "RMSprop adapts the rate by itself and spares you the tuning.",
        "Its default rate is the best one on MNIST-1D and costs one to two points with wrong "
        "labels. On badly scaled inputs it ends far ahead.",
        "the problem",
    ),
    "S9": Statement(
        4,
        "Adam adapts the rate by itself and spares you the tuning.",
        "Its default rate costs ten points in this budget, and its band is not shown to be wider "
        "than SGD's. On badly scaled inputs it ends far ahead.",
        "what is asked: less tuning, or badly scaled inputs",
    ),
    "S10": Statement(
        5,
        "A grid from 1e-5 to 0.1, judged on validation data, finds a good rate.",
        "With SGD the best rate lies above the whole grid, which costs one to six points. With "
        "Adam it lies inside, and the grid loses nothing that counts.",
        "whether the best rate lies inside the grid",
    ),
    "S11": Statement(
        5,
        "A random search finds a rate as good as a grid does.",
        "With one training a rate, twelve random rates end about a point behind twelve evenly "
        "spaced ones. With momentum as a second dimension the difference is not settled.",
        "the problem, as far as it is settled",
    ),
    "S16": Statement(
        5,
        "A range test finds the rate, and the bounds of a cycle.",
        "A third of the minimum costs two to six points on MNIST-1D. Cycles between its bounds "
        "end at most a point behind a tuned constant rate, one to six behind tuned cycles.",
        "what it is compared with",
    ),
    "S12": Statement(
        6,
        "A warm-up avoids an unstable start with large steps.",
        "From a bad start a warm-up saves most of the runs that are lost without, and doubles "
        "the largest rate. From an ordinary start that is not settled; before a cosine of "
        "920 steps Adam gains something, at most a point and a half.",
        "the start",
    ),
    "S13": Statement(
        7,
        "Triangular cycles explore rates, leave local minima and end better.",
        "They end five points ahead of a constant rate. Against a warm-up with a decay no "
        "advantage is settled, and no more balls leave the wrong basin than with a tuned rate.",
        "what they are compared with",
    ),
    "S14": Statement(
        7,
        "Sinusoidal cycles explore rates, leave local minima and end better.",
        "They end five points ahead of a constant rate. Against a warm-up with a decay an "
        "advantage of at most about 1.3 points is possible, and not settled.",
        "what they are compared with",
    ),
    "S15": Statement(
        8,
        "Watching the gradient tells when to cut the rate and when to raise it.",
        "With SGD the watch brings most runs from bad starts near the best rate, costs at most a "
        "point where the rate is the best already, and on MNIST-1D the cosine warns long before "
        "the loss.",
        "",
    ),
    "S17": Statement(
        9,
        "A well-chosen rate is faster, and ends better.",
        "It is twenty times as fast as 0.001 and ends three points ahead at equal training loss. "
        "Raising the rate step by step from 0.001 finds it; lowering it from 10 loses runs.",
        "the way it is chosen",
    ),
    "R1": Statement(
        9,
        "The course's recipe finds a rate near the best.",
        "With Adam the recipe comes within about a point of the best of four dense sweeps, with "
        "SGD it misses by two to three. The default, trained as long as a search may cost, is "
        "ahead of the recipe with SGD and level with the recipe with Adam.",
        "the update rule, and on what the search costs",
    ),
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
