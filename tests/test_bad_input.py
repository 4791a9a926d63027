"""Bad input is refused at the call that got it: argument, value and what is accepted are named."""

import decimal
import fractions

import numpy as np
import pytest

from course_lr import (
    MLP,
    AdaGrad,
    Adam,
    AdamW,
    Constant,
    CosineDecay,
    Function,
    Momentum,
    Problem,
    Quadratic,
    RMSProp,
    begin,
    digits,
    mnist1d,
    sharpness,
    train,
)
from course_lr.checks import shown

BOWL, NET = Quadratic([1.0, 20.0]), digits()
NAN, INF, TWO = float("nan"), float("inf"), [0.1, 0.2]


def run(problem=BOWL, eta=0.1, steps=2, **options):
    return train(problem, eta, steps=steps, **options)


def obj(*values):
    return np.array(values, dtype=object)


def refused(error, parts, function, *arguments, **options):
    """The call raises exactly this error, short, with these parts in its message: the message."""
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    message = str(caught.value)
    assert caught.type is error and len(message) < 400
    assert all(part in message for part in ([parts] if isinstance(parts, str) else parts)), message
    return message


def quoted(value):
    """What a message may end in: the value, also as an array or a tuple, or an item of it."""
    items = list(value) if isinstance(value, (list, tuple, np.ndarray)) else []
    numbers = [float(item) for item in items if isinstance(item, (int, float))]
    forms = [value, *items, *numbers, tuple(numbers), np.array(numbers), np.array([numbers])]
    return tuple(f"got {shown(form)}" for form in forms)


