"""The evidence document, read without a browser: what it says and what it counts."""

import re

import bs4
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lr.teaching.verdicts import Report
from tests import pages_course as course
from tests.verdict_cards import MEASURED, REMOVED, STATED
from tools import site
from tools.pages import evidence, markup


def page_of(measurements: list[dict]) -> bs4.BeautifulSoup:
    report = Report(STATED, measurements, REMOVED)
    return bs4.BeautifulSoup(evidence.document(report, {3: "03_decay"}), "html.parser")


def words(tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text()).strip()


@pytest.fixture(scope="module")
def document():
    return page_of(MEASURED)


# --- what stands on it -----------------------------------------------------------------------


def test_each_measurement_stands_there_with_all_that_measures_it_again(document):
    keys = "problem question against unit draws reason interval command code outcome says_open"
    for measured in MEASURED:
        row = document.find(id=measured["id"])
        parts = [measured[key] for key in keys.split()] + measured["kernels"]
        parts += measured["replaces"] or ["new"]
        parts += [f"{measured['seeds']}; each draws", f"set {measured['asked_when']} looking"]
        parts += [f"{rate:.3g}" for rate in measured["rates"]] + ["97.1 %"]
        parts += [f"{k} of {n} runs" for k, n in measured["failures"]]
        parts += [f"({measured['seconds']:.3g} s)"]
        assert not [part for part in parts if part not in words(row)], measured["id"]
        assert row["data-outcome"] == measured["outcome"] and row.find_parent("section")


def test_numbers_have_their_sign_and_digits(document):
    for name, shown in {
        "S5-better": "+3.2 points of accuracy +2.1 to +4.3 at least +1, set before looking",
        "S8-cost": "−0.3 points of accuracy −0.8 to +0.2 no worse than −1, set before looking",
        "S9-slow": "0.80 times calmer 0.00 to 0.95 at least 1.5, set before looking",
    }.items():
        assert shown in words(document.find(id=name)), name


def test_p_is_told_before_and_after_the_correction(document):
    for name, shown in {  # of 13 p-values: 1e-20, nine of 0.001, 0.009, 0.012, 0.41
        "S5-calm": "below 1e-16 against 1; below 1e-16 after Holm’s correction for 13 (survives)",
        "S5-better": "0.001 against 0; 0.012 after Holm’s correction for 13 (survives)",
        "S5-part": "0.009 against 0; 0.027 after Holm’s correction for 13 (survives)",
        "S8-cost": "0.012 against −1; 0.027 after Holm’s correction for 13 (survives)",
        "S5-none": "0.410 against 0; 0.410 after Holm’s correction for 13",
    }.items():
        cell = document.find(id=name).find("dt", string="p, two-sided").find_next("dd")
        assert words(cell) == shown, name


def test_a_statement_says_its_outcome_its_sentence_and_on_what_it_depends(document):
    for statement in STATED:
        section = document.find(id=statement["id"])
        keys = ("says", "outcome", "sentence", "depends_on")
        assert all(statement[key] in words(section) for key in keys)
    assert "≠ depends on noise that is left." in words(document.find(id="S5"))
    assert document.find(id="S5").find("a", href="03_decay.html")
    assert not document.select("#S2 a[href$=html]")  # no page of chapter 1 was named


def test_the_headline_comes_first_and_what_is_on_no_card_last(document):
    rows = [row["id"] for row in document.select("tbody")]
    assert rows == [measured["id"] for measured in MEASURED]
    headlines = [row["id"] for row in document.select("tbody") if "headline" in words(row.th)]
    assert headlines == ["S5-calm", "S8-cost", "S9-share", "X1-markup"]
    assert "Judged as well by S5-better." in words(document.find(id="S2"))
    shown = [words(entry) for entry in document.select(".glance li")]
    assert shown[0].startswith("S5 ") and shown[0].endswith(
        "1.72 times calmer (1.50 to 2.00) ≠ depends"
    )
    assert shown[3] == "R1 The recipe finds a rate as good as a full search. ? open"


def test_every_outcome_has_a_word_and_a_shape(document):
    for badge in document.select(".outcome"):
        shape, word = words(badge).split(" ", 1)
        assert evidence.SHAPES[word] == shape
    outcomes = {row["data-outcome"] for row in document.select("tbody")}
    assert outcomes == {*evidence.SHAPES} - {"depends"} and len({*evidence.SHAPES.values()}) == 6


def test_markup_is_told_and_not_obeyed(document):
    assert "<i>Digits</i> & $x$" in document.find(id="X1-markup").th.get_text()
    assert len(document.select("script")) == 1 and not document.select("main b, main i, main u")


def test_nothing_is_loaded_and_every_link_inside_leads_somewhere(document):
    assert markup.outside(document) == []
    assert not document.select("script[src], link[rel=stylesheet]")
    assert not re.search(r"fetch|import|XMLHttp|https?:", document.script.get_text())
    for link in document.select("a"):
        assert not link["href"].startswith("#") or document.find(id=link["href"][1:]), link
    names = [tag["id"] for tag in document.select("[id]")]
    assert len(names) == len(set(names))


def test_what_was_taken_out_is_told_with_the_place_in_the_history(document):
    ending = words(document).split("What was taken out", 1)[1]
    assert "2 earlier claims have no successor" in ending
    assert "d7e34ac" in ending and "course_lr/teaching/evidence" in ending
    assert [[words(part) for part in pair] for pair in document.select(".removed > div")] == REMOVED


# --- what is counted -------------------------------------------------------------------------


def test_the_numbers_at_the_head_are_those_of_the_report(document):
    head = words(document.main).split("The statements at a glance")[0]
    for part in (
        "The course tests 6 statements by 13 measurements.",
        "✓ holds 2 ← reversed 1 ? open 1 ≠ depends 2 ",
        "✓ holds 6 ◐ in part 2 ○ no effect 1 ← reversed 3 ? open 1 ",
        "2 of the 13 sizes were set after looking",
        "12 of 13 measurements are decided",
        "level of 97.1 %: chance alone makes about 0.3 of these 12",  # 12 × 0.029
        "11 measurements find an effect",
        "11 of them survive Holm’s correction",
        "12 measurements were made under two BLAS kernels",
        "1 of these is open because the two disagree",
    ):
        assert part in head, part


def test_a_weak_effect_among_many_does_not_survive():
    weak = [m | {"p": 0.02} if m["id"] == "S5-part" else m for m in MEASURED]
    # 0.012 × 3 is now above 0.029, and what is larger falls too
    assert "9 of them survive Holm" in words(page_of(weak))


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.4], [0.8, 0.8]),
        ([0.9, 0.8, 0.0], [1.0, 1.0, 0.0]),
    ],
)
def test_holm_by_hand(p_values, adjusted):
    assert evidence.holm(p_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.2))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, level):
    rejected, ordered = set(), sorted(range(len(p_values)), key=lambda i: p_values[i])
    for rank, place in enumerate(ordered):
        if (len(p_values) - rank) * p_values[place] > level:
            break
        rejected.add(place)
    adjusted = evidence.holm(p_values)
    assert {place for place, p in enumerate(adjusted) if p <= level} == rejected
    assert all(p <= q <= min(1, len(p_values) * p) for p, q in zip(p_values, adjusted))


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_holm_refuses_what_is_no_p_value(wrong):
    with pytest.raises(ValueError, match="p_values must lie between 0 and 1"):
        evidence.holm([0.5, wrong])


def test_without_a_report_no_site_is_built(tmp_path):
    with pytest.raises(ValueError, match=r"report\.json is missing; `course-lr evidence`"):
        site.build(course.write(tmp_path / "notebooks"), tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()
