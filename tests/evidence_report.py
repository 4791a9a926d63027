"""A small report in the format of the course: every outcome, a ratio, a cost, hostile words."""

import json
import pathlib

HOSTILE = '<script>alert("1")</script> & <b>digits</b>'


def measurement(name: str, statement: str | None, outcome: str, **changed) -> dict:
    """A measurement of a difference in accuracy, but for what is ``changed``."""
    return {
        "id": name,
        "statement": statement,
        "problem": f"problem of {name}",
        "question": f"Is {name} better?",
        "against": "the constant rate",
        "effect": 1.74,
        "low": 1.23,
        "high": 2.26,
        "interval": "paired t",
        "level": 0.971,
        "p": 0.0002,
        "unit": "points of accuracy",
        "none": 0,
        "asked": 0.5,
        "asked_when": "before",
        "reason": "a seed moves it by half a point",
        "outcome": outcome,
        "draws": "start, batches and split",
        "seeds": 20,
        "failures": [[3, 41], [0, 43]],
        "rates": [0.1, 0.316],
        "kernels": ["SkylakeX"],
        "code": "b5c7970e",
        "command": f"course-lr evidence --claim {name}",
        "seconds": 12.3,
        "replaces": [f"old-{name}"],
        "decimals": 1,
        "scale": "linear",
        "noninferior": False,
        "says_open": "",
        **changed,
    }


def statement(name: str, chapter: int, outcome: str, *measurements: str, **changed) -> dict:
    """A statement judged by these ``measurements``."""
    return {
        "id": name,
        "of": name,
        "chapter": chapter,
        "says": f"{name} says something.",
        "outcome": outcome,
        "depends_on": "",
        "sentence": f"The sentence of {name}.",
        "measurements": list(measurements),
        **changed,
    }


def report() -> dict:
    """Three statements, eight measurements."""
    ratio = {"effect": 0.62, "low": 0.55, "high": 0.71, "none": 1, "asked": 1.5, "decimals": 2}
    cost = {"effect": -0.2, "low": -0.81, "high": 0.44, "none": -1, "asked": -1}
    flat = {"effect": 0.1, "low": -0.2, "high": 0.4, "p": 0.41}
    kernel = "the BLAS kernel Haswell gives 'no effect'"
    return {
        "statements": [
            statement("S1", 1, "holds", "S1-far", "S1-cheap"),
            statement(
                "S5",
                3,
                "depends",
                *("S5-calm", "S5-part", "S5-none", "S5-back", "S1-far"),
                depends_on="whether noise is left",
            ),
            statement("C1", 2, "open", "C1-wide"),
        ],
        "measurements": [
            measurement("S1-far", "S1", "holds", kernels=["SkylakeX", "Haswell"]),
            measurement("S1-cheap", "S1", "holds", **cost, noninferior=True, p=0.012, rates=[]),
            measurement("S5-calm", "S5", "holds", problem=HOSTILE, p=1e-20, asked_when="after"),
            measurement("S5-part", "S5", "in part", low=0.3, p=0.009),
            measurement("S5-none", "S5", "no effect", **flat, replaces=[]),
            measurement("S5-back", "S5", "reversed", **ratio, unit="times calmer", scale="log"),
            measurement(
                *("C1-wide", "C1", "open"), kernels=["SkylakeX", "Haswell"], says_open=kernel
            ),
            measurement("S5-alone", None, "holds", failures=[[2, 44]], asked_when="after"),
        ],
        "removed": [["S13-leave-wide", "the same number as S17's <i>"], ["S1-lengths", "algebra"]],
        "levels": {},
    }


def write(path: pathlib.Path) -> pathlib.Path:
    """The report as a file at ``path``."""
    path.write_text(json.dumps(report()), encoding="utf-8")
    return path
