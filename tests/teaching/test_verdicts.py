"""The report as it is read, and the card of a statement; on a report that is made up."""

import copy
import re

import bs4
import numpy as np
import pytest

import course_lr
from course_lr.teaching import verdicts
from course_lr.teaching.verdicts import Curves, Report, card, curves
from course_lr.teaching.verdicts.report import OUTCOMES
from tests import verdict_cards as cases

WHOLE = Report(cases.STATED, cases.MEASURED)


def shown(name: str) -> bs4.BeautifulSoup:
    """The card of a statement as a notebook shows it."""
    return bs4.BeautifulSoup(cases.card(name)._repr_html_(), "html.parser")


def folded(name: str) -> str:
    return " ".join(shown(name).details.get_text(" ").split())


def changed(**changes) -> dict:
    """The report's content with some keys of its first measurement other than they were."""
    content = copy.deepcopy(cases.CONTENT)
    content["measurements"][0] |= changes
    return content


# --- the report ------------------------------------------------------------------------------


def test_a_report_is_read_as_it_was_written(tmp_path):
    content = cases.CONTENT | {"removed": [["S1-old", "algebra"]], "levels": {"looks": 2}}
    assert Report.load(cases.write(tmp_path, content)) == Report(**content)
    assert Report.load(cases.write(tmp_path)) == WHOLE


def test_an_unknown_name_is_answered_with_the_nearest():
    for search, message in (
        (lambda: WHOLE.statement("s5"), r"no statement 's5'; did you mean S5\?"),
        (lambda: WHOLE.statement("what"), r"no statement 'what'; there are S5, S8, S9, R1, S2, X1"),
        (lambda: WHOLE.measurement("S5-clam"), r"measurement 'S5-clam'; did you mean S5-calm\?"),
        (lambda: Report([], []).statement(5), "no statement 5; there are none yet"),
    ):
        with pytest.raises(ValueError, match=message):
            search()


def test_verdict_shows_the_statement_of_the_report_that_the_course_quotes(tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "HERE", cases.write(tmp_path))
    assert course_lr.verdict("S8")._repr_html_() == cases.card("S8")._repr_html_()
    with pytest.raises(ValueError, match="did you mean S8"):
        course_lr.verdict("S88")
    assert verdicts.report() == WHOLE


def test_a_damaged_report_is_told_in_one_sentence(tmp_path):
    damaged = "is damaged: measurements[0] "
    for content, why in [
        ([], "is of an earlier form"),
        ({"claims": []}, "is of an earlier form"),
        (cases.CONTENT | {"statements": 7}, "is of an earlier form"),
        (cases.CONTENT | {"statements": [7]}, "is damaged: statements[0] has no proper"),
        (changed(low=None), damaged + "has no proper 'low'"),
        (changed(low=float("nan")), damaged + "has no proper 'low'"),
        (changed(asked=True), damaged + "has no proper 'asked'"),
        (changed(seeds="20"), damaged + "has no proper 'seeds'"),
        (changed(failures=[[1]]), damaged + "has no proper 'failures'"),
        (changed(outcome="confirmed"), "measurements[0] has the unknown outcome 'confirmed'"),
        (changed(asked=1), damaged + "asks for no effect"),
        (changed(none=0), damaged + "asks for no effect"),
        (changed(id="S5-other"), "is damaged: S5 shows 'S5-calm', which was not measured"),
        (None, "is missing"),
        (b'{"statements": [', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "cannot be read"),
    ]:
        path = tmp_path / "report.json"
        if content is None:
            path.unlink()
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            cases.write(tmp_path, content)
        with pytest.raises(ValueError) as refused:
            Report.load(tmp_path)
        assert str(refused.value).startswith(f"{path} ") and why in str(refused.value)
        advice = "; `course-lr evidence` in a checkout of the course writes it"
        assert str(refused.value).endswith(advice)


# --- the card in words -----------------------------------------------------------------------


