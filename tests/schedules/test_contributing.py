"""The recipe of CONTRIBUTING: its schedule of ten lines calls, prints, travels, shows itself, and
its row of the table puts it to the laws."""

import inspect
import json
import pathlib
import re
from dataclasses import dataclass

import numpy as np
import pytest

import course_lr
from course_lr import checks
from course_lr.parameters import PerRun, parameter
from course_lr.schedules import PerEpoch, Schedule, Warmup
from tests.schedules import cases, test_laws

TEXT = (pathlib.Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
CLASS, ROW = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)[:2]
NAMES = dict(
    __name__="course_lr", dataclass=dataclass, Schedule=Schedule, PerRun=PerRun,
    parameter=parameter, checks=checks,
)  # fmt: skip
exec(CLASS, NAMES)  # what a reader would paste
LogDecay = NAMES["LogDecay"]


def test_the_recipe_is_short():
    assert len([line for line in CLASS.splitlines() if line.strip()]) <= 12
    assert len(ROW.strip().splitlines()) == 1


def test_the_row_puts_the_schedule_to_every_law(monkeypatch):
    name, row = ROW.strip().rstrip(",").split(": ", 1)
    monkeypatch.setattr(course_lr, name, NAMES[name], raising=False)  # the line in __init__.py
    monkeypatch.setitem(cases.CASES, NAMES[name], eval(row, vars(cases).copy()))
    laws = [law for law in vars(test_laws).values() if hasattr(law, "hypothesis")]
    by_kind = [law for law in laws if "kind" in inspect.signature(law).parameters]
    assert len(by_kind) >= 5
    for law in by_kind:
        law(kind=LogDecay)


def test_a_new_schedule_composes_shows_its_formula_and_is_validated():
    eta = 2 * Warmup(PerEpoch(LogDecay(0.1, rate=2.0), steps_per_epoch=7), steps=5)
    assert Schedule.from_dict(json.loads(json.dumps(eta.to_dict()))) == eta
    assert "ln(1 + t)" in LogDecay(0.1)._repr_html_()
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
