"""What the fields of the workbench offer; anything else can be written into its text."""

from course_lr.teaching.explorers.base import log

PROBLEMS = {
    "digits": "digits",
    "MNIST-1D": "mnist1d",
    "your own data": "data",
    "quadratic bowl": "Quadratic([1, 20])",
    "noisy bowl": "Quadratic([1, 20], noise=1)",
    "ravine": "Ravine()",
    "Rosenbrock's valley": "Rosenbrock()",
    "saddle": "Saddle()",
    "ripples": "Ripples()",
    "wells, the deep one wide": "wells('wide')",
    "wells, the deep one narrow": "wells('narrow')",
    "wells, equal": "wells('equal')",
}
RULES = (
    "SGD()", "Momentum(0.9)", "Momentum(0.9, nesterov=True)", "AdaGrad()", "RMSProp()", "Adam()",
    "AdamW()",
)  # fmt: skip
RATES = (
    "Constant(eta)",
    "CosineDecay(eta, steps)",
    "LinearDecay(eta, steps)",
    "StepDecay(eta, every=steps // 3)",
    "ExponentialDecay(eta, 0.99)",
    "InverseSqrtDecay(eta)",
    "Warmup(CosineDecay(eta, steps), 20)",
    "OneCycle(eta, steps)",
    "CosineRestarts(eta, steps // 4)",
    "Triangular(eta / 10, eta, steps // 8)",
    "Sinusoidal(eta / 10, eta, steps // 8)",
    "WarmupStableDecay(eta, steps // 10, steps // 2, steps // 4)",
    "ReduceOnPlateau(eta, patience=2)",
    "GradientWatch(eta)",
    "BoldDriver(eta)",
    "Hypergradient(eta, 0.01)",
)
SLIDER = log("eta", "η", 1e-5, 10, 0.1, "Moves the rate; any other can be typed.", points=61)
