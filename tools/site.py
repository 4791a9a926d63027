"""Build the course as plain HTML pages with an index, each with its deck beside it.

    python -m tools.site              all notebooks, into build/site

The pages load two files that lie beside them and nothing from any other address; opened from a
disk or served from any folder they are the same. evidence.html, with every statement and
measurement of the report, and the API reference load nothing at all.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass

from tools import slides
from tools.pages import api, assets, cells, evidence

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPORT = ROOT / "course_lr" / "teaching" / "verdicts" / "report.json"
TITLE = "course_lr: the learning rate, by running it"
TOLD = {
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
    first = next((one.source for one in pieces if "<h1" in one.source), "")
    title = re.search(r"<h1[^>]*>(.*?)</h1>", first, re.DOTALL)
    question = re.search(r"<p>.*?</p>", first, re.DOTALL)
    if not (title and question):
        raise ValueError(f"{path.name}: no cell has a title (#) and a paragraph under it")
    return Chapter(path.stem, title[1], question[0], pieces)


def sections(pieces: list[cells.Piece]) -> list[dict[str, str]]:
    """Address and title (HTML) of each heading of the second level."""
    found = (re.findall(r'<h2[^>]*id="([^"]*)"[^>]*>(.*?)</h2>', one.source) for one in pieces)
    return [{"id": name, "title": title} for pairs in found for name, title in pairs]


def told(pieces: list[cells.Piece]) -> list[dict]:
    """The cells for the template; the first of a run of exercise cells says where it is checked."""
    shown, before = [], ""
    for one in pieces:
        word = TOLD.get(one.kind, "") if one.kind != before or one.kind == "explorer" else ""
        shown.append({"kind": one.kind, "told": word, "source": one.source, "outputs": one.outputs})
        before = one.kind
    return shown


def build(
    folder: pathlib.Path, target: pathlib.Path, report: pathlib.Path = REPORT
) -> list[pathlib.Path]:
    """Write the pages of the notebooks in ``folder`` into ``target``; the files written.

    Raises:
        ValueError: a cell is not fit to be shown, or the ``report`` is missing or damaged.
    """
    paths = cells.notebooks(folder)
    chapters = [chapter(path, {path.stem for path in paths}) for path in paths]
    measured = evidence.read(report)
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
            cells=told(one.cells),
        )
    texts |= api.pages()
    for name, text in texts.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(text, encoding="utf-8")
    return [target / name for name in texts] + slides.build(folder, target / "slides")


def main(arguments: list[str] | None = None) -> int:
    """0 where all pages were built, 1 where a cell or the report is not fit to be shown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "notebooks")
    parser.add_argument("--target", type=pathlib.Path, default=ROOT / "build" / "site")
    parser.add_argument("--report", type=pathlib.Path, default=REPORT)
    options = parser.parse_args(arguments)
    try:
        written = build(options.folder, options.target, options.report)
    except ValueError as error:
        print(f"site: {error}", file=sys.stderr)
        return 1
    print(f"{len(written)} files, begin with {options.target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
