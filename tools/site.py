"""Build the course as plain HTML pages with an index, each with its deck beside it.

    python -m tools.site              all notebooks, into build/site

The pages load two files that lie beside them and nothing from any other address; opened from a
disk or served from any folder they are the same. evidence.html, with every statement and
measurement of the report, and the API reference load nothing at all.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

from course_lr.teaching.verdicts import HERE, Report
from tools import notebooks, slides
from tools.pages import api, assets, cells, evidence

ROOT = pathlib.Path(__file__).resolve().parents[1]
TITLE = "course_lr: the learning rate, by running it"
HINTS = {
    "exercise": "Open this chapter in JupyterLab to have your answer checked.",
    "explorer": "In JupyterLab every control of this explorer moves; here the pictures were "
    "computed beforehand.",
}


@dataclass
class Chapter:
    """One notebook: its name, title, opening question (HTML) and cells."""

    name: str
    title: str
    question: str
    cells: list[cells.Piece]


def chapter(path: pathlib.Path, pages: set[str]) -> Chapter:
    """The notebook at ``path`` as a page's parts.

    Raises:
        ValueError: a cell is not fit to be shown, or none has a title and a question.
    """
    pieces = cells.pieces(path, pages)
    first = next((piece.source for piece in pieces if "<h1" in piece.source), "")
    title = re.search(r"<h1[^>]*>(.*?)</h1>", first, re.DOTALL)
    question = re.search(r"<p>.*?</p>", first, re.DOTALL)
    if not (title and question):
        raise ValueError(f"{path.name}: no cell has a title (#) and a paragraph under it")
    return Chapter(path.stem, title[1], question[0], pieces)


def sections(pieces: list[cells.Piece]) -> list[dict[str, str]]:
    """Address and title (HTML) of each heading of the second level."""
    source = "".join(piece.source for piece in pieces)
    headings = re.findall(r'<h2[^>]*id="([^"]*)"[^>]*>(.*?)</h2>', source)
    return [{"id": name, "title": title} for name, title in headings]


def with_hints(pieces: list[cells.Piece]) -> list[tuple[str, cells.Piece]]:
    """Each cell with what is said above it; of a run of exercise cells, above the first alone."""
    kinds = ["", *(piece.kind for piece in pieces)]
    return [
        (HINTS.get(piece.kind, "") if piece.kind != before or before == "explorer" else "", piece)
        for before, piece in zip(kinds, pieces)
    ]


def build(
    folder: pathlib.Path, target: pathlib.Path, report: pathlib.Path = HERE
) -> list[pathlib.Path]:
    """Write the pages of the notebooks in ``folder`` into ``target``; the files written.

    Raises:
        ValueError: a cell is not fit to be shown, or the report in the folder ``report`` is
            missing or damaged.
    """
    paths, measured = notebooks.selected(folder), Report.load(report)
    chapters = [chapter(path, {path.stem for path in paths}) for path in paths]
    numbers = {int(path.stem[:2]): path.stem for path in paths if path.stem[:2].isdigit()}
    target.mkdir(parents=True, exist_ok=True)
    texts = {
        "course.css": assets.css("page.css"),
        "course.js": assets.mathematics(),
        "index.html": assets.fill("index.html.j2", title=TITLE, chapters=chapters),
        "evidence.html": evidence.document(measured, numbers),
    }
    for before, one, after in zip([None, *chapters], chapters, [*chapters[1:], None]):
        texts[f"{one.name}.html"] = assets.fill(
            "page.html.j2",
            title=re.sub(r"<[^>]+>", "", one.title),
            before=before,
            after=after,
            sections=sections(one.cells),
            cells=with_hints(one.cells),
        )
    texts |= api.pages()
    for name, text in texts.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(text, encoding="utf-8")
    return [target / name for name in texts] + slides.build(folder, target / "slides")


def main() -> None:
    """Build the site into ``build/site``, or stop where a cell or the report is not fit for it."""
    target = ROOT / "build" / "site"
    try:
        written = build(notebooks.FOLDER, target)
    except ValueError as error:
        sys.exit(f"site: {error}")
    print(f"{len(written)} files, begin with {target / 'index.html'}")


if __name__ == "__main__":
    main()
