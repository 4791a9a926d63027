"""The recipe of CONTRIBUTING: a schedule of ten lines calls, prints, travels and shows itself."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from course_lr import checks
from course_lr.parameters import PerRun, parameter
from course_lr.schedules import PerEpoch, Schedule, Warmup


@dataclass(frozen=True, repr=False)
class LogDecay(Schedule):
    """Fall as one over the logarithm: η / (1 + rate · ln(1 + t))."""

    formula = "η / (1 + rate · ln(1 + t))"

    eta: PerRun = parameter(checks.rate)
    rate: PerRun = parameter(checks.positive, 1.0)

    @staticmethod
    def curve(xp, t, eta, rate):
        return eta / (1 + rate * xp.log1p(t))


def test_a_new_schedule_is_called_over_steps_and_runs():
    assert LogDecay(0.1)(0) == 0.1
    rates = LogDecay([0.1, 0.2], rate=[1.0, 2.0])(np.arange(5))
    assert rates.shape == (5, 2)
    assert np.array_equal(rates[:, 1], LogDecay(0.2, rate=2.0)(np.arange(5)))


def test_a_new_schedule_prints_and_travels():
    eta = 2 * Warmup(PerEpoch(LogDecay(0.1, rate=2.0), steps_per_epoch=7), steps=5)
    assert "LogDecay(0.1, rate=2.0)" in repr(eta) and repr(LogDecay(0.1)) == "LogDecay(0.1)"
    assert Schedule.from_dict(json.loads(json.dumps(eta.to_dict()))) == eta


def test_a_new_schedule_shows_itself_and_is_validated():
    shown = LogDecay(0.1)._repr_html_()
    assert "ln(1 + t)" in shown and "<polyline" in shown and "LogDecay(0.1)" in shown
    with pytest.raises(ValueError, match="rate must be a finite number > 0, got -1"):
        LogDecay(0.1, rate=-1)


def test_text_from_the_caller_is_escaped():
    @dataclass(frozen=True, repr=False)
    class Labelled(LogDecay):
        label: str = ""

        def at(self, t, xp=np):
            return self.curve(xp, t, self.eta, self.rate)

    shown = Labelled(0.1, label="<script>")._repr_html_()
    assert "<script" not in shown and "&lt;script&gt;" in shown


def test_a_schedule_without_a_formula_says_what_is_missing():
    class Nothing(Schedule):
        pass

    with pytest.raises(NotImplementedError, match="curve"):
        Nothing()(0)
