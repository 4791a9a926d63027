"""The names of parameters elsewhere, in docstrings: those of the stored calls of each library."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from course_lr import schedules, updates
from course_lr.interop import native, optimizers

RECORDS = json.loads((Path(__file__).parent / "data/schedules.json").read_text(encoding="utf-8"))
NAMES = {"torch": "PyTorch", "optax": "Optax", "keras": "Keras"}
RULES = [
    rule
    for rule in vars(updates).values()
    if isinstance(rule, type) and issubclass(rule, updates.Update) and rule is not updates.Update
]


def elsewhere(kind: type, library: str) -> str:
    """What the docstring says of a library, on one line; empty where it says nothing."""
    _, _, section = inspect.getdoc(kind).partition("Elsewhere:\n")
    said = re.search(rf"{NAMES[library]}: (.*?)(\n    \w+: |\n\n|$)", section, flags=re.DOTALL)
    return " ".join(said[1].split()) if said else ""


def call(text: str) -> ast.Call | None:
    """The call that a text begins with, ``None`` without one."""
    for end in re.finditer(r"\)", text):
        try:
            return ast.parse(text[: end.end()], mode="eval").body
        except SyntaxError:
            continue


def named(kind: type, library: str) -> set[tuple[str, str, str]]:
    """All (schedule, library, parameter of that library) of a docstring."""
    made = call(elsewhere(kind, library))
    return {(kind.__name__, library, keyword.arg) for keyword in made.keywords} if made else set()


def proven(record: dict) -> set[tuple[str, str, str]]:
    """Those that a stored call has with the value that the docstring says; none if one differs."""
    kind, library = getattr(schedules, record["ours"]["type"]), record["library"]
    made = call(elsewhere(kind, library)) if library in NAMES else None
    if made is None or made.func.id != record["name"]:
        return set()
    ours, given = vars(schedules.Schedule.from_dict(record["ours"])), record["kwargs"]
    for keyword in made.keywords:
        value = json.loads(json.dumps(eval(ast.unparse(keyword.value), dict(ours))))
        if given.get(keyword.arg, value) != pytest.approx(value):
            return set()
    return {triple for triple in named(kind, library) if triple[2] in given}


def test_schedules_name_the_parameters_that_stored_rates_were_made_with():
    kinds = [getattr(schedules, name) for name in schedules.__all__]
    every = set().union(*(named(kind, library) for kind in kinds for library in NAMES))
    unproven = every - set().union(*map(proven, RECORDS))
    assert len(every) > 60 and {triple[:2] for triple in unproven} == {
        ("Constant", "torch"),  # stored as what it is while it holds the rate down, a Join
        ("LinearDecay", "keras"),  # stored as the PolynomialDecay of power 1
        ("OneCycle", "optax"),  # stored as a Warmup: its peak is one step later
    }


@pytest.mark.parametrize("library", NAMES)
def test_a_library_is_named_with_every_setting_of_its_optimizer(library):
    stored = [schedules.Schedule.from_dict(record["ours"]) for record in RECORDS]
    kinds = {type(eta) for eta in stored if native.native(eta, library)}
    assert len(kinds) > 2 and all(elsewhere(kind, library) for kind in kinds), kinds
    for kind in RULES:
        line = optimizers.optimizer(kind(), library, "eta").splitlines()[-1]
        built = ast.parse(line).body[0].value
        text = elsewhere(kind, library)
        assert text.startswith(f"{built.func.attr}("), kind
        for keyword in built.keywords:
            assert keyword.arg in text or keyword.arg in ("lr", "learning_rate"), keyword.arg
