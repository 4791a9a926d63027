"""The evidence page, read without a browser: what it says, what it counts, what it refuses."""

import doctest
import json
import re

import bs4
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import evidence_report as small
from tests import pages_course as course
from tools import site
from tools.pages import evidence, markup

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


def soup(report: dict) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(evidence.document(report, {3: "03_decay"}), "html.parser")


def words(tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text()).strip()


@pytest.fixture(scope="module")
def whole():
    return soup(small.report())


# --- what stands on it -----------------------------------------------------------------------


@pytest.mark.parametrize("one", small.report()["measurements"], ids=lambda one: one["id"])
def test_a_measurement_stands_there_with_all_that_measures_it_again(whole, one):
    row = whole.find(id=one["id"])
    said = words(row)
    told = [one[key] for key in ("problem", "question", "against", "unit", "draws", "reason")]
    told += [one["interval"], one["command"], one["code"], one["outcome"], one["says_open"]]
    told += [*one["kernels"], *(one["replaces"] or ["new"]), f"{one['seeds']}; each draws"]
    told += [*(f"{rate:.3g}" for rate in one["rates"] or []), f"set {one['asked_when']} looking"]
    told += [f"{k} of {n} runs" for k, n in one["failures"]] + ["97.1 %", "12.3 s"]
    assert not [each for each in told if each not in said]
    assert row["data-outcome"] == one["outcome"] and row.find_parent("section")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("S1-far", "+1.7 points of accuracy +1.2 to +2.3 at least +0.5, set before looking"),
        ("S1-cheap", "−0.2 points of accuracy −0.8 to +0.4 no worse than −1, set before looking"),
        ("S5-back", "0.62 times calmer 0.55 to 0.71 at least 1.5, set before looking"),
    ],
)
def test_numbers_have_their_sign_and_digits(whole, name, shown):
    assert shown in words(whole.find(id=name))


def test_p_is_told_before_and_after_the_correction(whole):
    # Eight p-values: 1e-20, three of 0.0002 and one more (S5-back), 0.009, 0.012, 0.41.
    expected = {
        "S5-calm": "below 1e-16 against 0; below 1e-16 after Holm’s correction for 8 (survives)",
        "S1-far": "2.0e-04 against 0; 0.001 after Holm’s correction for 8 (survives)",
        "S5-back": "2.0e-04 against 1; 0.001 after Holm’s correction for 8 (survives)",
        "S5-part": "0.009 against 0; 0.027 after Holm’s correction for 8 (survives)",
        "S1-cheap": "0.012 against −1; 0.027 after Holm’s correction for 8 (survives)",
        "S5-none": "0.410 against 0; 0.410 after Holm’s correction for 8",
    }
    for name, said in expected.items():
        found = words(whole.find(id=name).find("dt", string="p, two-sided").find_next("dd"))
        assert found == said, name


def test_a_statement_says_its_outcome_its_sentence_and_on_what_it_depends(whole):
    for one in small.report()["statements"]:
        said = words(whole.find(id=one["id"]))
        assert all(one[key] in said for key in ("says", "outcome", "sentence", "depends_on"))
    assert "≠ depends on whether noise is left." in words(whole.find(id="S5"))
    assert whole.find(id="S5").find("a", href="03_decay.html")
    assert not whole.select("#S1 a[href$=html]")  # no page of chapter 1 was named


def test_the_headline_comes_first_and_what_is_on_no_card_last(whole):
    order = [each["id"] for each in whole.select("tbody")]
    assert order[:2] == ["S1-far", "S1-cheap"] and order[-1] == "S5-alone"
    assert order[2:6] == ["S5-calm", "S5-part", "S5-none", "S5-back"]
    headlines = [each["id"] for each in whole.select("tbody") if "headline" in words(each.th)]
    assert headlines == ["S1-far", "S5-calm", "C1-wide"]
    assert "Judged as well by S1-far." in words(whole.find(id="S5"))


def test_a_glance_shows_each_statement_with_its_headline(whole):
    first, second, third = [words(each) for each in whole.select(".glance li")]
    assert first == "S1 S1 says something. +1.7 points of accuracy (+1.2 to +2.3) ✓ holds"
    assert second.startswith("S5 ") and third.endswith("? open")


def test_every_outcome_has_a_word_and_a_shape(whole):
    for badge in whole.select(".outcome"):
        shape, word = words(badge).split(" ", 1)
        assert evidence.SHAPES[word] == shape
    assert {row["data-outcome"] for row in whole.select("tbody")} == {*evidence.SHAPES} - {
        "depends"
    }
    assert len({*evidence.SHAPES.values()}) == 6


