"""Chapter 05: twelve trainings to find a rate. A plan, beside grid, random search and halving.

Nothing is trained here: every training is one of the kept sweeps, at the nearest rate that they
have, so that a plan answers at once.
"""

import functools

import numpy as np

from course_lr.teaching import verdicts
from course_lr.teaching.chapters.ch05_searching import nearest
from course_lr.teaching.explorers import Control, Explorer, log, mosaic
from course_lr.teaching.figures.style import COLOURS, GREY, label, scientific

TRAININGS, LOW, HIGH, DRAWS = 12, 1e-5, 10.0, 50
SEEDS = slice(10, 30)  # searches; the seeds before them say which rate is the best
SWEEPS = {"digits": "digits_rates", "MNIST-1D": "mnist1d_rates"}
ROWS = ("your plan", "grid of 12", "12 at random", "halving")
ETA = log("eta", "lowest rate η", LOW / 10, 1, LOW, "Where your first look begins.", points=31)
DECADES = Control(
    "decades", "first look (decades)", (1, 2, 4, 6), 4, "How far up your first look reaches."
)
FIRST = Control(
    "first",
    "trainings in it (of 12)",
    (4, 6, 8, 10, 12),
    8,
    "The others go to a second look, round the best of the first.",
)
PROBLEM = Control("problem", "trained", tuple(SWEEPS), "MNIST-1D", "What is trained.")


@functools.cache
def table(problem: str):
    """The kept curves of the searches' seeds, and the place of the rate that ten others choose."""
    curves = verdicts.sweep(SWEEPS[problem])
    best = int(curves.validation_accuracy[-1, :, :10].mean(axis=1).argmax())
    return curves.cut(curves.seeds[SEEDS]), best


def winners(problem: str, candidates: np.ndarray) -> np.ndarray:
    """Of each search's candidates ``(searches, n)``, places, the best by validation accuracy."""
    shown = table(problem)[0].validation_accuracy[-1]
    scores = shown[candidates, np.arange(len(candidates))[:, None] % shown.shape[1]]
    return candidates[np.arange(len(candidates)), scores.argmax(axis=1)]


def kept(problem: str, chosen: np.ndarray) -> np.ndarray:
    """Test accuracy, in per cent, of what searches return; the seeds follow each other."""
    test = table(problem)[0].test_accuracy
    return 100 * test[chosen, np.arange(len(chosen)) % test.shape[1]].astype(float)


