"""Update rules as optimizers of other frameworks, with their settings written out.

The rules and defaults of this package are PyTorch's. Elsewhere the defaults differ (Keras: ε 1e-7,
ρ 0.9; Optax: ρ 0.9; both start AdaGrad's sum at 0.1), and some definitions; a comment says where.
"""

from course_lr.updates import SGD, AdaGrad, Adam, AdamW, Momentum, RMSProp, Update

NAMES = {"torch": "lr", "keras": "learning_rate", "optax": "learning_rate"}
DAMPENING = "{} has no dampening: this rule can't be written there"
INSIDE = "# the rate is inside its momentum: where the rate changes, so does the rule\n"
ROOT = "# ε stands under the root here: sqrt(v + ε), not sqrt(v) + ε\n"
EARLY = "# ε is not corrected for the start here: larger beside √v in the first steps\n"


Written = tuple[str, dict[str, object], str]
"""The framework's name of a rule, its settings there, and a comment."""


def _decay(rule: Adam) -> dict[str, object]:
    return {"weight_decay": rule.weight_decay} if isinstance(rule, AdamW) else {}


def _torch(rule: Update) -> Written:
    match rule:
        case SGD():
            return "SGD", {}, ""
        case Momentum():
            settings = {"momentum": rule.beta, "nesterov": rule.nesterov}
            return "SGD", settings | {"dampening": rule.dampening}, ""
        case AdaGrad():
            return "Adagrad", {"eps": rule.eps}, ""
        case RMSProp():
            return "RMSprop", {"alpha": rule.rho, "eps": rule.eps}, ""
    settings = {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}
    return type(rule).__name__, settings | _decay(rule), ""


def _keras(rule: Update) -> Written:
    match rule:
        case SGD():
            return "SGD", {}, ""
        case Momentum():
            return "SGD", {"momentum": rule.beta, "nesterov": rule.nesterov}, INSIDE
        case AdaGrad():
            return "Adagrad", {"initial_accumulator_value": 0.0, "epsilon": rule.eps}, ROOT
        case RMSProp():
            return "RMSprop", {"rho": rule.rho, "epsilon": rule.eps}, ROOT
    settings = {"beta_1": rule.beta1, "beta_2": rule.beta2, "epsilon": rule.eps}
    return type(rule).__name__, settings | _decay(rule), EARLY


def _optax(rule: Update) -> Written:
    match rule:
        case SGD():
            return "sgd", {}, ""
        case Momentum():
            return "sgd", {"momentum": rule.beta, "nesterov": rule.nesterov}, ""
        case AdaGrad():
            return "adagrad", {"initial_accumulator_value": 0.0, "eps": rule.eps}, ROOT
        case RMSProp():
            return "rmsprop", {"decay": rule.rho, "eps": rule.eps, "eps_in_sqrt": False}, ""
    settings = {"b1": rule.beta1, "b2": rule.beta2, "eps": rule.eps}
    return type(rule).__name__.lower(), settings | _decay(rule), ""


PLACES = {
    "torch": (_torch, "torch.optim.{}(model.parameters(), {})"),
    "keras": (_keras, "keras.optimizers.{}({})"),
    "optax": (_optax, "optax.{}({})"),
}


def optimizer(rule: Update, framework: str, rate: str) -> str:
    """The line that makes the optimizer at ``rate`` (text: a number or a name).

    Where the framework's rule is another one, a comment above it says so.

    Raises:
        ValueError: the rule has a setting that the framework lacks.

    >>> optimizer(Momentum(0.9), "optax", "schedule")
    'optimizer = optax.sgd(learning_rate=schedule, momentum=0.9, nesterov=False)'
    """
    if framework != "torch" and isinstance(rule, Momentum) and rule.dampening:
        raise ValueError(DAMPENING.format(framework))
    own, call = PLACES[framework]
    name, settings, note = own(rule)
    shown = [f"{NAMES[framework]}={rate}", *(f"{k}={v!r}" for k, v in settings.items())]
    return f"{note}optimizer = {call.format(name, ', '.join(shown))}"
