"""Build one deck a chapter from the executed notebooks: a reveal.js file that asks no network.

    python -m tools.slides            all notebooks, into build/slides
    python -m tools.slides 01 02      only those whose names begin so

A cell's slide type (JupyterLab: property inspector, slide type) says where a slide begins. Cells
of exercises and skipped cells stay out; ``<details>`` blocks, notes and the lecturer's plan become
speaker notes (press s). A figure gets a slide of its own where one or code is already there, a
verdict's card always.
"""

import pathlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools import notebooks
from tools.pages import assets, cells, markup

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROOM, TITLE, GAP = 630, 60, 18  # px: of a slide, of a title that is repeated, between blocks
SPARSE = 420  # characters of text
HEADING = re.compile(r"<h[1-3][^>]*>(.*?)</h[1-3]>", re.DOTALL)


@dataclass
class Block:
    """A part of a slide and the notes to it; a fragment appears when the lecturer goes on.

    A ``picture`` takes the room that the other parts leave, a ``card`` all but the title's.
    """

    html: str
    picture: bool = False
    card: bool = False
    notes: list[str] = field(default_factory=list)
    fragment: bool = False

    @property
    def source(self) -> bool:
        """Whether it shows the source of a cell."""
        return self.html.startswith('<div class="highlight"')


@dataclass
class Slide:
    """One slide: its blocks from top to bottom, and what the lecturer alone sees."""

    below: bool = False  # reached by going down from the slide before
    again: str = ""  # the title, where a slide goes on with that of the one before
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The first heading, as HTML; empty where there is none."""
        heading = HEADING.search("".join(block.html for block in self.blocks))
        return self.again or (heading[1] if heading else "")

    @property
    def bare(self) -> bool:
        """Whether it holds a heading and nothing else, so that the next cell belongs to it."""
        whole = "".join(block.html for block in self.blocks)
        return bool(whole) and not HEADING.sub("", whole).strip()

    @property
    def sparse(self) -> bool:
        """Whether it holds so little, and text alone, that the text can be larger."""
        whole = "".join(block.html for block in self.blocks)
        words = re.sub(r"<[^>]+>", "", whole)
        return len(words) < SPARSE and not re.search("<pre|<table|<img|<svg|<input", whole)


def slides(pieces: list[cells.Piece]) -> list[Slide]:
    """The pieces of a notebook as slides, in order."""
    deck: list[Slide] = []
    early: list[str] = []
    for piece in pieces:
        if piece.kind == "exercise" or piece.slide == "skip":
            continue
        begins = piece.slide in ("slide", "subslide") and not (deck and deck[-1].bare)
        for block in blocks(piece):
            if block.html:
                if begins or not deck or not fits(deck[-1], block):
                    below = bool(deck) and not (begins and piece.slide == "slide")
                    deck.append(Slide(below, again=repeated(deck, block)))
                block.fragment = piece.slide == "fragment" and bool(deck[-1].blocks)
                deck[-1].blocks.append(block)
                begins = False
            (deck[-1].notes if deck else early).extend(block.notes)
    if deck:
        deck[0].notes[:0] = early
    return deck


def blocks(piece: cells.Piece) -> list[Block]:
    """A piece as parts of slides; what ``<details>`` hide goes to the notes."""
    hidden = piece.kind == "lecturer" or piece.slide == "notes"
    card = piece.kind == "verdict"
    parts = []
    for output in [cells.Output(piece.source), *piece.outputs]:
        shown, folded = markup.unfold(output.html)
        notes = [shown + folded] if hidden else [folded]
        first, *others = [""] if hidden else markup.sections(shown) or [""]
        first = markup.sized(first) if card else first
        parts.append(Block(first, output.picture, card, [note for note in notes if note]))
        parts += [Block(other, output.picture) for other in others]
    return together(parts)


def together(blocks: list[Block]) -> list[Block]:
    """Code and what it printed as one part, where that can stand on one slide."""
    joined = blocks[:1]
    for block in blocks[1:]:
        last = joined[-1]
        tall = markup.height(last.html + block.html)
        if last.source and not block.picture and TITLE + GAP + tall <= ROOM:
            joined[-1] = Block(last.html + block.html, notes=last.notes + block.notes)
        else:
            joined.append(block)
    return joined


def fits(slide: Slide, block: Block) -> bool:
    """Whether there is room for one more block, by a rough estimate; a browser test measures.

    A heading begins a slide; a picture has no room beside code or another picture, and nothing but
    a heading has room beside a card.
    """
    if markup.SECTION.match(block.html) or any(other.card for other in slide.blocks):
        return False
    if block.card:
        return slide.bare
    pictures = any(other.picture for other in slide.blocks)
    sources = any(other.source for other in slide.blocks)
    if block.picture and (pictures or sources) or block.source and pictures:
        return False
    taken = TITLE if slide.again else 0
    heights = [GAP + markup.height(part.html) for part in [*slide.blocks, block]]
    return taken + sum(heights) <= ROOM


def repeated(deck: list[Slide], first: Block) -> str:
    """The title before it, for a slide whose first block has none."""
    return "" if not deck or HEADING.search(first.html) else deck[-1].title


def stacks(deck: list[Slide]) -> list[list[Slide]]:
    """Slides grouped as reveal.js shows them: side by side, each with those below it."""
    grouped: list[list[Slide]] = []
    for slide in deck:
        if not slide.below:
            grouped.append([])
        grouped[-1].append(slide)
    return grouped


def document(path: pathlib.Path, pages: set[str]) -> str:
    """The deck of one notebook as one HTML file.

    Raises:
        ValueError: a cell is not fit to be shown; see ``pages.cells.pieces``.
    """
    deck = slides(cells.pieces(path, pages, deck=True))
    if not deck:
        raise ValueError(f"{path.name}: no cell is shown on a slide")
    return assets.fill(
        "deck.html.j2",
        title=re.sub(r"<[^>]+>", "", deck[0].title) or path.stem,
        stacks=stacks(deck),
        css=assets.text("vendor/reveal.css") + assets.css("deck.css"),
        reveal=assets.text("vendor/reveal.js"),
        notes=assets.text("vendor/reveal-notes.js"),
        mathematics=assets.mathematics(),
    )


def build(
    folder: pathlib.Path, target: pathlib.Path, names: Sequence[str] = ()
) -> list[pathlib.Path]:
    """Write the decks of the notebooks in ``folder`` into ``target``; the files written.

    Raises:
        ValueError: a cell is not fit to be shown, or no notebook's name begins like one of
            ``names``.
    """
    pages = {path.stem for path in notebooks.selected(folder)}
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for path in notebooks.selected(folder, names):
        written.append(target / f"{path.stem}.html")
        written[-1].write_text(document(path, pages), encoding="utf-8")
    return written


def main(names: list[str]) -> None:
    """Build the decks into ``build/slides``, or stop where a cell is not fit to be shown."""
    try:
        written = build(notebooks.FOLDER, ROOT / "build" / "slides", names)
    except ValueError as error:
        sys.exit(f"slides: {error}")
    for deck in written:
        print(f"{deck} ({deck.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main(sys.argv[1:])
