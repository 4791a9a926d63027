"""The report: every statement of the course and every measurement, as ``report.json`` keeps them.

It is read by the cards, the evidence page and the tests; ``course-lr evidence`` writes it.
"""

import dataclasses
import difflib
import json
import math
import pathlib
from collections.abc import Iterable
from typing import Any, NoReturn, Self

HERE = pathlib.Path(__file__).resolve().parent
OUTCOMES = ("holds", "in part", "no effect", "reversed", "open", "depends")
STATEMENT = {"measurements": list, "chapter": int} | dict.fromkeys(
    ("id", "of", "says", "outcome", "depends_on", "sentence"), str
)
MEASUREMENT = {"noninferior": bool}
MEASUREMENT |= dict.fromkeys(("failures", "rates", "kernels", "replaces"), list)
MEASUREMENT |= dict.fromkeys(
    ("effect", "low", "high", "level", "none", "asked", "p", "seconds"), float
)
MEASUREMENT |= dict.fromkeys(("seeds", "decimals"), int)
MEASUREMENT |= dict.fromkeys(
    ("id", "problem", "against", "interval", "unit", "scale", "asked_when", "reason", "outcome",
     "says_open", "draws", "command", "question", "code"), str)  # fmt: skip
"""What cards and the evidence page read, with types; docs/design.md says what a verdict is."""


@dataclasses.dataclass(frozen=True)
class Report:
    """What ``report.json`` holds.

    Attributes:
        statements: one dictionary a statement, in the course's order.
        measurements: one dictionary a measurement.
        removed: pairs of an earlier claim's id and why it was taken out.
        levels: what was told of levels and multiplicity.
    """

    statements: list[dict[str, Any]]
    measurements: list[dict[str, Any]]
    removed: list[list[str]] = dataclasses.field(default_factory=list)
    levels: dict[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, folder: pathlib.Path = HERE) -> Self:
        """The report in a folder.

        Raises:
            ValueError: the file is missing, damaged or of an earlier form; one sentence names it
                and the command that writes it.
        """
        path = pathlib.Path(folder) / "report.json"
        try:
            content = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            refuse(path, "is missing")
        except (OSError, ValueError):
            refuse(path, "cannot be read")
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(content, dict) or not all(
            fits(content, name, list) for name in names[:2]
        ):
            refuse(path, "is of an earlier form: it has no statements and measurements")
        report = cls(**{name: content[name] for name in names if name in content})
        fault = report.fault()
        return refuse(path, f"is damaged: {fault}") if fault else report

    def statement(self, name: str) -> dict[str, Any]:
        """The statement of that id, such as ``"S5"``.

        Raises:
            ValueError: there is none; the nearest one is suggested.
        """
        return pick(self.statements, name, "statement")

    def measurement(self, name: str) -> dict[str, Any]:
        """The measurement of that id.

        Raises:
            ValueError: there is none; the nearest one is suggested.
        """
        return pick(self.measurements, name, "measurement")

    def fault(self) -> str:
        """The first thing that is not as the contract has it, in words; empty if all is well."""
        for kind, keys in (("statements", STATEMENT), ("measurements", MEASUREMENT)):
            for number, entry in enumerate(getattr(self, kind)):
                wrong = next((key for key in keys if not fits(entry, key, keys[key])), None)
                if wrong:
                    return f"{kind}[{number}] has no proper {wrong!r}"
                if entry["outcome"] not in OUTCOMES:
                    return f"{kind}[{number}] has the unknown outcome {entry['outcome']!r}"
                if kind == "measurements" and not scaled(entry):
                    return f"{kind}[{number}] asks for no effect, or its scale is not to be had"
        known = {entry["id"] for entry in self.measurements}
        shown = [(s["id"], name) for s in self.statements for name in s["measurements"]]
        lost = next((pair for pair in shown if pair[1] not in known), None)
        return f"{lost[0]} shows {lost[1]!r}, which was not measured" if lost else ""


def refuse(path: pathlib.Path, why: str) -> NoReturn:
    """Say in one sentence that the report cannot be used, and what writes it anew."""
    raise ValueError(f"{path} {why}; `course-lr evidence` in a checkout of the course writes it")


def fits(entry: Any, key: str, kind: type) -> bool:
    """Whether an entry has a value of that kind; a number that is whole will do for a float.

    >>> fits({"seeds": 20}, "seeds", int), fits({"low": 1}, "low", float), fits({}, "low", float)
    (True, True, False)
    """
    value = entry.get(key) if isinstance(entry, dict) else None
    if key == "failures" and isinstance(value, list):
        pairs = [pair for pair in value if pair is not None]
        return all(isinstance(pair, list) and len(pair) == 2 for pair in pairs) and bool(pairs)
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and math.isfinite(value)
    return type(value) is kind


def scaled(entry: dict[str, Any]) -> bool:
    """Whether *no effect* and the size asked are two places on the card's axis.

    >>> scaled({"scale": "log", "noninferior": False, "none": 1, "asked": 1})
    False
    """
    ratio, none, asked = entry["scale"] == "log", entry["none"], entry["asked"]
    if entry["noninferior"]:
        return none == asked and (0 < asked < 1 if ratio else asked < 0)
    return asked > none and (none > 0 or not ratio)


def pick(entries: list[dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    """The entry with that id."""
    found = next((entry for entry in entries if entry["id"] == name), None)
    if found is None:
        hint = nearest(name, [entry["id"] for entry in entries])
        raise ValueError(f"the report has no {kind} {name!r}; {hint}")
    return found


def nearest(name: str, ids: Iterable[str]) -> str:
    """Which id may have been meant, or which there are, in a few words.

    >>> nearest("s5", ["S4", "S5", "R1"]), nearest("X", ["S4", "S5", "R1"])
    ('did you mean S5?', 'there are S4, S5, R1')
    """
    small = {each.lower(): each for each in ids}
    close = difflib.get_close_matches(str(name).lower(), small, n=1)
    there = ", ".join(small.values()) or "none yet"
    return f"did you mean {small[close[0]]}?" if close else f"there are {there}"