def looks(problem: str, eta: float, decades: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first look ``(first,)`` and of each search's second ``(searches, 12 - first)``.

    The second one spreads evenly over a step of the first one to both sides of its best rate.
    """
    rates, number = table(problem)[0].rates, TRAININGS - first
    coarse = nearest(rates, eta * 10 ** np.linspace(0, decades, first))
    searches = table(problem)[0].test_accuracy.shape[1]
    middle = rates[winners(problem, np.tile(coarse, (searches, 1)))]
    step = decades / (first - 1) * np.linspace(-1, 1, number + 2)[1:-1]
    return coarse, nearest(rates, middle[:, None] * 10**step)


@functools.cache
def rivals(problem: str) -> dict[str, np.ndarray]:
    """Test accuracy of what each rival returns, one or more searches a seed."""
    curves = table(problem)[0]
    seeds = len(curves.seeds)
    grid = nearest(curves.rates, np.geomspace(LOW, HIGH, TRAININGS))
    drawn = np.random.default_rng(0).uniform(np.log(LOW), np.log(HIGH), (DRAWS * seeds, TRAININGS))
    chosen = {
        "grid of 12": winners(problem, np.tile(grid, (seeds, 1))),
        "12 at random": winners(problem, nearest(curves.rates, np.exp(drawn))),
        "halving": halving(problem),
    }
    return {name: kept(problem, place) for name, place in chosen.items()}


def halving(problem: str) -> np.ndarray:
    """Each search's last one: all rates for a ninth of the epochs, a third of them to a third, …"""
    accuracy = table(problem)[0].validation_accuracy  # (epochs, rates, searches)
    epochs, rates, searches = accuracy.shape
    left = np.tile(np.arange(rates), (searches, 1))
    for part, keep in ((9, rates // 3), (3, rates // 9), (1, 1)):
        seen = accuracy[epochs // part - 1, left, np.arange(searches)[:, None]]
        left = np.take_along_axis(left, np.argsort(-seen, axis=1, kind="stable")[:, :keep], axis=1)
    return left[:, 0]


def compute(eta: float, decades: int, first: int, problem: str) -> dict:
    """The first search of this plan in full, and what all of them return."""
    curves, best = table(problem)
    coarse, fine = looks(problem, eta, decades, first)
    candidates = np.concatenate([np.tile(coarse, (len(fine), 1)), fine], axis=1)
    chosen, shown = winners(problem, candidates), 100 * curves.validation_accuracy[-1, :, 0]
    reached = {"your plan": kept(problem, chosen), **rivals(problem)}
    top = float(100 * curves.test_accuracy[best].mean())
    return {
        "coarse": (curves.rates[coarse], shown[coarse]),
        "fine": (curves.rates[fine[0]], shown[fine[0]]),
        "chosen": (curves.rates[chosen[0]], shown[chosen[0]]),
        "reached": reached,
        "best": top,
        "behind": float(top - reached["your plan"].mean()),
    }


def make(figure):
    """The axes, and the artists that move."""
    tried, bars = mosaic(figure, wide="AAB", narrow="A;B")
    label(tried, "learning rate η", "validation accuracy (%)", "one search with your plan")
    tried.set(xscale="log", xlim=(5e-6, 40), ylim=(0, 104))
    label(bars, "test accuracy (%)", "", "what is returned")
    bars.set(xlim=(0, 104), ylim=(len(ROWS) + 0.2, -0.8), yticks=[])
    star = {"color": COLOURS[1], "markeredgecolor": "black", "markersize": 17, "label": "chosen"}
    full = {"color": "black", "linewidth": 1.2, "label": "rate of the full search"}
    artists = {
        "coarse": tried.plot([], [], "o", color=COLOURS[0], label="first look")[0],
        "fine": tried.plot([], [], "D", color=COLOURS[2], label="second look")[0],
        "chosen": tried.plot([], [], "*", **star)[0],
        "best": bars.plot([], [], "--", **full)[0],
        "number": bars.text(0, len(ROWS) - 0.5, "", ha="center", va="top"),
        "dots": bars.plot([], [], "|", color=GREY, markersize=9, alpha=0.5)[0],
        "means": bars.plot([], [], "D", color=COLOURS[1], markersize=8)[0],
    }
    plain = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    for row, name in enumerate(ROWS):
        artists[name] = bars.text(2, row - 0.28, "", va="bottom", bbox=plain)
    bars.legend(loc="lower left")
    tried.legend(loc="upper left")
    return artists


def draw(artists, data: dict) -> None:
    """Move the artists to where the data say."""
    for name in ("coarse", "fine"):
        artists[name].set_data(*data[name])
    artists["chosen"].set_data([data["chosen"][0]], [data["chosen"][1]])
    artists["best"].set_data([data["best"]] * 2, [-0.8, len(ROWS) - 0.5])
    artists["number"].set_x(data["best"])
    artists["number"].set_text(f"{data['best']:.1f}")
    means = [data["reached"][name].mean() for name in ROWS]
    artists["means"].set_data(means, range(len(ROWS)))
    rows = np.repeat(range(len(ROWS)), [len(data["reached"][name]) for name in ROWS])
    artists["dots"].set_data(np.concatenate([data["reached"][name] for name in ROWS]), rows)
    for name, mean in zip(ROWS, means):
        artists[name].set_text(f"{name}: {mean:.1f}")


def state(data: dict) -> str:
    """The plan, and what the searches return on the mean."""
    rest = TRAININGS - data["first"]
    second = f", then {rest} round the best" if rest else ", no second look"
    means = ", ".join(f"{name} {data['reached'][name].mean():.1f}" for name in ROWS)
    return (
        f"{data['problem']}: {data['first']} rates from {scientific(data['eta'])} over "
        f"{data['decades']} decades{second}. The search shown chooses "
        f"{scientific(data['chosen'][0])}. Mean test accuracy in %: {means}; rate of the full "
        f"search {data['best']:.1f}."
    )


def alt(data: dict) -> str:
    """What the two panels show."""
    return (
        "On the left the rates that one search of twelve trainings tries, on a logarithmic axis, "
        "with the validation accuracy of each; the chosen one is a star. On the right a row for "
        "each way to search: the test accuracy of the networks that it returns, and their mean. "
        f"{state(data)}"
    )


def met(data: dict) -> bool:
    """Within half a point of the full search's rate, from the common range, on MNIST-1D."""
    plan = (data["eta"], data["decades"], data["problem"])
    return plan == (LOW, 4, "MNIST-1D") and data["behind"] <= 0.5


EXPLORER = Explorer(
    name="search",
    title="twelve trainings to find a rate",
    controls=(ETA, DECADES, FIRST, PROBLEM),
    compute=compute,
    make=make,
    draw=draw,
    state=state,
    alt=alt,
    goal="On MNIST-1D, begin with the common range (from 1e-05, four decades), and still get "
    "within half a point of the rate of the full search.",
    met=met,
    static_control="first",
)
