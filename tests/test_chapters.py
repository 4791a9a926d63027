"""What every chapter must have, read off the saved notebooks."""

import json
import pathlib
import re

import pytest

import course_lr
from course_lr.teaching import exercises, explorers, verdicts

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "notebooks"
CHAPTERS = sorted(FOLDER.glob("*.ipynb"))
UNJUDGED = ("00", "10", "11")  # the start, the workbench, one's own model: without cards
TAUGHT = [path for path in CHAPTERS if path.name[:2] not in UNJUDGED]
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
every_taught = pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem[:2])


def cells(path: pathlib.Path, kind: str, tag: str | None = None) -> list[str]:
    """Sources of the cells of one kind, of those with a tag if one is named."""
    found = json.loads(path.read_text("utf-8"))["cells"]
    chosen = [cell for cell in found if cell["cell_type"] == kind]
    if tag:
        chosen = [cell for cell in chosen if tag in cell["metadata"].get("tags", [])]
    return ["".join(cell["source"]) for cell in chosen]


@every_chapter
def test_frame(path):
    text = "\n".join(cells(path, "markdown"))
    assert text.startswith(f"# {path.name[:2]} · ")
    for part in ("**", "you will be able to", "minutes", "## Predict", "Where this fails|it fails",
                 "## Summary", "**Further reading.**", r"doi:10\.|arXiv:\d"):  # fmt: skip
        assert re.search(part, text) if "|" in part else part in text, part
    assert len(cells(path, "markdown", "lecturer")) == 1


@every_taught
def test_explorer_verdicts_and_practice(path):
    code = "\n".join(cells(path, "code"))
    assert any(
        source == f'course_lr.explore("{name}")'
        for source in cells(path, "code", "explorer")
        for name in explorers.names()
    )
    assert cells(path, "code", "verdict") and "assert " in code
    text = "\n".join(cells(path, "markdown"))
    assert "## What practice does" in text and "**Goal:**" in text


def test_the_workbench_stands_in_its_chapter():
    (path,) = FOLDER.glob("10_*.ipynb")
    assert "course_lr.playground()" in cells(path, "code")
    assert any("assert " in source for source in cells(path, "code"))
    assert "## What practice does" in "\n".join(cells(path, "markdown"))


def test_the_chapter_on_ones_own_model_says_what_it_needs():
    (path,) = FOLDER.glob("11_*.ipynb")
    assert json.loads(path.read_text("utf-8"))["metadata"]["course_lr"]["needs"] == ["torch"]
    code = "\n".join(cells(path, "code"))
    for part in ("interop.range_test(", "interop.to_torch(", "interop.as_code(", "assert ",
                 "interop.from_torch(", "course_lr.watch(", 'interop.needed("torch"'):  # fmt: skip
        assert part in code, part
    assert "## What practice does" in "\n".join(cells(path, "markdown"))


def shown(path: pathlib.Path) -> list[str]:
    """The statements whose cards a chapter shows, in order; each card stands in a cell alone."""
    cards = [source for source in cells(path, "code") if "verdict(" in source]
    assert cards == cells(path, "code", "verdict")
    found = [re.fullmatch(r'course_lr\.verdict\("([A-Z]\d+)"\)', card) for card in cards]
    assert all(found), cards
    return [each[1] for each in found]


@every_chapter
def test_a_chapter_shows_one_to_four_cards_of_a_statement_each(path):
    assert len(shown(path)) in (range(1, 5) if path in TAUGHT else [0])


def test_every_statement_of_the_report_is_shown_by_some_chapter():
    known = {statement["id"] for statement in verdicts.report().statements}
    assert known and {name for path in TAUGHT for name in shown(path)} == known


@every_taught
def test_the_stored_cards_are_those_of_the_report(path):
    """Where not: ``make notebooks``, after the statements were measured again."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if "verdict" in cell["metadata"].get("tags", []):
            card = eval("".join(cell["source"]), {"course_lr": course_lr})
            (stored,) = (output["data"] for output in cell["outputs"])
            assert "".join(stored["text/html"]) == card._repr_html_()
            assert "".join(stored["text/plain"]) == repr(card)


@every_taught
def test_every_exercise_stands_in_its_chapter_with_its_stub(path):
    sources = cells(path, "code", "exercise")
    numbers = list(exercises.every_exercise(path.name[:2]))
    assert 3 <= len(numbers) <= 6
    for number in numbers:
        exercise = course_lr.exercise(number)
        assert f'ex = course_lr.exercise("{number}")\nex' in sources
        after = sources[sources.index(f'ex = course_lr.exercise("{number}")\nex') + 1 :]
        following = "\n".join(after[:2])
        assert exercise.code in following or "ex.predict(...)" in following, number