def test_markup_is_told_and_not_obeyed(whole):
    assert small.HOSTILE in whole.find(id="S5-calm").th.get_text()
    assert len(whole.select("script")) == 1 and not whole.select("main b, main i")


def test_nothing_is_loaded_and_every_link_inside_leads_somewhere(whole):
    assert markup.outside(whole) == []
    assert not whole.select("script[src], link[rel=stylesheet]")
    script = whole.script.get_text()
    assert not re.search(r"fetch|import|XMLHttp|https?:", script)
    for link in whole.select("a"):
        assert not link["href"].startswith("#") or whole.find(id=link["href"][1:]), link
    names = [tag["id"] for tag in whole.select("[id]")]
    assert len(names) == len(set(names))


def test_what_was_taken_out_is_told_with_the_place_in_the_history(whole):
    told = words(whole).split("What was taken out", 1)[1]
    assert "2 earlier claims have no successor" in told
    assert "d7e34ac" in told and "course_lr/teaching/evidence" in told
    listed = [[words(part) for part in pair] for pair in whole.select(".removed > div")]
    assert listed == small.report()["removed"]


# --- what is counted -------------------------------------------------------------------------


def test_the_numbers_at_the_head_are_those_of_the_report(whole):
    head = words(whole.main).split("The statements at a glance")[0]
    for said in (
        "The course tests 3 statements by 8 measurements.",
        "✓ holds 1 ? open 1 ≠ depends 1 ",
        "✓ holds 4 ◐ in part 1 ○ no effect 1 ← reversed 1 ? open 1 ",
        "2 of the 8 sizes were set after looking",
        "7 of 8 measurements are decided",
        "level of 97.1 %: chance alone makes about 0.2 of these 7",  # 7 × 0.029
        "6 measurements find an effect",
        "6 of them survive Holm’s correction",
        "2 measurements were made under two BLAS kernels",
        "1 of these is open because the two disagree",
    ):
        assert said in head, said


def test_a_weak_effect_among_many_does_not_survive():
    report = small.report()
    report["measurements"][3]["p"] = 0.02  # now 0.012 × 3 > 0.029, and what is larger falls too
    said = words(soup(report))
    assert "6 measurements find an effect" in said and "4 of them survive Holm" in said


# --- Holm ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.4], [0.8, 0.8]),
        ([0.9, 0.8, 0.0], [1.0, 1.0, 0.0]),
    ],
)
def test_holm_by_hand(given_, adjusted):
    assert evidence.holm(given_) == pytest.approx(adjusted)


@given(P_VALUES, st.floats(0.001, 0.2))
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


# --- part of the site ------------------------------------------------------------------------


def test_a_site_has_the_page_and_leads_to_it(tmp_path):
    report = small.write(tmp_path / "report.json")
    site.build(course.write(tmp_path / "notebooks"), tmp_path / "site", report)
    text = (tmp_path / "site/evidence.html").read_text(encoding="utf-8")
    built = bs4.BeautifulSoup(text, "html.parser")
    assert built.find(id="S5-calm") and built.find(id="S1").find("a", href="01_first.html")
    for name in ("index", "01_first", "02_second"):
        assert 'href="evidence.html"' in (tmp_path / f"site/{name}.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda report: report.pop("removed"), "has no 'removed'"),
        (lambda report: report["measurements"][1].pop("p"), "S1-cheap has no 'p'"),
        (lambda report: report["statements"][0].pop("says"), "S1 has no 'says'"),
        (lambda report: report["statements"][0].update(outcome="mixed"), "S1 has the outcome 'mix"),
        (lambda report: report["measurements"].pop(0), "has no measurement of S1"),
    ],
)
def test_a_damaged_report_is_named_in_one_sentence(tmp_path, damage, said):
    report, path = small.report(), tmp_path / "report.json"
    damage(report)
    path.write_text(json.dumps(report), encoding="utf-8")
    with pytest.raises(ValueError) as refused:
        evidence.read(path)
    told = str(refused.value)
    assert said in told and str(path) in told and "make evidence" in told and "\n" not in told


@pytest.mark.parametrize("content", [None, '{"statements": [', "[]"])
def test_without_a_report_the_site_says_which_command_makes_it(tmp_path, capsys, content):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    folder = course.write(tmp_path / "notebooks")
    options = ["--folder", str(folder), "--target", str(tmp_path / "out"), "--report", str(path)]
    assert site.main(options) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line and "make evidence" in line
    assert not (tmp_path / "out").exists()


def test_the_examples_in_the_docstrings_are_true():
    assert doctest.testmod(evidence).failed == 0
