"""Bad input is refused at the call that got it: argument, value and what is accepted are named."""

import decimal
import fractions
import re

import numpy as np
import pytest

from course_lr import (
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

BOWL = Quadratic([1.0, 20.0])
NAN, INF, TWO = float("nan"), float("inf"), [0.1, 0.2]


def run(problem=BOWL, eta=0.1, steps=2, **options):
    return train(problem, eta, steps=steps, **options)


def function(result, start=(1.0, 2.0)):
    """A problem whose function returns ``result(w)``."""
    return Function(lambda w, step: result(w), start=start)


def obj(*values):
    return np.array(values, dtype=object)


RATES = [
    (-0.1, ValueError, "-0.1"),
    (NAN, ValueError, "nan"),
    (INF, ValueError, "inf"),
    (10**400, ValueError, "10000"),
    ([0.1, -0.2], ValueError, "[0.1, -0.2]"),
    ([0.1, NAN], ValueError, "nan"),
    ([], ValueError, "[]"),
    ([[0.1, 0.2]], ValueError, "one-dimensional"),
    ([[0.1], [0.1, 0.2]], ValueError, "[[0.1], [0.1, 0.2]]"),
    ("0.1", TypeError, "'0.1'"),
    (np.array(["0.1"]), TypeError, "0.1"),
    (b"0.1", TypeError, "b'0.1'"),
    (None, TypeError, "None"),
    (True, TypeError, "True"),
    ([True, 0.1], TypeError, "True"),
    (obj(True, 0.1), TypeError, "True"),
    (0.1 + 0j, TypeError, "0.1+0j"),
    (obj(0.1, "a"), TypeError, "'a'"),
    (decimal.Decimal("0.1"), TypeError, "Decimal"),
    ({0.1}, TypeError, "{0.1}"),
    (lambda step: 0.1, TypeError, "function"),
]
STEPS = [
    (-1, ValueError, ">= 0, got -1"),
    (2.5, ValueError, "2.5"),
    (NAN, ValueError, "nan"),
    (INF, ValueError, "inf"),
    ("10", TypeError, "'10'"),
    (None, TypeError, "None"),
    (True, TypeError, "True"),
    ([10], TypeError, "[10]"),
    (10 + 0j, TypeError, "(10+0j)"),
]
SEEDS = [
    (0, ValueError, "0"),
    (3.0, TypeError, "3.0"),
    ([0.0, 1.0], TypeError, "[0.0, 1.0]"),
    ([0, 1.5], TypeError, "1.5"),
    ([], ValueError, "[]"),
    ([3, -1], ValueError, "[3, -1]"),
    ("3", TypeError, "'3'"),
    ("", TypeError, "''"),
    (None, TypeError, "None"),
    (True, TypeError, "True"),
    ([True, False], TypeError, "True"),
    ([[0, 1]], TypeError, "[[0, 1]]"),
    ({1, 2}, TypeError, "{1, 2}"),
]
STARTS = [
    ([1.0, 2.0, 3.0], ValueError, "n = 2"),
    ([[1.0, 2.0, 3.0]], ValueError, "n = 2"),
    (3.0, ValueError, "3.0"),
    (np.ones((1, 1, 2)), ValueError, "(n,) or (runs, n)"),
    ([[1.0, 2.0], [3.0]], ValueError, "[[1.0, 2.0], [3.0]]"),
    ([1.0, NAN], ValueError, "nan"),
    ("12", TypeError, "'12'"),
    ([1j, 2], TypeError, "1j"),
    ([True, False], TypeError, "True"),
    (obj(1.0, "a"), TypeError, "'a'"),
    (lambda seeds: np.ones((1, 2)), TypeError, "function"),
]
RECORDS = [
    (("los",), ValueError, "did you mean 'loss'?"),
    (("validation_los",), ValueError, "did you mean 'validation_loss'?"),
    (("loss", "weights"), ValueError, "'weights'"),
    (("validation_accuracy",), ValueError, "did you mean 'validation_loss'?"),  # of a landscape
    ("loss", TypeError, "('loss', 'eta')"),
    (None, TypeError, "None"),
    ({"loss": 1}, TypeError, "{'loss': 1}"),
    ((1,), TypeError, "got 1"),
    ((b"loss",), TypeError, "b'loss'"),
]
PROBLEMS = [
    (digits, TypeError, "such as digits()"),
    (Quadratic, TypeError, "Quadratic"),
    ("digits", TypeError, "'digits'"),
    (lambda w: w, TypeError, "function"),
    (np.ones(3), TypeError, "array([1., 1., 1.])"),
]
UPDATES = [
    (Adam, TypeError, "Adam()"),
    ("adam", TypeError, "'adam'"),
    (None, TypeError, "None"),
    (Constant(0.1), TypeError, "Constant(0.1)"),
    (lambda w, g: w - g, TypeError, "function"),
]
TABLE = [
    # who is a run
    *((lambda v=v: run(eta=v), e, ("eta", part)) for v, e, part in RATES),
    *((lambda v=v: run(steps=v), e, ("steps", "whole number", part)) for v, e, part in STEPS),
    *((lambda v=v: begin(BOWL, 0.1).advance(v), e, ("steps", part)) for v, e, part in STEPS),
    *((lambda v=v: run(seeds=v), e, ("seeds", "whole number", part)) for v, e, part in SEEDS),
    *((lambda v=v: run(start=v), e, ("start", part)) for v, e, part in STARTS),
    *((lambda v=v: run(record=v), e, ("record", part)) for v, e, part in RECORDS),
    *((lambda v=v: run(problem=v), e, ("problem", part)) for v, e, part in PROBLEMS),
    *((lambda v=v: run(update=v), e, ("update", part)) for v, e, part in UPDATES),
    *((lambda v=v: run(record_every=v), e, ("record_every", part)) for v, e, part in STEPS[1:6]),
    (lambda: run(record_every=0), ValueError, ("record_every", ">= 1", "0")),
    (lambda: run(eta=CosineDecay), TypeError, ("eta", "not its class", "CosineDecay")),
    (lambda: run(eta=TWO, start=np.ones((3, 2))), ValueError, ("eta with 2", "start with 3")),
    (lambda: run(eta=TWO, update=Momentum([0, 0, 0])), ValueError, ("eta with 2", "update with 3")),
    (lambda: CosineDecay(TWO, steps=[1, 2, 3]), ValueError, ("eta with 2", "steps with 3")),
    (lambda: Momentum([0.1, 0.2], dampening=[0, 0, 0]), ValueError, ("beta with 2", "dampening")),
    (lambda: Adam([0.1, 0.2], eps=[1, 1, 1]), ValueError, ("beta1 with 2", "eps with 3")),
    # rules
    (lambda: Momentum(1.0), ValueError, ("beta", "0 <= share < 1", "1.0")),
    (lambda: Momentum([0.5, 1.5]), ValueError, ("beta", "1.5")),
    (lambda: Momentum(Constant(0.9)), TypeError, ("beta", "Constant(0.9)")),
    (lambda: Momentum(nesterov=1), TypeError, ("nesterov", "True or False", "1")),
    (lambda: Momentum(nesterov=[[True]]), TypeError, ("nesterov", "one-dimensional")),
    (lambda: Momentum(nesterov=[[True], []]), TypeError, ("nesterov", "[[True], []]")),
    (lambda: Momentum(nesterov=True, dampening=0.1), ValueError, ("dampening", "nesterov", "0.1")),
    (lambda: Momentum(dampening=1.1), ValueError, ("dampening", "1.1")),
    (lambda: AdaGrad(eps=0), ValueError, ("eps", "> 0", "0")),
    (lambda: RMSProp(rho=1), ValueError, ("rho", "share", "1")),
    (lambda: RMSProp(eps=1j), TypeError, ("eps", "1j")),
    (lambda: Adam(beta1=1), ValueError, ("beta1", "1")),
    (lambda: Adam(beta2=[0.9, 1.0]), ValueError, ("beta2", "1.0")),
    (lambda: AdamW(weight_decay=-0.1), ValueError, ("weight_decay", "-0.1")),
    # networks
    (lambda: digits(hidden=(0,)), ValueError, ("hidden[0]", ">= 1", "0")),
    (lambda: digits(hidden=(8, -1)), ValueError, ("hidden[1]", "-1")),
    (lambda: digits(hidden=("8",)), TypeError, ("hidden[0]", "'8'")),
    (lambda: digits(hidden=32), TypeError, ("hidden", "(32,)", "32")),
    (lambda: digits(hidden=[[8]]), TypeError, ("hidden[0]", "[8]")),
    (lambda: digits(batch_size=5000), ValueError, ("batch_size", "1077", "5000")),
    (lambda: digits(batch_size=64, samples=63), ValueError, ("batch_size", "63", "64")),
    (lambda: digits(batch_size=0), ValueError, ("batch_size", ">= 1", "0")),
    (lambda: digits(batch_size=6.4), ValueError, ("batch_size", "6.4")),
    (lambda: digits(batch_size=[32, 64]), TypeError, ("batch_size", "[32, 64]")),
    (lambda: digits(samples=1078), ValueError, ("samples", "1077", "1078")),
    (lambda: digits(samples=0), ValueError, ("samples", "0")),
    (lambda: digits(activation="rleu"), ValueError, ("activation", "did you mean 'relu'?")),
    (lambda: digits(activation=np.tanh), TypeError, ("activation", "'tanh'")),
    (lambda: digits(loss="crossentropy"), ValueError, ("loss", "did you mean 'cross_entropy'?")),
    (lambda: digits(label_noise=30), ValueError, ("label_noise", "did you mean 0.3?", "30")),
    (lambda: digits(label_noise=[0.1, 0.2]), ValueError, ("label_noise", "single number")),
    (lambda: digits(init_gain=0), ValueError, ("init_gain", "> 0", "0")),
    (lambda: digits(input_scale=NAN), ValueError, ("input_scale", "nan")),
    (lambda: digits(loss_scale="2"), TypeError, ("loss_scale", "'2'")),
    (lambda: digits(dtype="float16"), ValueError, ("dtype", "'float32'", "float16")),
    (lambda: digits(split_seed=-1), ValueError, ("split_seed", "-1")),
    (lambda: mnist1d(data_seed="42"), TypeError, ("data_seed", "'42'")),
    (lambda: digits(widths=(3,)), TypeError, ("widths",)),
    (lambda: digits().evaluate(np.ones((1, 2410)), "valid"), ValueError, ("split", "'validation'")),
    (lambda: digits().evaluate(np.ones((1, 7))), ValueError, ("w", "(rows, 2410)", "(1, 7)")),
    (lambda: digits().evaluate(np.ones(2410)), ValueError, ("w", "(rows, 2410)", "(2410,)")),
    (lambda: digits().hvp(np.ones((1, 7)), np.ones((1, 7))), ValueError, ("(rows, 2410)",)),
    # curvature
    (lambda: sharpness(digits(), np.ones((1, 7))), ValueError, ("(rows, 2410)", "(1, 7)")),
    (lambda: sharpness(BOWL, [1.0, NAN]), ValueError, ("w", "finite", "nan")),
    (lambda: sharpness(BOWL, "ab"), TypeError, ("w", "'ab'")),
    (lambda: sharpness(BOWL, np.ones((1, 1, 2))), ValueError, ("w", "(rows, n)")),
    (lambda: sharpness(BOWL, [1.0, 2.0], iterations=0), ValueError, ("iterations", "0")),
    (lambda: sharpness(BOWL, [1.0, 2.0], tolerance=0), ValueError, ("tolerance", "0")),
    (lambda: sharpness(BOWL, [1.0, 2.0], tolerance=[1, 2]), ValueError, ("tolerance", "single")),
    (lambda: sharpness(Problem(), [1.0]), TypeError, ("problem", "hvp")),
]


def name_of(case):
    return re.sub(r"\W+", " ", f"{case[0].__code__.co_firstlineno} {' '.join(case[2])}")


@pytest.mark.parametrize("case", TABLE, ids=name_of)
def test_refused(case):
    call, error, parts = case
    with pytest.raises(error) as caught:
        call()
    assert caught.type is error
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert len(message) < 400


ACCEPTED = [
    (lambda: run(eta=1).loss, run(eta=1.0).loss),
    (lambda: run(eta=np.array(0.1)).loss, run().loss),
    (lambda: run(eta=np.float32(0.5)).loss, run(eta=0.5).loss),
    (lambda: run(eta=fractions.Fraction(1, 2)).loss, run(eta=0.5).loss),
    (lambda: run(eta=obj(0.5, 1)).loss, run(eta=[0.5, 1.0]).loss),
    (lambda: run(eta=range(3)).loss, run(eta=[0.0, 1.0, 2.0]).loss),
    (lambda: run(steps=2.0).loss, run(steps=2).loss),
    (lambda: run(steps=np.array(2)).loss, run(steps=2).loss),
    (lambda: run(start=[3, 4]).w, run(start=[3.0, 4.0]).w),
    (lambda: run(start=obj(3, 4.5)).w, run(start=[3.0, 4.5]).w),
    (lambda: run(seeds=np.array(2)).loss, run(seeds=2).loss),
    (lambda: run(record=["loss"]).loss, run().loss),
    (lambda: run(function(lambda w: ([1] * len(w), np.ones(w.shape, int))), 1).w, [-1.0, 0.0]),
    (lambda: digits(hidden=np.array([8, 4])).n, digits(hidden=(8, 4)).n),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: str(case[0].__code__.co_firstlineno))
def test_converted_without_loss(case):
    call, wanted = case
    np.testing.assert_array_equal(call(), wanted)


def test_a_problem_without_a_start_says_what_to_do():
    class Half(Problem):
        def loss_and_grad(self, w, step, seeds):
            return (w**2).sum(1), 2 * w

    with pytest.raises(NotImplementedError, match="Half has no start of its own: pass start="):
        run(Half())
    np.testing.assert_array_equal(run(Half(), eta=0.5, start=[1.0, 2.0]).w, [0.0, 0.0])


@pytest.mark.parametrize("own", [np.ones(2), np.ones((3, 2)), np.ones((1, 1, 2))])
def test_a_start_of_a_wrong_shape_from_the_problem(own):
    class Odd(Problem):
        def start(self, seeds):
            return own

    with pytest.raises(ValueError, match=r"problem.start\(seeds\) .* 2 seeds, got shape"):
        run(Odd(), seeds=2)


def test_bad_arguments_are_refused_before_any_gradient_is_computed():
    def never(w, step):
        pytest.fail("asked for a gradient")

    for options in ({"steps": -1}, {"record": ("los",)}, {"seeds": 0.5}, {"record_every": 0}):
        with pytest.raises((ValueError, TypeError)):
            run(Function(never, start=[1.0]), **options)
