"""Decks, pages and the API reference, read without a browser: what is in them, what is refused."""

import pathlib
import re

import bs4
import pytest

import course_lr
import course_lr.interop
from tests import pages_course as course
from tests import verdict_cards
from tools import site, slides
from tools.pages import assets, cells, markup

ROOT = pathlib.Path(__file__).resolve().parents[1]


def read(path: pathlib.Path) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small course as a site with its decks."""
    return course.build(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def deck(built):
    return read(built / "slides/02_second.html")


@pytest.fixture(scope="module")
def chapter(built):
    return read(built / "02_second.html")


def slide_with(deck, words: str):
    """The one slide on which ``words`` stand."""
    (slide,) = [slide for slide in deck.select(".board") if words in slide.get_text()]
    return slide


def refusal(folder: pathlib.Path, *added: object) -> str:
    """What is said about a chapter that decks and pages both refuse."""
    notebooks = course.write(folder / "notebooks", **{"01_bad": [course.first()[1], *added]})
    with pytest.raises(ValueError) as by_deck:
        slides.build(notebooks, folder / "out")
    with pytest.raises(ValueError) as by_page:
        site.build(notebooks, folder / "out")
    assert str(by_deck.value) == str(by_page.value)
    return str(by_deck.value)


# --- nothing from any other address ----------------------------------------------------------


def test_a_deck_is_one_file_that_loads_nothing_and_a_page_loads_two_beside_it(built):
    for path in built.rglob("*.html"):
        beside = path.parent == built and path.stem != "evidence"
        assert markup.outside(read(path)) == (["course.css", "course.js"] if beside else [])
    styles = f"<style>{(built / 'course.css').read_text()}</style>"
    assert markup.outside(bs4.BeautifulSoup(styles, "html.parser")) == []


@pytest.mark.parametrize(
    "loading",
    [
        '<img src="https://example.org/a.png" alt="a picture">',
        '<img src="//example.org/a.png" alt="a picture">',
        '<img src="gone.png" alt="a picture">',
        '<script src="http://example.org/a.js"></script>',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<iframe src="https://example.org"></iframe>',
        '<p style="background: url(https://example.org/a.png)">text</p>',
        "<style>@import 'https://example.org/a.css';</style>",
        "<style>@font-face { src: url('a.woff2') }</style>",
        '<svg><image href="https://example.org/a.png"/></svg>',
        '<svg><image xlink:href="https://example.org/a.png"/></svg>',
        '<video poster="https://example.org/a.png"></video>',
    ],
)
def test_a_cell_that_would_load_something_is_refused(loading):
    for cell in (course.text(loading), course.code("x", data={"text/html": loading})):
        with pytest.raises(ValueError, match="^would load .* must travel inside"):
            cells.piece(cell, ROOT, set(), deck=False)


def test_what_travels_inside_is_let_in(tmp_path):
    inside = "<style>a { background: url('data:image/png;base64,AA') }</style>"
    assert markup.tidy(inside, set()) == inside
    (tmp_path / "a.png").write_bytes(b"picture")
    shown = markup.tidy(cells.markdown("![a line](a.png)", tmp_path), set())
    assert 'alt="a line"' in shown and 'src="data:image/png;base64,cGljdHVyZQ=="' in shown


def test_katex_has_all_its_fonts_inside_and_the_notice_names_what_is_vendored():
    styles = assets.katex_css()
    fonts = list((ROOT / "tools/pages/vendor/fonts").iterdir())
    assert styles.count("@font-face") == len(fonts) == styles.count("url(data:font/woff2;base64,")
    assert "url(fonts" not in styles and ".ttf" not in styles
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    katex = re.search(r'version:"([\d.]+)"', assets.text("vendor/katex.min.js"))[1]
    reveal = re.search(r"reveal.js ([\d.]+)", assets.text("vendor/reveal.js"))[1]
    assert all(name in notice for name in (f"KaTeX {katex}", f"reveal.js {reveal}"))
    assert "tools/pages/vendor" in notice


# --- what a build refuses --------------------------------------------------------------------


def test_a_stored_error_and_other_unfit_cells_are_refused(tmp_path):
    not_run, failed = course.code("1"), course.code("1 / 0")
    not_run.execution_count = None
    failed.outputs = [
        course.V4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
    ]
    silent = course.code("show", data={"image/png": course.picture()})
    silent.outputs[0].metadata = {}
    image = {"text/html": '<img src="data:image/png;base64,AA==">'}
    for cell, reason in [
        (course.text('<img src="gone.png" alt="a">'), "would load 'gone.png'; pictures, fonts"),
        (not_run, "was not executed"),
        (failed, "stored an error: ZeroDivisionError"),
        (silent, "shows a picture without alt text"),
        (course.code("show", data=image), "shows an <img> without alt text"),
        (course.code('course_lr.explore("quadratix")', None, "explorer"), "quadratix"),
        (course.code("print()", None, "explorer"), "is tagged explorer and does not call"),
    ]:
        message = refusal(tmp_path, cell)
        assert message.startswith("01_bad.ipynb, cell 1: ") and reason in message


def test_a_page_needs_a_title_and_a_question_and_a_site_a_notebook(tmp_path):
    folder = course.write(tmp_path / "notebooks", **{"01_bad": [course.text("No title.")]})
    with pytest.raises(ValueError, match="no cell has a title"):
        site.build(folder, tmp_path / "out")
    for build in (site.build, slides.build):
        with pytest.raises(ValueError, match="no notebook in"):
            build(tmp_path, tmp_path / "out")


# --- mathematics -----------------------------------------------------------------------------


def test_every_formula_is_kept_as_it_was_written(chapter, deck):
    for document in (chapter, deck):
        formulas = [formula.get_text() for formula in document.select(".math")]
        assert len(formulas) == course.FORMULAS
        assert (
            r"\begin{aligned} w_{t+1} &= w_t - \eta\, g_t \\ g_t &= \nabla L(w_t) \end{aligned}"
            in formulas
        )
        assert r"w^* = \operatorname*{arg\,min}_w L(w)" in formulas
        (align,) = [tex for tex in formulas if "align*" in tex]
        assert r"|1 - \eta\lambda| < 1 \iff 0 < \eta < \frac{2}{\lambda}" in align
    text = re.sub(r"\s+", " ", chapter.select_one("main").get_text())
    assert "a price of $5 and $PATH, stable" in text


# --- slides ----------------------------------------------------------------------------------


def test_slides_stand_where_the_cells_say(deck):
    stacks = deck.select(".slides > section")
    assert [len(stack.select(".board")) for stack in stacks] == [1, 2, 3, 1, 1, 1, 1]
    assert [title.get_text() for title in stacks[2].select("h2")] == ["Loss against rate"] * 3
    assert [part.get_text().strip() for part in deck.select(".fragment")] == ["And only there."]


def test_exercises_and_skipped_cells_stay_out_of_the_deck(deck, chapter):
    for words in ("Exercise 02.1", "def update", "import numpy"):
        assert words in chapter.get_text() and words not in deck.get_text()


def test_a_picture_and_code_need_two_slides_and_what_drew_it_is_left_out(deck, chapter):
    for slide in deck.select(".board"):
        pictures = slide.select(".block.picture")
        assert len(pictures) <= 1 and not (pictures and slide.select(".highlight"))
    picture = slide_with(deck, "Read it from left to right.")
    assert picture.img["alt"] == course.ALT and picture.h2.get_text() == "Loss against rate"
    source = slide_with(deck, "geomspace").select_one(".highlight").get_text()
    assert source.strip() == "rates = np.geomspace(1e-3, 1, 3)"
    assert "course_lr.show(" in chapter.get_text()


def titles_and_blocks(*notebook) -> list[tuple[str, int, bool]]:
    """Title, number of blocks and whether it is below, of each slide of these cells."""
    deck = slides.slides([cells.piece(cell, ROOT, set(), deck=True) for cell in notebook])
    return [(slide.title, len(slide.blocks), slide.below) for slide in deck]


ONE = course.text("## One\n\nText.", "slide")
CARD = course.code("1", "-", "verdict", data={"text/html": course.VERDICT})
LONG = course.text("word " * 120)


CUTS = {
    "each_heading_begins_a_slide": (
        [course.text("## One\n\nText.\n\n### Part\n\n## Two\n\nText.", "slide")],
        [("One", 1, False), ("Two", 1, True)],
    ),
    "a_bare_heading_takes_the_next_cell_with_it": (
        [course.text("## One", "slide"), CARD, course.text("More.", "slide")],
        [("One", 2, False), ("One", 1, False)],
    ),
    "what_has_no_room_goes_to_the_next_slide": (
        [course.text("## One", "slide"), LONG, LONG, course.text("Short.")],
        [("One", 2, False), ("One", 2, True)],
    ),
    "what_was_printed_stays_with_its_code": (
        [
            course.text("## One\n\n" + "word " * 80, "slide"),
            course.code("a = 1\n" * 9, printed="1\n" * 3),
        ],
        [("One", 1, False), ("One", 1, True)],
    ),
    "what_is_too_long_for_that_does_not": (
        [course.text("## One", "slide"), course.code("a = 1\n" * 14, printed="1\n" * 9)],
        [("One", 2, False), ("One", 1, True)],
    ),
    "a_card_has_a_slide_of_its_own": (
        [ONE, CARD, course.text("More.")],
        [("One", 1, False), ("One", 1, True), ("One", 1, True)],
    ),
    "code_that_only_shows_a_figure_leaves_one_slide": (
        [course.code('course_lr.show(1, alt="A.")', data={"image/png": course.picture()})],
        [("", 1, False)],
    ),
}


@pytest.mark.parametrize(("notebook", "expected"), CUTS.values(), ids=CUTS)
def test_slides_are_cut(notebook, expected):
    assert titles_and_blocks(*notebook) == expected


def test_the_text_of_a_card_is_as_large_as_its_slide_allows():
    def size(name: str) -> int:
        shown, _ = markup.unfold(verdict_cards.card(name)._repr_html_())
        return int(re.search(r"font-size:(\d+)px", markup.sized(shown))[1])

    assert 22 <= size("S8") <= size("S5") < size("S9") < size("S2") == 34
    assert markup.sized("<p>No card.</p>") == "<p>No card.</p>"


def test_what_the_audience_must_not_see_is_in_the_notes(built, deck):
    hidden = {
        "What η does": "Ask why",
        "Which rate is the fastest?": "The middle one",
        "depends on noise that is left": "Each seed draws its own data",
    }
    for words, note in hidden.items():
        assert note in slide_with(deck, words).find_next_sibling("aside").get_text()
    shown = "".join(slide.get_text() for slide in deck.select(".board"))
    assert not [note for note in hidden.values() if note in shown]
    assert not deck.select("details")
    first, last = read(built / "slides/01_first.html").select("section > section")
    assert first.aside.get_text().strip() == "Before everything." and last.aside is None


# --- explorers and verdicts ------------------------------------------------------------------


def test_static_html_stands_in_the_place_of_an_explorer(deck, chapter):
    for document in (deck, chapter):
        assert len(document.select("input[type=range]")) == 1
        assert "explore(" not in document.get_text()
    assert "In JupyterLab every control" in chapter.select_one(".explorer").get_text()


def test_a_verdict_is_shown_without_the_call_and_its_page_leads_on(deck, chapter):
    for document in (deck, chapter):
        text = document.get_text()
        assert "depends on noise that is left" in text and "verdict(" not in text
    assert chapter.select_one(".verdict details")
    (link,) = chapter.select(".clr-card a")
    assert (link["href"], link.get_text()) == ("evidence.html", "the evidence page")
    assert "evidence.html" not in str(deck) and "make site" in str(deck)


# --- pages -----------------------------------------------------------------------------------


def test_the_index_leads_to_every_page_and_deck_and_they_to_their_neighbours(built):
    index = read(built / "index.html")
    links = [link["href"] for link in index.select("main a")]
    chapters = ["01_first.html", "slides/01_first.html", "02_second.html", "slides/02_second.html"]
    assert links == ["evidence.html", "api/course_lr.html", *chapters]
    assert all((built / link).is_file() for link in links)
    assert "Why? Because." in index.get_text()
    first, second = read(built / "01_first.html"), read(built / "02_second.html")
    assert [link["href"] for link in first.select("a[rel=next]")] == ["02_second.html"] * 2
    assert [link["href"] for link in second.select("a[rel=prev]")] == ["01_first.html"] * 2
    assert not first.select("a[rel=prev]") and not second.select("a[rel=next]")
    assert first.select(".way a[href='evidence.html']")
    assert read(built / "evidence.html").find(id="S2").find("a", href="01_first.html")


def test_links_lead_to_built_pages_or_become_text(chapter):
    links = [link["href"] for link in chapter.select("main .cell a")]
    outside, evidence = "https://doi.org/10.1109/WACV.2017.58", "evidence.html"
    assert links == ["01_first.html#the-end", outside, evidence]
    assert "the rules" in chapter.get_text()
    contents = [link["href"] for link in chapter.select(".contents a")]
    assert contents[0] == "#the-step" and len(contents) == 5
    assert all(chapter.find(id=link[1:]) for link in contents)


def test_exercises_show_their_task_and_say_once_where_they_are_checked(chapter):
    hints = [
        hint for hint in chapter.select(".live") if "have your answer checked" in hint.get_text()
    ]
    assert len(hints) == 1 and hints[0].find_parent(class_="exercise")
    text = chapter.get_text()
    assert "The task." in text and "ex.check(update)" in text and "not attempted" not in text


def test_tables_scroll_and_a_picture_tells_its_size(chapter):
    tables = chapter.select("table")
    assert tables and all("scroll" in table.parent["class"] for table in tables)
    (image,) = chapter.select("img[src^='data:image/png'][style]")
    assert (image["width"], image["height"]) == ("740", "410")


def test_building_again_changes_nothing(built, tmp_path):
    again = course.build(tmp_path)
    for path in again.rglob("*.html"):
        assert path.read_bytes() == (built / path.relative_to(again)).read_bytes()


def test_only_the_named_decks_are_built(built, tmp_path):
    notebooks = built.parent / "notebooks"
    (path,) = slides.build(notebooks, tmp_path / "out", ["01"])
    assert [*(tmp_path / "out").iterdir()] == [path] and path.name == "01_first.html"


# --- the API reference -----------------------------------------------------------------------


@pytest.mark.parametrize("module", [course_lr, course_lr.interop], ids=lambda m: m.__name__)
def test_the_reference_shows_every_public_name_with_its_example(built, module):
    path = built / "api" / f"{module.__name__.replace('.', '/')}.html"
    reference = read(path)
    for name in module.__all__:
        entry = reference.find("section", id=name)
        examples = [words for words in entry.select(".docstring pre") if ">>>" in words.get_text()]
        assert examples and reference.select_one(f'nav a[href="#{name}"]'), name
    for link in reference.select("nav a:not(.attribution)"):
        target = link["href"]
        assert reference.find(id=target[1:]) or (path.parent / target).is_file(), target


def test_the_reference_names_arguments_errors_and_attributes(built):
    reference = read(built / "api/course_lr.html")
    entry = reference.find(id="grid_search")
    assert [part.get_text() for part in entry.select("h6")] == ["Arguments:", "Raises:"]
    assert "steps: int" in entry.select_one(".signature").get_text()
    assert "site-packages" not in reference.get_text() and str(ROOT) not in reference.get_text()
    assert reference.find(id="Search").h6.get_text() == "Attributes:"
    assert "η(t) = " in reference.find(id="CosineDecay").get_text()
    printed = read(built / "api/course_lr/interop.html").find(id="as_code").pre.get_text()
    assert "# after each optimizer.step(): scheduler.step()" in printed  # no heading
