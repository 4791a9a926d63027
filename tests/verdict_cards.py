"""A report of made-up statements that hold everything that a card treats in a way of its own."""

import json
import pathlib
from typing import Any

from course_lr.teaching.verdicts import Card, Report
from tests import evidence_report

BASE = {
    "problem": "MNIST-1D, inputs standardised",
    "against": "the best constant rate",
    "effect": 3.21,
    "low": 2.14,
    "high": 4.3,
    "asked": 1,
    "reason": "two seeds differ by as much",
    "draws": "its own data, start and batches",
    "failures": [[0, 20], [0, 20]],
    "rates": [0.316, 0.1],
    "kernels": ["SkylakeX", "Haswell"],
    "question": "How many more test images are right at the end?",
}
RATIO = {"unit": "times calmer", "none": 1, "asked": 1.5, "scale": "log", "decimals": 2}
COST = {"none": -1, "asked": -1, "noninferior": True}


def measured(name: str, outcome: str = "holds", **changes: Any) -> dict[str, Any]:
    """A measurement that holds, or what ``changes`` make of it."""
    return evidence_report.measurement(name, None, outcome, **BASE | changes)


MEASURED = [
    measured("S5-calm", problem="Digits, ends of training", effect=1.72, low=1.5, high=2, **RATIO),
    measured("S5-better", problem="MNIST-1D, accuracy"),
    measured("S5-none", problem="Digits, accuracy", effect=0.1, low=-0.2, high=0.4, asked=0.5,
             outcome="no effect"),
    measured("S5-part", problem="Digits with wrong labels", effect=0.42, low=0.13, high=0.7,
             asked=0.5, outcome="in part", failures=[[1, 20], [7, 20]], asked_when="after"),
    measured("S8-cost", problem="Digits", effect=-0.31, low=-0.8, high=0.2, **COST),
    measured("S8-costs", problem="MNIST-1D", effect=-2.2, low=-2.9, high=-1.5, outcome="reversed",
             **COST),
    measured("S8-gain", problem="MNIST-1D, small start", effect=45.0, low=40.1, high=49.9,
             unit="points of accuracy", failures=[[0, 20], [12, 20]]),
    measured("S8-open", problem="Digits as they come", effect=0.6, low=-0.4, high=1.6,
             outcome="open", says_open="the second kernel gives another outcome"),
    measured("S9-share", problem="Digits, forty starts", effect=85.0, low=70.9, high=92.9,
             interval="Wilson", unit="% of the runs saved", none=50, asked=75, outcome="in part",
             decimals=0, failures=[[6, 40]], seeds=40, rates=[]),
    measured("S9-lost", problem="MNIST-1D, far too large", effect=-30.0, low=-41, high=-19,
             outcome="reversed", decimals=0),
    measured("S9-slow", problem="A valley", effect=0.8, low=0.0, high=0.95, outcome="reversed",
             **RATIO),
    measured("X1-markup", problem="<i>Digits</i> & $x$", against="<b>nothing</b>",
             unit="<u>points</u>", reason="<script>alert(1)</script>", draws="<hr>",
             question="<img src=x>", command="<kbd>", interval="<sub>", says_open="<sup>",
             kernels=["<em>"]),
]  # fmt: skip


def stated(name: str, says: str, outcome: str, on: str, sentence: str) -> dict[str, Any]:
    """A statement with all measurements whose ids begin with its own."""
    ids = [m["id"] for m in MEASURED if m["id"].startswith(f"{name}-")]
    return {"id": name, "of": name, "chapter": 3, "says": says, "outcome": outcome,
            "depends_on": on, "sentence": sentence, "measurements": ids}  # fmt: skip


STATED = [
    stated("S5", "Multiplying the rate by γ < 1 now and then steadies late training.", "depends",
           "noise that is left", "Decay calms the loss everywhere; it gains accuracy where the "
           "mini-batch gradient is still noisy at the end."),
    stated("S8", "RMSprop spares manual tuning.", "depends", "the problem",
           "Its default costs nothing on digits and two points on MNIST-1D."),
    stated("S9", "Adam adapts the rate.", "reversed", "", "It does not here."),
    stated("R1", "The recipe finds a rate as good as a full search.", "open", "",
           "Nothing was measured yet."),
    stated("S2", "Too small a rate is slow.", "holds", "", "At a tenth of the best rate it takes "
           "ten times as many steps."),
    stated("X1", "<b>Escaped</b>", "holds", "", "<p>As it is.</p>"),
]  # fmt: skip
STATED[4]["measurements"] = ["S5-better"]
CONTENT = {"statements": STATED, "measurements": MEASURED}


def write(folder: pathlib.Path, content: Any = CONTENT) -> pathlib.Path:
    """``report.json`` in a folder, which is returned."""
    (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def card(name: str) -> Card:
    """The card of one of the statements above."""
    report = Report(STATED, MEASURED)
    statement = report.statement(name)
    return Card(statement, [report.measurement(each) for each in statement["measurements"]])