def test_the_text_of_a_card_is_stable():
    assert repr(cases.card("S8")).replace("\u00a0", " ").splitlines() == [
        "S8: RMSprop spares manual tuning.",
        "  ≠ depends on the problem",
        "  Digits: ✓ holds: −0.3 points of accuracy (−0.8 to 0.2; may cost at most 1)",
        "  MNIST-1D: ← reversed: −2.2 points of accuracy (−2.9 to −1.5; may cost at most 1)",
        "  MNIST-1D, small start: ✓ holds: +45.0 points of accuracy (40.1 to 49.9; asked: 1); "
        "failed: 0 of 20 runs, against 12 of 20",
        "  Digits as they come: ? open: +0.6 points of accuracy (−0.4 to 1.6; asked: 1)",
        "  Its default costs nothing on digits and two points on MNIST-1D.",
    ]


def test_each_outcome_is_a_word_and_a_sign_of_its_own():
    assert len({sign for sign, *_ in card.SHAPES.values()}) == len(OUTCOMES) == len(card.SHAPES)
    for outcome in OUTCOMES:
        made = card.Card(cases.STATED[4] | {"outcome": outcome}, [])
        badge = bs4.BeautifulSoup(made._repr_html_(), "html.parser").b.span.get_text()
        assert badge == f"{card.SHAPES[outcome][0]} {outcome}"


def test_a_row_says_its_outcome_where_it_is_not_that_of_the_statement():
    names = [each.b.get_text() for each in shown("S9").select(".clr-row")]
    assert names == ["Digits, forty starts: ◐ in part", "MNIST-1D, far too large", "A valley"]


def test_a_row_has_its_figures_and_the_failures_of_each_arm():
    words = [each.get_text("|").replace("\u00a0", " ") for each in shown("S5").select(".clr-row")]
    assert words == [
        "Digits, ends of training: ✓ holds|1.72 times calmer (1.50 to 2.00; asked: 1.5)",
        "MNIST-1D, accuracy: ✓ holds|+3.2 points of accuracy (2.1 to 4.3; asked: 1)",
        "Digits, accuracy: ○ no effect|+0.1 points of accuracy (−0.2 to 0.4; asked: 0.5)",
        "Digits with wrong labels: ◐ in part|+0.4 points of accuracy (0.1 to 0.7; asked: 0.5); "
        "failed: 1 of 20 runs, against 7 of 20",
    ]
    assert "85 % of the runs saved (71 to 93; asked: 75; no effect: 50); failed: 6 of 40 runs" in (
        repr(cases.card("S9")).replace("\u00a0", " ")
    )


def test_a_card_is_short_and_names_no_id_of_a_measurement():
    for statement in cases.STATED:
        soup = shown(statement["id"])
        soup.details.decompose()
        text = soup.get_text(" ")
        assert len(text.split()) <= 120 and not any(m["id"] in text for m in cases.MEASURED)


def test_how_it_was_measured_is_folded_and_leads_on():
    text = folded("S5")
    assert text.startswith("How it was measured Digits, ends of training.")
    for part in (
        "How many more test images are right at the end?",
        "Compared with: the best constant rate.",
        "Size asked, fixed before looking: 1.5; two seeds differ by as much.",
        "Size asked, set after looking: 0.5;",
        "Interval: paired t, 97.1 %, over 20 seeds. Each seed draws its own data",
        "Tuned rates: 0.316, 0.1. Failed: 1 of 20 runs, against 7 of 20.",
        "BLAS kernels: SkylakeX, Haswell. Again: course-lr evidence --claim S5-part",
    ):
        assert part in text, part
    assert text.endswith("measurements: the evidence page ( make site ) .")
    assert "Outcome: open, since the second kernel gives another outcome." in folded("S8")
    assert "may cost at most 1; two" in folded("S8").replace("\u00a0", " ")


def test_all_that_the_report_says_is_escaped():
    soup = shown("X1")
    made = {"div", "b", "span", "details", "summary", "ul", "li", "code"}
    assert {tag.name for tag in soup.find_all(True)} == made
    (measurement,) = cases.card("X1").measurements
    texts = [value for value in measurement.values() if isinstance(value, str) and "<" in value]
    statement = cases.card("X1").statement
    assert len(texts) == 9
    for text in [*texts, *measurement["kernels"], statement["says"], statement["sentence"]]:
        assert text in soup.get_text()


# --- the card's picture ----------------------------------------------------------------------


