"""What the fields of the workbench offer; anything else can be written into its text."""

import math

import ipywidgets as w

from course_lr.teaching.explorers import log

PROBLEMS = {
    "digits": "digits", "MNIST-1D": "mnist1d", "your own data": "data",
    "quadratic bowl": "Quadratic([1, 20])", "noisy bowl": "Quadratic([1, 20], noise=1)",
    "ravine": "Ravine()", "Rosenbrock's valley": "Rosenbrock()",
    "saddle": "Saddle()", "ripples": "Ripples()",
    "wells, the deep one wide": "wells('wide')", "wells, the deep one narrow": "wells('narrow')",
    "wells, equal": "wells('equal')",
}  # fmt: skip
RULES = (
    "SGD()", "Momentum(0.9)", "Momentum(0.9, nesterov=True)", "AdaGrad()", "RMSProp()", "Adam()",
    "AdamW()",
)  # fmt: skip
RATES = (
    "Constant(eta)", "CosineDecay(eta, steps)", "LinearDecay(eta, steps)",
    "StepDecay(eta, every=steps // 3)", "ExponentialDecay(eta, 0.99)", "InverseSqrtDecay(eta)",
    "Warmup(CosineDecay(eta, steps - steps // 10), steps // 10)",
    "OneCycle(eta, steps)", "CosineRestarts(eta, steps // 4)",
    "Triangular(eta / 10, eta, steps // 8)", "Sinusoidal(eta / 10, eta, steps // 8)",
    "WarmupStableDecay(eta, steps // 10, steps - steps // 10 - steps // 4, steps // 4)",
    "ReduceOnPlateau(eta, patience=2)", "GradientWatch(eta)", "BoldDriver(eta)",
    "Hypergradient(eta, 0.01)",
)  # fmt: skip
SLIDER = log("eta", "η", 1e-5, 10, 0.1, "Moves the rate; any other can be typed.", points=61)


def nearest(text: str) -> float | None:
    """The position of the slider that is nearest to a rate; ``None`` where the text is no number.

    >>> nearest("0.051"), nearest("1e9"), nearest("fast")
    (0.05, 10.0, None)
    """
    try:
        eta = min(1e300, max(1e-300, float(text)))
    except ValueError:
        return None
    return min(SLIDER.values, key=lambda value: abs(math.log(value / eta)))


def join(eta: w.Text, slider: w.SelectionSlider) -> None:
    """Let the slider follow what is typed, and the text what is slid."""

    def slid(change):
        if nearest(eta.value) != change["new"]:  # else the slider has followed
            eta.value = f"{change['new']:g}"

    slider.observe(slid, "value")
    eta.observe(lambda _: setattr(slider, "value", nearest(eta.value) or slider.value), "value")