WRONG_STEPS = (2.5, NAN, INF), ("10", b"10", True, np.True_, [10], np.array([10]), 10 + 0j, BOWL)
WRONG = {
    "eta": (
        (-0.1, NAN, INF, -INF, 10**400, [0.1, -0.2], [0.1, NAN], np.array([0.1, INF]), [])
        + ([[0.1, 0.2]], [[0.1], [0.1, 0.2]]),
        ("0.1", ["0.1", "0.2"], np.array(["0.1"]), np.str_("0.1"), b"0.1", "", None, [None, 0.1])
        + (True, [True, 0.1], np.array([True]), obj(True, 0.1), 0.1 + 0j, np.array([0.1j]))
        + (obj(0.1, "a"), decimal.Decimal("0.1"), {0.1}, {"eta": 0.1}, run, Momentum())
        + (np.datetime64("2026-01-01"), CosineDecay, Constant),
    ),
    "steps": ((-1, *WRONG_STEPS[0]), (None, *WRONG_STEPS[1])),
    "record_every": ((0, *WRONG_STEPS[0]), WRONG_STEPS[1]),
    "seeds": (
        (0, -3, [], [3, -1]),
        (3.0, [0.0, 1.0], [0, 1.5], np.arange(2.0), "3", ["0", "1"], "", None, True, [True, False])
        + ([[0, 1]], np.array([[0, 1]]), [[0], [0, 1]], {1, 2}, NAN, 1j),
    ),
    "start": (
        ([1.0], [1.0, 2.0, 3.0], np.ones((1, 3)), 3.0, [], np.ones((1, 1, 2)), [[1.0, 2.0], [3.0]])
        + ([1.0, NAN], [1.0, INF]),
        ("12", ["1", "2"], [1j, 2], [True, False], [None, 1.0], obj(1.0, "a"), run),
    ),
    "record": (
        (("los",), ("loss", "weights"), ("validation_accuracy",), ("",)),
        ("loss", b"loss", None, True, {"loss": 1}, (1,), (None,), (b"loss",), (("loss",),)),
    ),
    "problem": ((), (digits, Quadratic, MLP, "digits", None, run, np.ones(3))),
    "update": ((), (Adam, "adam", None, Constant(0.1), run)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_training_refuses(name):
    for error, values in zip((ValueError, TypeError), WRONG[name]):
        for value in values:
            message = refused(error, (name, " must be "), run, **{name: value})
            assert message.endswith(quoted(value)), message
            if name == "steps":
                assert refused(error, (), begin(BOWL, 0.1).advance, value) == message


def test_a_training_says_what_is_accepted():
    three = Momentum([0, 0, 0])
    for error, parts, options in (
        (TypeError, "a schedule or a controller, not its class", {"eta": CosineDecay}),
        (TypeError, "such as digits()", {"problem": digits}),
        (TypeError, "such as SGD() or Adam()", {"update": Adam}),
        (ValueError, "did you mean 'grad_norm'?", {"record": ("grad_nrm",)}),
        (TypeError, "('loss', 'eta')", {"record": "loss"}),
        (ValueError, "n = 2", {"start": [1.0]}),
        (ValueError, ("eta with 2", "start with 3"), {"eta": TWO, "start": np.ones((3, 2))}),
        (ValueError, ("eta with 2", "update with 3"), {"eta": TWO, "update": three}),
    ):
        refused(error, parts, run, **options)
    refused(ValueError, ("beta1 with 2", "eps with 3"), Adam, TWO, eps=[1, 1, 1])
    for nesterov, dampening in ((True, 0.1), ([True, False], [0.1, 0.0])):
        both = {"nesterov": nesterov, "dampening": dampening}
        refused(ValueError, "dampening must be 0 where nesterov is on", Momentum, **both)


SHARES = (1.0, -0.1, NAN, [], [0.5, 1.5]), ("0.9", Constant(0.9))
ABOVE_0 = (0, -1, INF), (1j,)
SETTINGS = [
    (Momentum, "beta", *SHARES),
    (Momentum, "dampening", (1.1,), ()),
    (Momentum, "nesterov", (), (1, "yes", None, [[True]], [[True], []])),
    (AdaGrad, "eps", *ABOVE_0),
    (RMSProp, "eps", *ABOVE_0),
    (RMSProp, "rho", *SHARES),
    (Adam, "beta1", *SHARES),
    (Adam, "beta2", *SHARES),
    (Adam, "eps", *ABOVE_0),
    (AdamW, "weight_decay", (-0.1,), (True,)),
    (digits, "hidden", ((0,), (8, -1), (2.5,)), (("8",), (True,), 32, "32", None, [[8]])),
    (digits, "batch_size", (5000, 0, 6.4), ("64", [32, 64])),
    (mnist1d, "batch_size", (3001,), ()),
    (digits, "samples", (1078, 0, 2.5), ("all",)),
    (digits, "activation", ("rleu",), (np.tanh,)),
    (digits, "loss", ("crossentropy",), (None,)),
    (digits, "label_noise", (30, -0.1, (0.1, 0.2)), (None,)),
    (digits, "init_gain", (0, (1.0, 2.0)), ("2",)),
    (digits, "input_scale", (NAN,), (None,)),
    (digits, "loss_scale", (-1,), ("2",)),
    (digits, "standardize", (), ("yes", 1, None, [True, False])),
    (digits, "dtype", ("float16",), (np.float32,)),
    (digits, "split_seed", (-1, 0.5), (None,)),
    (mnist1d, "data_seed", (-1,), ("42",)),
]


@pytest.mark.parametrize("kind, name, numbers, kinds", SETTINGS)
def test_rules_and_networks_refuse(kind, name, numbers, kinds):
    for error, values in ((ValueError, numbers), (TypeError, kinds)):
        for value in values:
            message = refused(error, " must be ", kind, **{name: value})
            assert message.startswith(name) and message.endswith(quoted(value)), message


def test_networks_say_what_is_accepted():
    refused(ValueError, "at most 63 training examples", digits, batch_size=64, samples=63)
    refused(ValueError, "at most 1077", digits, samples=1078)
    refused(ValueError, "did you mean 'relu'?", digits, activation="rleu")
    refused(ValueError, "did you mean 0.3?", digits, label_noise=30)
    refused(TypeError, "widths", digits, widths=(3,))
    refused(ValueError, ("split", "'validation'"), NET.evaluate, np.ones((1, 2410)), "valid")
    refused(ValueError, "(rows, 2410)", NET.hvp, np.ones((1, 7)), np.ones((1, 7)))
    for w in (np.ones((1, 7)), np.ones(2410)):
        refused(ValueError, "w must have shape (rows, 2410)", NET.evaluate, w)


def test_sharpness_refuses():
    for error, parts, w, options in (
        (ValueError, ("w", "finite", "nan"), [1.0, NAN], {}),
        (TypeError, ("w", "'ab'"), "ab", {}),
        (ValueError, ("w", "(rows, n)"), np.ones((1, 1, 2)), {}),
        (ValueError, ("iterations", "0"), TWO, {"iterations": 0}),
        (ValueError, ("tolerance", "0"), TWO, {"tolerance": 0}),
        (ValueError, ("tolerance", "single"), TWO, {"tolerance": [1, 2]}),
    ):
        refused(error, parts, sharpness, BOWL, w, **options)
    refused(ValueError, ("(rows, 2410)", "(1, 7)"), sharpness, NET, np.ones((1, 7)))
    refused(TypeError, ("problem", "hvp"), sharpness, Problem(), [1.0])


def test_converted_without_loss():
    def whole(w, step):
        return [1] * len(w), np.ones(w.shape, int)

    forms = {
        "eta": [(1, 1.0), (np.int64(1), 1.0), (np.float32(0.5), 0.5), (np.array(0.1), 0.1)]
        + [(fractions.Fraction(1, 2), 0.5), (obj(0.5, 1), [0.5, 1.0]), (range(2), [0.0, 1.0])],
        "steps": [(2.0, 2), (np.array(2), 2), (np.int8(2), 2)],
        "start": [([3, 4], [3.0, 4.0]), (obj(3, 4.5), [3.0, 4.5]), (np.uint8([3, 4]), [3.0, 4.0])],
        "seeds": [(np.array(2), 2), (np.uint8(2), 2)],
        "record": [(["loss"], ("loss",)), ({"loss"}, ("loss",))],
    }
    for name, pairs in forms.items():
        for given, plain in pairs:
            np.testing.assert_array_equal(run(**{name: given}).loss, run(**{name: plain}).loss)
    np.testing.assert_array_equal(run(Function(whole, [1.0, 2.0]), 1).w, [-1.0, 0.0])
    assert digits(hidden=np.array([8.0, 4])).n == digits(hidden=(8, 4)).n


def test_a_problem_without_a_start_or_with_one_of_a_wrong_shape():
    class Half(Problem):
        def loss_and_grad(self, w, step, seeds):
            return (w**2).sum(1), 2 * w

    refused(NotImplementedError, "Half has no start of its own: pass start=", run, Half())
    np.testing.assert_array_equal(run(Half(), eta=0.5, start=[1.0, 2.0]).w, [0.0, 0.0])
    odd = Half()
    for shape in (2, (3, 2), (1, 1, 2)):
        odd.start = lambda seeds, shape=shape: np.ones(shape)
        refused(ValueError, ("problem.start(seeds)", " 2 seeds, got shape"), run, odd, seeds=2)


def test_bad_arguments_are_refused_before_any_gradient_is_computed():
    never = Function(lambda w, step: pytest.fail("asked for a gradient"), start=[1.0])
    for options in ({"steps": -1}, {"record": ("los",)}, {"seeds": 0}, {"record_every": 0}):
        refused(ValueError, " must be ", run, never, **options)
