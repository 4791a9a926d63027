"""Every wrong argument is refused at the call, by name, with the value and what is accepted."""

import dataclasses
import re

import hypothesis
import numpy as np
import pytest

from course_lr.checks import shown
from course_lr.schedules import (
    Constant,
    CosineDecay,
    Join,
    OneCycle,
    Schedule,
    Sinusoidal,
    Triangular,
    Warmup,
)
from tests.schedules.cases import CASES, schedules

ETA = Constant(0.1)
KINDS = ("text", "0.1", None, True, 1j, ETA, {"a": 1}, np.array([True]), print)
LENGTHS = (-3, 2.5, np.nan, np.inf, [], [[1]], [3, -1], [1.5], 2**53 + 2, 10**30, 10**400)
BAD = {
    "eta eta_end eta_min eta_max rate scale":
        (*KINDS, -0.1, np.nan, np.inf, [], [[0.1]], [0.1, -1.0], [0.1, np.nan], ["a"]),
    "offset power start_div end_div": (*KINDS, 0, -1.0, np.nan, np.inf, [], [1.0, 0.0]),
    "gamma": (*KINDS, 0, -0.5, 1.5, 30, np.nan, [], [0.5, 0.0]),
    "start warm_fraction": (*KINDS, -0.1, 1.01, 30, np.nan, [], [0.5, 2.0]),
    "every steps period period_mult half_cycle steps_per_epoch": (*KINDS, *LENGTHS, 0, [3, 0]),
    "warmup stable decay": (*KINDS, *LENGTHS),
    "envelope anneal shape": ("konstant", "", None, 3, ["linear"], ETA),
    "after schedule": (0.1, "text", None, [ETA], Constant, [0.1, 0.2]),
    "milestones":
        ("30", 30, None, [30, 10], [-1], [2.5], [np.nan], ["a"], [[3]], 3.0, [10**30]),
}  # fmt: skip
WRONG = {name: values for names, values in BAD.items() for name in names.split()}


PLAIN = [kind for kind in CASES if kind is not Join]


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_a_wrong_argument_is_named_with_its_value(kind):
    good = vars(hypothesis.find(schedules(kind), lambda eta: True))
    good = {field.name: good[field.name] for field in dataclasses.fields(kind)}
    for name in good:
        may_be_0 = (kind, name) == (Warmup, "steps")
        for value in WRONG["warmup" if may_be_0 else name]:
            with pytest.raises((TypeError, ValueError)) as caught:
                kind(**{**good, name: value})
            message = str(caught.value)
            assert re.match(rf"{name}(\[\d\])? must be ", message), message
            quoted = [value, *value, *floats(value)] if isinstance(value, list) else [value]
            assert message.endswith(tuple(f"got {shown(item)}" for item in quoted)), message


def floats(values):
    """The items as the float array that the checks look at."""
    return [float(item) for item in values if isinstance(item, (int, float))]


def test_a_step_that_is_not_a_whole_number_from_0_is_refused():
    numbers = (-1, 0.5, np.nan, np.inf, [0, -1], 2**64, -(2**70), [[1], [1, 2]])
    kinds = ("3", None, True, 1j, ETA, [None], np.array(["a"]))
    for error, steps in (((ValueError, TypeError), numbers), (TypeError, kinds)):
        for step in steps:
            with pytest.raises(error, match="step must be whole numbers >= 0.*got"):
                CosineDecay(0.1, steps=5)(step)


@pytest.mark.parametrize(
    "call, hint",
    [
        (lambda: OneCycle(0.1, steps=5, warm_fraction=30), "did you mean 0.3"),
        (lambda: Warmup(ETA, steps=5, shape="cosin"), "did you mean 'cosine'"),
        (lambda: Warmup(0.1, steps=5), r"after must be a schedule such as Constant\(0.1\)"),
        (lambda: Triangular(0.5, 0.1, 5), "eta_max must be at least eta_min = 0.5, got 0.1"),
        (lambda: Sinusoidal([0.1, 0.5], 0.3, 5), "eta_max must be at least eta_min"),
        (lambda: Warmup(ETA, 5, [0.1, 0.0], "exponential"), "start must be a fraction > 0"),
        (lambda: -1 * ETA, "scale must be a finite number >= 0, got -1"),
        (lambda: ETA * "2", "scale must be a finite number >= 0, got '2'"),
        (lambda: Constant([[0.1], [0.1, 0.2]]), "eta must be"),
        (lambda: Schedule.from_dict({"type": "CosinDecay"}), "did you mean 'CosineDecay'"),
        (lambda: Schedule.from_dict({"type": "Constant", "et": 1}), "did you mean 'eta'"),
        (lambda: Schedule.from_dict({"type": "_Cycle"}), "got '_Cycle'"),
    ],
)
def test_hints(call, hint):
    with pytest.raises((TypeError, ValueError), match=hint):
        call()


def test_parts_that_do_not_join():
    for parts, name in (
        ((), "parts"),
        (ETA, "parts"),
        ("text", "parts"),
        (((ETA, 3), (ETA, 4)), "parts .*the last without steps"),
        ((ETA, ETA), r"parts\[0\]"),
        (((ETA, 3, 4), ETA), r"parts\[0\]"),
        (((ETA, -1), ETA), r"the steps in parts\[0\]"),
        (((ETA, [2, 3]), ETA), r"the steps in parts\[0\]"),
        (((ETA, 2), (3, ETA), ETA), r"the schedule in parts\[1\]"),
        (((ETA, 2), 0.1), r"parts\[1\]"),
    ):
        with pytest.raises((TypeError, ValueError), match=rf"^{name}.* must be .*got|^parts must"):
            Join(parts)


def test_a_rate_too_large_for_a_float_is_an_error_not_infinity():
    with pytest.raises(OverflowError, match="exceeds the largest float"):
        (1e308 * Constant(100.0))(0)
    with pytest.raises(OverflowError, match="OneCycle"):
        OneCycle(1e300, steps=5, start_div=1e-300)(0)
