"""The table of measurements. A new one of a kind that exists is one row here.

A row names its measure and what that reads; the size asked for is fixed before looking, with its
reason, once for each problem (`asked_when` says where it was set after an earlier result was
known). `replaces` names the claims of the earlier report (commit d7e34ac) that it stands for.
"""

import dataclasses
from collections.abc import Callable

from experiments import measures as m
from experiments import own_trainings as own
from experiments.problems import PROBLEMS

POINTS = "points of accuracy"
SIZES = {
    "digits": (0.5, "half a point: what another split of the 360 test digits may do"),
    "mnist1d": (1.0, "one point: what another data set of 1,000 test signals may do"),
}
"""The difference in accuracy that is asked for, with its reason, once for each data set."""
BEST = "the constant rate, tuned"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One row.

    Attributes:
        id: begins with that of its statement.
        statement: on whose card it stands; ``None`` for those on no card.
        measure, reads: a function, and its arguments after the trial.
        problem: the row's name on a card, in words.
        data: a key of ``PROBLEMS``, which says what each seed draws.
        question: what is measured, a sentence.
        against: what it is compared with.
        unit: of the effect; a ratio's begins with "times".
        asked, none: the size asked for, and what no effect is.
        reason: of the size.
        asked_when: ``"before"`` or ``"after"`` an earlier result was known.
        replaces: ids of the earlier report.
        noninferior: whether it says that something does not cost more than ``-asked``.
        decimals: printed.
    """

    id: str
    statement: str | None
    measure: Callable
    reads: tuple
    problem: str
    data: str
    question: str
    against: str
    unit: str
    asked: float
    reason: str
    none: float = 0.0
    asked_when: str = "before"
    replaces: str = ""
    noninferior: bool = False
    decimals: int = 1

    @property
    def row(self) -> tuple:
        """What the result rests on besides code."""
        return self.id, self.measure.__name__, self.reads, self.asked, self.none, self.noninferior


TABLE: dict[str, Measurement] = {}


def add(id: str, measure: Callable, *reads, card: bool = True, **words) -> None:
    """Put a row into the table; the statement is the part of the id before the first dash."""
    words.setdefault("problem", PROBLEMS[words["data"]].words)
    statement = id.split("-")[0] if card else None
    if words["unit"].startswith("times"):
        words.setdefault("none", 1.0)
    if words.get("noninferior"):
        words["asked"] = words["none"] = -abs(words["asked"])
    TABLE[id] = Measurement(id, statement, measure, reads, **words)


def points(id: str, measure: Callable, *reads, data: str, **words) -> None:
    """A row in points of accuracy, with the size of its data set."""
    size, reason = SIZES["mnist1d" if data in ("mnist1d", "scaled") else "digits"]
    words = {"unit": POINTS, "asked": size, "reason": reason, "decimals": 2} | words
    add(id, measure, *reads, data=data, **words)


def costs(id: str, measure: Callable, *reads, **words) -> None:
    """A row that says: it does not cost more than the size of its data set."""
    points(id, measure, *reads, noninferior=True, **words)


# --- chapters 01 and 02 ---------------------------------------------------------------------------

PROPORTION = "nine tenths of proportion"
add("S1-path", own.moved, "digits", 480, True, data="digits",
    problem="digits, length of the whole path",
    question="How many times as long a path do the weights travel with ten times the rate?",
    against="a tenth of the rate, 0.01, in the same 480 steps", unit="times as far",
    asked=9.0, reason=PROPORTION, asked_when="after", replaces="S1-training")  # fmt: skip
add("S1-distance", own.moved, "digits", 480, False, data="digits",
    problem="digits, distance from the start",
    question="How many times as far from the start do the weights end with ten times the rate?",
    against="a tenth of the rate, 0.01, in the same 480 steps", unit="times as far",
    asked=9.0, reason=PROPORTION, replaces="S1-training")  # fmt: skip

HALF = "half of the ten times that proportion would give"
for key in ("digits", "mnist1d"):
    add(f"S2-{key}", m.slower, f"{key}_rates", data=key,
        question="How many times as long does a tenth of the best rate take to where it ends?",
        against="the epochs in which the best constant rate is as accurate",
        unit="times as long", asked=5.0, reason=HALF,
        replaces=f"S2-{key} S2-quadratic S2-budget-{key}")  # fmt: skip

LOST = dict(unit="% of the runs", asked=50.0, reason="most of the runs", asked_when="after")
for key in ("digits", "mnist1d"):
    add(f"S3-{key}", m.lost_above, f"{key}_rates", 0.5, data=key, **LOST,
        question="How many more runs are lost at three times (half a decade above) the best rate?",
        against="the best constant rate",
        replaces=f"S3-{key} S4-cliff-{key} S3-fluctuation-{key} S3-calm-{key}")  # fmt: skip
add("S3-tenfold", m.lost_above, "mnist1d_rates", 1.0, data="mnist1d", **LOST,
    problem="MNIST-1D, ten times the best rate",
    question="How many more runs are lost at ten times the best rate?",
    against="the best constant rate", replaces="S3-tenfold-mnist1d S3-blow-up-mnist1d")  # fmt: skip
add("S3-sharpness", own.first_failing, card=False, data="full",
    question="How many times 2/λ, with the sharpness λ at the start, is the first rate that fails?",
    against="2/λ, the limit of a quadratic", unit="times 2/λ", asked=1.25, asked_when="after",
    reason="the claim was agreement to 80 %; a quarter above is more than that", decimals=2,
    replaces="S3-sharpness-relu S3-sharpness-tanh")  # fmt: skip

DECADE = "a grid of half decades can't miss such a band"
for key in ("mnist1d", "digits", "standard"):
    add(f"S4-{key}", m.band, f"{key}_rates", data=key, asked=0.5, reason=DECADE, decimals=2,
        asked_when="after" if key != "standard" else "before", unit="decades wide",
        question="How wide is the band of constant rates within a point of the best accuracy?",
        against="the best constant rate",
        replaces=f"S4-band-{key} S4-fast-{key}" if key != "standard" else "")  # fmt: skip
add("C1-band", m.wider, "standard_rates", "digits_rates", data="standard", unit="decades wider",
    problem="digits, width of the band",
    question="By how much does standardising the inputs widen the band of good rates?",
    against="the digits as they come, 0 to 1", asked=0.5, decimals=2,
    reason="what is asked of the methods of chapter 04 as well")  # fmt: skip
points("C1-ends", m.gain, "standard_rates", "digits_rates", data="standard",
       problem="digits, accuracy",
       question="How many points does standardising gain, each at its own tuned rate?",
       against="the digits as they come, 0 to 1")  # fmt: skip

# --- chapter 03 -----------------------------------------------------------------------------------

CALM = dict(unit="times calmer", asked=2.0, reason="half the fluctuation can be seen in a plot",
            question="How many times less does validation accuracy change from epoch to epoch?",
            against=BEST)  # fmt: skip
ENDS = "How many points further does it end, each at its own tuned first rate?"
for key in ("mnist1d", "labels"):
    add(f"S5-calm-{key}", m.calmer, f"{key}_exponential", f"{key}_rates", data=key, **CALM,
        problem=PROBLEMS[key].words + ", calm",
        replaces=f"S5-smooth-{key} S5-steady-{key} S5-efficient-{key}")  # fmt: skip
points("S5-gain-mnist1d", m.gain, "mnist1d_exponential", "mnist1d_rates", data="mnist1d",
       problem="MNIST-1D, accuracy", question=ENDS, against=BEST,
       replaces="S5-better-mnist1d S5-better-fresh S5-better-mnist1d5x")  # fmt: skip
points("S5-gain-digits", m.gain, "digits_exponential", "digits_rates", data="digits",
       problem="digits, accuracy", question=ENDS, against=BEST,
       replaces="S5-better-digits S5-better-digits5x S5-smooth-digits")  # fmt: skip
points("S5-gain-labels", m.gain, "labels_exponential", "labels_rates", data="labels", card=False,
       question=ENDS, against=BEST, replaces="S5-better-labels S5-better-labels5x")  # fmt: skip
points("S5-gain-standard", m.gain, "standard_exponential", "standard_rates", data="standard",
       card=False, question=ENDS, against=BEST)  # fmt: skip
points("S5-cosine-mnist1d", m.gain, "mnist1d_cosine", "mnist1d_rates", data="mnist1d", card=False,
       question="How many points further does half a cosine end, each at its own tuned rate?",
       against=BEST, replaces="S5-cosine-mnist1d S5-cosine-fresh S5-cosine-labels")  # fmt: skip
add("S6-calm-mnist1d", m.calmer, "mnist1d_epochs", "mnist1d_rates", data="mnist1d", **CALM,
    problem="MNIST-1D, calm", replaces="S6-smooth-mnist1d S6-steady-mnist1d")  # fmt: skip
for key in ("mnist1d", "labels"):
    points(f"S6-gain-{key}", m.gain, f"{key}_epochs", f"{key}_rates", data=key,
           problem=PROBLEMS[key].words + ", accuracy", question=ENDS, against=BEST,
           replaces=f"S6-epochs-{key} S6-batches-{key}")  # fmt: skip
points("S6-gain-standard", m.gain, "standard_epochs", "standard_rates", data="standard",
       problem="digits, standardised, accuracy", question=ENDS, against=BEST,
       replaces="S6-epochs-digits S6-batches-digits")  # fmt: skip
for key in ("digits", "labels", "mnist1d"):
    add(f"S5-noise-{key}", own.noise_left, f"{key}_rates", data=key, card=False,
        question="How many times smaller are mini-batch gradients in the last 16 steps?",
        against="the first 16 steps, at the tuned constant rate", unit="times smaller",
        asked=10.0, reason="what a decay to a tenth does to the step")  # fmt: skip

# --- chapter 04 -----------------------------------------------------------------------------------

METHODS = {"S7": ("adagrad", 1e-2), "S8": ("rmsprop", 1e-2), "S9": ("adam", 1e-3)}
DEFAULT = "How many points does the default rate cost?"
for of, (rule, rate) in METHODS.items():
    own_rate = f"its own tuned rate; the default is {rate:g}"
    costs(f"{of}-default-mnist1d", m.default, f"mnist1d_{rule}", rate, data="mnist1d",
          problem="MNIST-1D, default rate", question=DEFAULT, against=own_rate,
          replaces=f"{of}-{rule}-default-mnist1d {of}-{rule}-default-digits")  # fmt: skip
    points(f"{of}-scaled", m.gain, f"scaled_{rule}", "scaled_momentum", data="scaled",
           problem="MNIST-1D, badly scaled inputs, accuracy",
           question="How many points further does it end on badly scaled inputs?",
           against="SGD with momentum, tuned",
           replaces=f"{of}-{rule}-scaled-mnist1d {of}-{rule}-scaled-digits")  # fmt: skip
    points(f"{of}-ends", m.gain, f"mnist1d_{rule}", "mnist1d_momentum", data="mnist1d", card=False,
           question="How many points further does it end, each at its own tuned rate?",
           against="SGD with momentum, tuned",
           replaces=f"{of}-{rule}-ends-mnist1d {of}-{rule}-ends-digits")  # fmt: skip
WIDER = dict(unit="decades wider", asked=0.5, reason="half a decade: a factor of three to spare",
             question="By how much is its band of good rates wider?", decimals=2)  # fmt: skip
for of, rule in (("S7", "adagrad"), ("S9", "adam")):
    add(f"{of}-band-mnist1d", m.wider, f"mnist1d_{rule}", "mnist1d_rates", data="mnist1d", **WIDER,
        problem="MNIST-1D, width of the band", against="the band of plain SGD",
        replaces=f"{of}-{rule}-band-mnist1d {of}-{rule}-band-digits")  # fmt: skip
costs("S8-default-labels", m.default, "labels_rmsprop", 1e-2, data="labels",
      problem="digits with 20 % wrong labels, default rate", question=DEFAULT,
      against="its own tuned rate; the default is 0.01")  # fmt: skip
add("S9-band-standard", m.wider, "standard_adam", "standard_rates", data="standard", **WIDER,
    problem="digits, standardised, width of the band",
    against="the band of plain SGD")  # fmt: skip

# --- chapter 05 -----------------------------------------------------------------------------------

FIVE = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
GRID = dict(question="How many points does the grid 1e-5, 1e-4 … 0.1 cost?",
            against="the best rate of a fine grid that goes on beyond it")  # fmt: skip
for key, words in {
    "mnist1d": "MNIST-1D",
    "digits": "digits",
    "standard": "digits, standardised",
}.items():
    costs(f"S10-{key}", m.on_grid, f"{key}_rates", FIVE, data=key, **GRID,
          problem=f"{words}, SGD",
          replaces=f"S10-notes-{key} S10-powers-{key}" if key != "standard" else "")  # fmt: skip
costs("S10-adam", m.on_grid, "mnist1d_adam", FIVE, data="mnist1d", **GRID,
      problem="MNIST-1D, Adam",
      replaces="S10-notes-adam-mnist1d S10-notes-adam-digits S10-powers-adam-mnist1d")  # fmt: skip
costs("S10-loss", own.by_loss, "mnist1d", 920, data="mnist1d", card=False,
      question="How many points does it cost to choose the rate by validation loss?",
      against="the choice by validation accuracy, from the same trainings",
      replaces="S10-loss-mnist1d S10-loss-digits")  # fmt: skip
costs("S10-halving", own.halving, "mnist1d_rates", data="mnist1d", card=False,
      question="How many points does successive halving cost, with a quarter of the steps?",
      against="the full search of the same 25 rates",
      replaces="S10-halving-mnist1d S10-halving-digits")  # fmt: skip
for key in ("mnist1d", "digits"):
    costs(f"S11-{key}", m.at_random, f"{key}_rates", 1e-5, 10.0, 12, data=key,
          question="How many points do twelve random rates cost?",
          against="a grid of twelve from 1e-5 to 10, one training a rate",
          replaces=f"S11-line-{key} S11-good-{key} S11-notes-range-{key}")  # fmt: skip
points("S11-plane", own.plane, "mnist1d", 920, data="mnist1d",
       problem="MNIST-1D, rate and momentum",
       question="How many points further do nine random settings of rate and momentum come?",
       against="a grid of 3 × 3 from end to end",
       replaces="S11-plane-mnist1d S11-plane-digits S11-middles-mnist1d")  # fmt: skip
READ = dict(question="How many points does the rate cost that a range test reads?", against=BEST)
for key, words in {
    "mnist1d": "MNIST-1D",
    "digits": "digits",
    "standard": "digits, standardised",
}.items():
    costs(f"S16-third-{key}", own.read_off, f"{key}_rates", "third", data=key, **READ,
          problem=f"{words}, a third of the minimum", card=key == "mnist1d",
          replaces=f"S16-third-{key}" if key != "standard" else "")  # fmt: skip
costs("S16-third-adam", own.read_off, "mnist1d_adam", "third", data="mnist1d", card=False, **READ,
      problem="MNIST-1D, Adam, a third of the minimum",
      replaces="S16-third-adam-mnist1d S16-third-adam-digits")  # fmt: skip
for reading, words in {"minimum": "the minimum", "steepest": "the steepest point"}.items():
    costs(f"S16-{reading}", own.read_off, "mnist1d_rates", reading, data="mnist1d", card=False,
          problem=f"MNIST-1D, {words}", **READ,
          replaces=f"S16-{reading}-mnist1d S16-{reading}-digits")  # fmt: skip

# --- chapter 06 -----------------------------------------------------------------------------------

COLD = "the same without a warm-up"
for key, words in {"deep": PROBLEMS["deep"].words, "mnist1d": "MNIST-1D, ordinary start"}.items():
    add(f"S12-saved-{key}", m.saved, f"{key}_warm", f"{key}_cold", data=key, problem=words,
        question="Where half of the runs are lost, how many more survive with a warm-up?",
        against=COLD + ", at the same large rate", unit="% of the runs", asked=25.0,
        reason="half of what is lost", asked_when="after",
        replaces="S12-rescue-deep S12-short-deep" if key == "deep" else
        "S12-rescue-mnist1d S12-rescue-hestart S12-rescue-digits")  # fmt: skip
add("S12-limit-deep", m.limit, "deep_warm", "deep_cold", data="deep",
    problem="digits, deep net, bad start, largest rate",
    question="How many times as large a rate is borne with a warm-up over a tenth of the steps?",
    against=COLD, unit="times the rate", asked=2.0, reason="a factor that a grid would show",
    replaces="S12-limit-deep S12-limit-cosine-deep S12-limit-batch-large")  # fmt: skip
for rule, prefixes in {"SGD": ("short", "mnist1d"), "Adam": ("short_adam", "mnist1d_adam")}.items():
    for prefix, steps in zip(prefixes, (460, 920)):
        points(f"S12-{rule.lower()}{steps}", m.gain, f"{prefix}_warmcosine", f"{prefix}_cosine",
               data="mnist1d", problem=f"MNIST-1D, {rule}, {steps} steps, accuracy",
               card=rule == "Adam" and steps == 920,
               question="How many points does a warm-up before a cosine gain, each tuned?",
               against="the same cosine without a warm-up",
               replaces="S12-best-cosine-mnist1d S12-best-cosine-fresh" if rule == "SGD" else
               "S12-best-adam-mnist1d")  # fmt: skip

# --- chapter 07 -----------------------------------------------------------------------------------

DECAYING = "warm-up and a cosine to 0, tuned, in the same steps"
for of, cycle in (("S13", "triangular"), ("S14", "sinusoidal")):
    points(f"{of}-decay", m.gain, f"mnist1d_{cycle}", "mnist1d_warmcosine", data="mnist1d",
           problem="MNIST-1D, against warm-up + decay", question=ENDS, against=DECAYING,
           replaces=f"{of}-decay-mnist1d {of}-fresh-mnist1d {of}-decay-digits")  # fmt: skip
    points(f"{of}-constant", m.gain, f"mnist1d_{cycle}", "mnist1d_rates", data="mnist1d",
           problem="MNIST-1D, against a constant rate", question=ENDS, against=BEST,
           replaces=f"{of}-better-mnist1d {of}-better-digits")  # fmt: skip
add("S13-escape", m.gain, "wide_triangular", "wide_constant", "wide_decay", data="wide",
    problem="seven wells, deepest one wide",
    question="How many more balls end in the deepest basin?",
    against="the better of a constant rate and a decay, tuned", unit="% of the balls",
    asked=5.0, reason="a twentieth of the starts",
    replaces="S13-escape-wide S13-escape-narrow S13-escape-ripples S14-escape-wide")  # fmt: skip
add("S13-bounds", m.wider, "mnist1d_triangular", "mnist1d_rates", True, data="mnist1d",
    problem="MNIST-1D, width of the good peaks",
    question="How much wider is the band of peaks within a point of the best constant rate?",
    against="the band of constant rates within a point of the best", unit="decades wider",
    asked=0.25, reason="two steps of the grid", decimals=2,
    replaces="S13-explore-mnist1d S13-explore-digits")  # fmt: skip
points("S13-adam", m.gain, "mnist1d_adam_triangular", "mnist1d_adam_warmcosine", data="mnist1d",
       card=False, problem="MNIST-1D, Adam, against warm-up + decay", question=ENDS,
       against=DECAYING + ", with Adam",
       replaces="S13-adamdecay-mnist1d S13-adamfresh-mnist1d S13-adam-mnist1d")  # fmt: skip
for key in ("wide", "narrow"):
    add(f"S13-leave-{key}", m.gain_over, f"{key}_triangular", f"{key}_constant", 0.0562341,
        data=key, card=False, question="How many more balls end in the deepest basin?",
        against="the constant rate 0.056, which jumps over no rim", unit="% of the balls",
        asked=5.0, reason="a twentieth of the starts",
        replaces=f"S13-leave-{key} S14-leave-{key} S17-leave-{key}")  # fmt: skip
for what, name in {"cycle": "mnist1d_triangular", "constant": "mnist1d_rates"}.items():
    costs(f"S16-bounds-{what}", own.range_bounds, name, data="mnist1d",
          problem=f"MNIST-1D, cycle against the tuned {what}" + " rate" * (what == "constant"),
          question="How many points do cycles cost whose bounds one range test reads?",
          against="cycles with a tuned peak" if what == "cycle" else BEST,
          replaces="S16-bounds-mnist1d S16-bounds-digits" if what == "cycle" else "")  # fmt: skip

# --- chapter 08 -----------------------------------------------------------------------------------

RESCUED = dict(unit="% of the runs", asked=50.0, reason="most of the runs",
               against="the same start left alone")  # fmt: skip
for side, high, where in (("cut", True, "too large"), ("raise", False, "too small")):
    add(f"S15-{side}", m.rescued, "mnist1d_watch", "mnist1d_rates", high, data="mnist1d", **RESCUED,
        problem=f"MNIST-1D, starts that are {where}",
        question=f"How many more runs from a rate {where} end within two points of the best rate?",
        replaces=f"S15-{side}-watch-mnist1d S15-{side}-watch-fresh")  # fmt: skip
costs("S15-cost", m.watch_costs, "mnist1d_rates", data="mnist1d",
      problem="MNIST-1D, started at the best rate",
      question="How many points does the watch cost where the rate is the best already?",
      against="the best constant rate, left alone",
      replaces="S15-cost-watch-mnist1d S15-cost-watch-fresh")  # fmt: skip
add("S15-first", own.warned, "mnist1d", 920, data="mnist1d",
    problem="MNIST-1D, cosine before loss",
    question="How many steps before the loss does the cosine between gradients warn?",
    against="the growth of the loss; both with one false alarm in 1,000 healthy steps",
    unit="steps earlier", asked=16.0, reason="two windows of eight steps", decimals=0,
    replaces="S15-first-mnist1d S15-first-digits S15-first-full")  # fmt: skip
add("S15-cut-adam", m.rescued, "digits_adam_watch", "digits_adam", True, data="digits", card=False,
    problem="digits, Adam, starts that are too large", **RESCUED,
    question="How many more runs from a rate too large end within two points of the best rate?",
    replaces="S15-cut-watch-digits")  # fmt: skip
costs("S15-cost-digits", m.watch_costs, "digits_rates", data="digits", card=False,
      problem="digits, started at the best rate",
      question="How many points does the watch cost where the rate is the best already?",
      against="the best constant rate, left alone", replaces="S15-cost-watch-digits")  # fmt: skip
EDGES = {"edge_tanh_mse": "S15-edge-tanh", "edge_relu_mse": "", "edge_relu_ce": "S15-edge-relu"}
for key, old in EDGES.items():
    add(f"S15-{key.replace('_', '-')}", own.at_the_edge, key, data=key, card=False,
        question="How far is the sharpness from 2/η in the second thousand of full-batch steps?",
        against="2/η, for the rates 0.2 and 0.5", unit="% from 2/η", asked=10.0, noninferior=True,
        reason="a tenth: two lines that can't be told apart in the plot",
        replaces=old)  # fmt: skip

# --- chapter 09 -----------------------------------------------------------------------------------

points("S17-ends", own.at_equal_loss, "mnist1d", 0.6, 2760, data="mnist1d",
       problem="MNIST-1D, at equal training loss",
       question="How many points further is 0.6 than 0.06 when their training losses are equal?",
       against="a tenth of the rate, trained until it has the same training loss",
       replaces="S17-ends-mnist1d S17-ends-digits")  # fmt: skip
points("S17-ends-labels", own.at_equal_loss, "labels", 0.2, 2400, data="labels", card=False,
       problem="digits with 20 % wrong labels, at equal training loss",
       question="How many points further is 0.2 than 0.02 when their training losses are equal?",
       against="a tenth of the rate, trained until it has the same training loss")  # fmt: skip
add("S17-faster", m.faster, "mnist1d_rates", 1e-3, data="mnist1d", problem="MNIST-1D, speed",
    question="How many times fewer epochs does the best rate need to where 1e-3 ends?",
    against="the rate 1e-3 in the same steps", unit="times faster", asked=5.0,
    reason="a fifth of the time", replaces="S17-faster-mnist1d S17-faster-digits")  # fmt: skip
costs("S17-raise", m.adjusting, "mnist1d_rates", 1e-3, True, data="mnist1d",
      problem="MNIST-1D, up from 0.001",
      question="How many points does it cost to raise the rate from 0.001 by half decades?",
      against=BEST, replaces="S17-raise-mnist1d S17-raise-digits")  # fmt: skip
add("S17-lower", m.working, "mnist1d_rates", 10.0, False, data="mnist1d",
    problem="MNIST-1D, down from 10",
    question="How many fewer runs learn when the rate is lowered from 10 by half decades?",
    against=BEST, unit="% of the runs", asked=10.0, noninferior=True, asked_when="after",
    reason="one run in ten", replaces="S17-lower-mnist1d S17-lower-digits")  # fmt: skip