def places(name: str) -> list[dict[str, float]]:
    """Per row of a card, where its marks begin, as per cents of the axis; the bar's end too."""
    found = []
    for row in shown(name).select(".clr-row"):
        styles = [mark["style"] for mark in row.select(":scope > div:last-child > div")][1:]
        lefts = [float(value) for each in styles for value in re.findall(r"left:([\d.]+)%", each)]
        width = float(re.search(r"width:([\d.]+)%", styles[2])[1])
        made = {"none": lefts[0], "asked": lefts[1], "low": lefts[2], "high": lefts[2] + width}
        made["dot"] = next((lefts[3] for s in styles[3:4] if "50%;margin:" in s), None)
        made["arrows"] = [s for s in ("right", "left") if any(f"border-{s}:0.7em" in e
                                                             for e in styles)]  # fmt: skip
        found.append(made)
    return found


def test_all_rows_share_the_lines_of_no_effect_and_of_the_size_asked():
    for name in ("S5", "S8", "S9"):
        assert {(row["none"], row["asked"]) for row in places(name)} == {(33.3, 55.6)}


def test_a_bar_lies_on_the_axis_where_its_numbers_are():
    def at(x: float) -> float:
        return pytest.approx((x + 1.5) / 4.5 * 100, abs=0.11)

    ratio, beyond, nothing, part = places("S5")
    assert ratio["dot"] == at(np.log(1.72) / np.log(1.5)) and ratio["low"] == at(1)
    assert ratio["high"] == at(np.log(2) / np.log(1.5)) and ratio["arrows"] == []
    assert (nothing["low"], nothing["dot"], nothing["high"]) == (at(-0.4), at(0.2), at(0.8))
    assert (part["low"], part["dot"], part["high"]) == (at(0.26), at(0.84), at(1.4))
    cost, costs, *_ = places("S8")
    assert (cost["low"], cost["dot"], cost["high"]) == (at(0.2), at(0.69), at(1.2))
    assert (costs["low"], costs["dot"], costs["high"]) == (0, at(-1.2), at(-0.5))
    share = places("S9")[0]
    assert share["low"] == at((70.9 - 50) / 25) and share["dot"] == at(35 / 25)
    assert (beyond["low"], beyond["dot"], beyond["high"]) == (at(2.14), None, 100)


def test_what_lies_beyond_the_axis_ends_in_an_arrow_head():
    assert [row["arrows"] for row in places("S5")] == [[], ["left"], [], []]
    assert [row["arrows"] for row in places("S8")] == [[], ["right"], ["left"], []]
    far = places("S8")[2]
    assert far["dot"] is None and far["high"] == 100 and 90 < far["low"] < 100
    lost, slow = places("S9")[1:]
    assert lost["dot"] is None and lost["low"] == 0 and 0 < lost["high"] < 10
    assert slow["arrows"] == ["right"] and slow["dot"] is not None


def test_the_lines_are_named():
    for names, labels in (
        (["S5-calm"], ["no effect", "asked"]),
        (["S8-cost"], ["limit", "no cost"]),
        (["S8-cost", "S5-calm"], ["no effect / limit", "asked / no cost"]),
    ):
        made = card.Card(cases.STATED[0], [WHOLE.measurement(name) for name in names])
        soup = bs4.BeautifulSoup(made._repr_html_(), "html.parser")
        legend = soup.select_one(".clr-card").find_all("div", recursive=False)[1]
        assert list(legend.stripped_strings) == labels


# --- curves ----------------------------------------------------------------------------------


def test_an_unknown_sweep_is_answered_with_those_there_are_and_a_damaged_one_named(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(curves, "HERE", tmp_path)
    path = tmp_path / "curves" / "toy.npz"
    path.parent.mkdir()
    with pytest.raises(ValueError, match="name must be that of kept curves, none yet; got 'x'"):
        verdicts.sweep("x")
    seeds, one = np.arange(2), np.ones((1, 3, 2), np.float32)
    flat = one[0]
    made = Curves(np.ones(3), seeds, seeds[:1], one, one, flat, flat > 1, {"seconds": 1})
    np.savez(path, **made.arrays())
    assert verdicts.sweep("toy").cut([1]).at(1).loss.shape == (1, 1)
    with pytest.raises(ValueError, match="kept curves, toy; got 'x'"):
        verdicts.sweep("x")
    with pytest.raises(ValueError, match=r"seeds must be among \[0, 1\], got 7"):
        made.cut([7])
    path.write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"toy.npz can't be read .*`course-lr evidence`"):
        verdicts.sweep("toy")
