"""Decks and pages, read without a browser: what is in them and what is refused."""

import doctest
import pathlib
import re

import bs4
import pytest

import course_lr
import course_lr.interop
from tests import evidence_report, verdict_cards
from tests import pages_course as course
from tools import site, slides
from tools.pages import api, assets, cells, markup

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = {path.stem for path in CHAPTERS}


def read(path: pathlib.Path) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small course as a site with its decks."""
    folder = tmp_path_factory.mktemp("course")
    report = evidence_report.write(folder / "report.json")
    site.build(course.write(folder / "notebooks"), folder / "site", report)
    return folder / "site"


@pytest.fixture(scope="module")
def deck(built):
    return read(built / "slides/02_second.html")


@pytest.fixture(scope="module")
def page(built):
    return read(built / "02_second.html")


def slide_with(deck, words: str):
    """The one slide on which ``words`` stand."""
    (found,) = [each for each in deck.select(".board") if words in each.get_text()]
    return found


def refusal(tmp_path, capsys, *cells_: object) -> str:
    """What is said about a course that a build refuses."""
    folder = course.write(tmp_path / "notebooks", **{"01_bad": [course.first()[1], *cells_]})
    targets = ["--folder", str(folder), "--target", str(tmp_path / "out")]
    assert slides.main(targets) == 1
    said = capsys.readouterr().err
    assert site.main(targets) == 1
    assert capsys.readouterr().err.split(": ", 1)[1] == said.split(": ", 1)[1]
    return said


# --- nothing from any other address ----------------------------------------------------------


def test_a_deck_is_one_file_that_loads_nothing(built):
    for path in (built / "slides").iterdir():
        assert markup.outside(read(path)) == []


def test_a_page_loads_two_files_beside_it(built):
    for path in built.glob("*.html"):
        alone = path.stem == "evidence"
        assert markup.outside(read(path)) == ([] if alone else ["course.css", "course.js"])
    styles = bs4.BeautifulSoup(
        f"<style>{(built / 'course.css').read_text()}</style>", "html.parser"
    )
    assert markup.outside(styles) == []


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
def test_a_cell_that_would_load_something_is_refused(tmp_path, capsys, loading):
    for cell in (course.text(loading), course.code("x", data={"text/html": loading})):
        said = refusal(tmp_path, capsys, cell)
        assert "01_bad.ipynb, cell 1: would load" in said and "must travel inside" in said


def test_a_markdown_picture_travels_inside(tmp_path):
    (tmp_path / "a.png").write_bytes(b"picture")
    shown = markup.tidy(cells.markdown("![a line](a.png)", tmp_path), set())
    assert 'alt="a line"' in shown and 'src="data:image/png;base64,cGljdHVyZQ=="' in shown
    with pytest.raises(ValueError, match=r"would load 'https://example.org/a.png'"):
        markup.tidy(cells.markdown("![a](https://example.org/a.png)", tmp_path), set())


def test_katex_has_all_its_fonts_inside():
    styles = assets.katex_css()
    fonts = list((ROOT / "tools/pages/vendor/fonts").iterdir())
    assert styles.count("@font-face") == len(fonts) == styles.count("url(data:font/woff2;base64,")
    assert "url(fonts" not in styles and ".ttf" not in styles


def test_the_notice_names_what_is_vendored():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    version = re.search(r'version:"([\d.]+)"', assets.text("vendor/katex.min.js"))[1]
    reveal = re.search(r"reveal.js ([\d.]+)", assets.text("vendor/reveal.js"))[1]
    assert f"KaTeX {version}" in notice and f"reveal.js {reveal}" in notice
    assert "tools/pages/vendor" in notice


# --- what a build refuses --------------------------------------------------------------------


def test_a_cell_that_was_not_run_is_refused(tmp_path, capsys):
    cell = course.code("1")
    cell.execution_count = None
    assert "01_bad.ipynb, cell 1: was not executed" in refusal(tmp_path, capsys, cell)


def test_a_stored_error_is_refused(tmp_path, capsys):
    cell = course.code("1 / 0")
    cell.outputs = [
        course.V4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
    ]
    assert "cell 1: stored an error: ZeroDivisionError" in refusal(tmp_path, capsys, cell)


def test_a_picture_without_alt_text_is_refused(tmp_path, capsys):
    cell = course.code("show", data={"image/png": course.picture()})
    cell.outputs[0].metadata = {}
    assert "cell 1: shows a picture without alt text" in refusal(tmp_path, capsys, cell)
    cell = course.code("show", data={"text/html": '<img src="data:image/png;base64,AA==">'})
    assert "cell 1: shows an <img> without alt text" in refusal(tmp_path, capsys, cell)


def test_an_unknown_explorer_is_refused(tmp_path, capsys):
    cell = course.code('course_lr.explore("quadratix")', "slide", "explorer")
    assert "quadratix" in refusal(tmp_path, capsys, cell)
    cell = course.code("print()", "slide", "explorer")
    assert "cell 1: is tagged explorer" in refusal(tmp_path, capsys, cell)


def test_a_page_needs_a_title_and_a_question(tmp_path):
    folder = course.write(tmp_path / "notebooks", **{"01_bad": [course.text("No title.")]})
    with pytest.raises(ValueError, match="no cell has a title"):
        site.build(folder, tmp_path / "out")


def test_a_folder_without_notebooks_is_told(tmp_path, capsys):
    targets = ["--folder", str(tmp_path), "--target", str(tmp_path / "out")]
    assert slides.main(targets) == 1 and "no notebook" in capsys.readouterr().err
    assert site.main(targets) == 1 and "no notebook" in capsys.readouterr().err


# --- mathematics -----------------------------------------------------------------------------


def test_every_formula_is_kept_as_it_was_written(page, deck):
    for built in (page, deck):
        found = [each.get_text() for each in built.select(".math")]
        assert len(found) == course.FORMULAS
        assert (
            r"\begin{aligned} w_{t+1} &= w_t - \eta\, g_t \\ g_t &= \nabla L(w_t) \end{aligned}"
            in found
        )
        assert r"w^* = \operatorname*{arg\,min}_w L(w)" in found
        (align,) = [each for each in built.select(".math.display") if "align*" in each.get_text()]
        assert r"|1 - \eta\lambda| < 1 \iff 0 < \eta < \frac{2}{\lambda}" in align.get_text()


def test_a_dollar_that_is_no_formula_stays_a_dollar(page):
    text = page.select_one("main").get_text()
    assert "a price of $5 and $PATH, stable" in re.sub(r"\s+", " ", text)


# --- slides ----------------------------------------------------------------------------------


def test_slides_stand_where_the_cells_say(deck):
    stacks = deck.select(".slides > section")
    assert [len(each.select(".board")) for each in stacks] == [1, 2, 3, 1, 1, 1, 1]
    assert [title.get_text() for title in stacks[2].select("h2")] == ["Loss against rate"] * 3
    fragments = [each.get_text().strip() for each in deck.select(".fragment")]
    assert fragments == ["And only there."]


def test_exercises_and_skipped_cells_stay_out_of_the_deck(deck, page):
    for words in ("Exercise 02.1", "def update", "import numpy"):
        assert words in page.get_text() and words not in deck.get_text()


def test_a_picture_and_code_need_two_slides(deck):
    for slide in deck.select(".board"):
        pictures = slide.select(".block.picture")
        assert len(pictures) <= 1 and not (pictures and slide.select(".highlight"))
    picture = slide_with(deck, "Read it from left to right.")
    assert picture.img["alt"] == course.ALT and picture.h2.get_text() == "Loss against rate"


def test_the_statement_that_shows_a_figure_is_left_out(deck, page):
    source = slide_with(deck, "geomspace").select_one(".highlight").get_text()
    assert source.strip() == "rates = np.geomspace(1e-3, 1, 3)"
    assert "course_lr.show(" in page.get_text()


def test_code_that_only_shows_a_figure_leaves_one_slide():
    figure = {"image/png": course.picture(), "text/plain": course.ALT}
    shown = course.code('course_lr.show(figure, alt="A line.")', "slide", data=figure)
    piece = cells.piece(shown, ROOT, set(), deck=True)
    assert [len(slide.blocks) for slide in slides.slides([piece])] == [1]


def titles_and_blocks(*cells_) -> list[tuple[str, int, bool]]:
    """Title, number of blocks and whether it is below, of each slide of these cells."""
    deck = slides.slides([cells.piece(each, ROOT, set(), deck=True) for each in cells_])
    return [(slide.title, len(slide.blocks), slide.below) for slide in deck]


def test_each_heading_begins_a_slide():
    cell = course.text("## One\n\nText.\n\n### Part\n\n## Two\n\nText.", "slide")
    assert titles_and_blocks(cell) == [("One", 1, False), ("Two", 1, True)]


def test_a_bare_heading_takes_the_next_cell_with_it():
    box = course.code("1", "slide", "verdict", data={"text/html": course.VERDICT})
    more = course.text("More.", "slide")
    found = titles_and_blocks(course.text("## Verdict", "slide"), box, more)
    assert found == [("Verdict", 2, False), ("Verdict", 1, False)]


def test_what_has_no_room_goes_to_the_next_slide():
    long = course.text("word " * 120)
    found = titles_and_blocks(course.text("## One", "slide"), long, long, course.text("Short."))
    assert found == [("One", 2, False), ("One", 2, True)]


def test_what_was_printed_stays_with_its_code():
    code = course.code("a = 1\n" * 9, printed="1\n" * 3)
    found = titles_and_blocks(course.text("## One\n\n" + "word " * 80, "slide"), code)
    assert found == [("One", 1, False), ("One", 1, True)]
    long = course.code("a = 1\n" * 14, printed="1\n" * 9)
    found = titles_and_blocks(course.text("## One", "slide"), long)
    assert found == [("One", 2, False), ("One", 1, True)]


def test_a_card_has_a_slide_of_its_own_with_the_title_before_it():
    box = course.code("1", "-", "verdict", data={"text/html": course.VERDICT})
    found = titles_and_blocks(course.text("## One\n\nText.", "slide"), box, course.text("More."))
    assert found == [("One", 1, False), ("One", 1, True), ("One", 1, True)]


def test_the_text_of_a_card_is_as_large_as_its_slide_allows():
    def size(name: str) -> int:
        shown, _ = markup.unfold(verdict_cards.card(name)._repr_html_())
        return int(re.search(r"font-size:(\d+)px", markup.sized(shown))[1])

    assert 22 <= size("S8") <= size("S5") < size("S9") < size("S2") == 34
    assert markup.sized("<p>No card.</p>") == "<p>No card.</p>"


def test_what_the_audience_must_not_see_is_in_the_notes(deck):
    told = {
        "What η does": "Ask why",
        "Which rate is the fastest?": "The middle one",
        "depends on noise that is left": "Each seed draws its own data",
    }
    for words, note in told.items():
        slide = slide_with(deck, words)
        assert note in slide.find_next_sibling("aside").get_text()
    shown = "".join(each.get_text() for each in deck.select(".board"))
    assert not [note for note in told.values() if note in shown]
    assert not deck.select("details")


def test_notes_before_the_first_slide_belong_to_it(built):
    (first, last) = read(built / "slides/01_first.html").select("section > section")
    assert first.aside.get_text().strip() == "Before everything." and last.aside is None


# --- explorers and verdicts ------------------------------------------------------------------


def test_static_html_stands_in_the_place_of_an_explorer(deck, page):
    for built in (deck, page):
        assert len(built.select("input[type=range]")) == 1
        assert "explore(" not in built.get_text()
    assert "In JupyterLab every control" in page.select_one(".explorer").get_text()


def test_a_verdict_is_shown_without_the_call(deck, page):
    for built in (deck, page):
        assert (
            "depends on noise that is left" in built.get_text()
            and "verdict(" not in built.get_text()
        )
    assert page.select_one(".verdict details")


def test_a_card_leads_on_to_the_evidence_page_beside_its_own_page_alone(deck, page):
    (link,) = page.select(".clr-card a")
    assert (link["href"], link.get_text()) == ("evidence.html", "the evidence page")
    assert "evidence.html" not in str(deck) and "make site" in str(deck)


# --- pages -----------------------------------------------------------------------------------


def test_the_index_leads_to_every_page_and_deck(built):
    index = read(built / "index.html")
    links = [link["href"] for link in index.select("main a")]
    assert links == [
        "evidence.html",
        "api/course_lr.html",
        "01_first.html",
        "slides/01_first.html",
        "02_second.html",
        "slides/02_second.html",
    ]
    assert all((built / link).is_file() for link in links)
    assert "Why? Because." in index.get_text()


@pytest.mark.parametrize("module", [course_lr, course_lr.interop], ids=lambda m: m.__name__)
def test_the_reference_shows_every_public_name_with_its_example(built, module):
    path = built / "api" / f"{module.__name__.replace('.', '/')}.html"
    reference = read(path)
    assert markup.outside(reference) == []
    for name in module.__all__:
        entry = reference.find("section", id=name)
        examples = [words for words in entry.select(".docstring pre") if ">>>" in words.get_text()]
        assert examples and reference.select_one(f'nav a[href="#{name}"]'), name
    for link in reference.select("nav a:not(.attribution)"):
        target = link["href"]
        assert reference.find(id=target[1:]) or (path.parent / target).is_file(), target


def test_the_reference_names_arguments_errors_and_attributes(built):
    reference = read(built / "api/course_lr.html")
    parts = [heading.get_text() for heading in reference.find(id="grid_search").select("h6")]
    assert parts == ["Arguments:", "Raises:"]
    assert "Attributes:" in reference.find(id="Search").h6.get_text()
    assert "steps: int" in reference.find(id="grid_search").select_one(".signature").get_text()
    assert "η(t) = " in reference.find(id="CosineDecay.curve").find_parent("section").get_text()


def test_pages_lead_to_their_neighbours(built):
    first, second = read(built / "01_first.html"), read(built / "02_second.html")
    assert [link["href"] for link in first.select("a[rel=next]")] == ["02_second.html"] * 2
    assert [link["href"] for link in second.select("a[rel=prev]")] == ["01_first.html"] * 2
    assert not first.select("a[rel=prev]") and not second.select("a[rel=next]")


def test_links_lead_to_built_pages_or_become_text(page):
    links = [link["href"] for link in page.select("main .cell a")]
    outside, evidence = "https://doi.org/10.1109/WACV.2017.58", "evidence.html"
    assert links == ["01_first.html#the-end", outside, evidence]
    assert "the rules" in page.get_text()


def test_the_contents_lead_to_the_sections(page):
    links = [link["href"] for link in page.select(".contents a")]
    assert links[0] == "#the-step" and len(links) == 5
    assert all(page.find(id=link[1:]) for link in links)


def test_exercises_say_once_where_they_are_checked(page):
    told = [each for each in page.select(".live") if "have your answer checked" in each.get_text()]
    assert len(told) == 1 and told[0].find_parent(class_="exercise")


def test_a_page_shows_a_task_and_no_verdict_on_an_answer_that_nobody_gave(page):
    text = page.get_text()
    assert "The task." in text and "ex.check(update)" in text and "not attempted" not in text


def test_every_table_scrolls_in_a_box_of_its_own(page):
    assert page.select("table") and all(
        "scroll" in table.parent["class"] for table in page.select("table")
    )


def test_a_picture_tells_its_size(page):
    (image,) = page.select("img[src^='data:image/png'][style]")
    assert (image["width"], image["height"]) == ("740", "410")


def test_building_again_changes_nothing(built, tmp_path):
    again = tmp_path / "site"
    report = evidence_report.write(tmp_path / "report.json")
    site.build(course.write(tmp_path / "notebooks"), again, report)
    for path in again.rglob("*.html"):
        assert path.read_bytes() == (built / path.relative_to(again)).read_bytes()


def test_only_the_named_decks_are_built(tmp_path, capsys):
    folder = course.write(tmp_path / "notebooks")
    assert slides.main(["02", "--folder", str(folder), "--target", str(tmp_path / "out")]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["02_second.html"]


# --- the course's own chapters ---------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_becomes_a_deck_and_a_page(path):
    assert markup.outside(bs4.BeautifulSoup(slides.document(path, NAMES), "html.parser")) == []
    chapter = site.chapter(path, NAMES)
    assert chapter.title.startswith(path.stem[:2])
    deck = slides.slides(cells.pieces(path, NAMES, deck=True))
    assert len(deck) >= 5 and any(slide.notes for slide in deck)


@pytest.mark.parametrize(
    "module", [api, cells, markup, assets, slides, site], ids=lambda m: m.__name__
)
def test_the_examples_in_the_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0
