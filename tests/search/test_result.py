"""What a search says of a table of validation figures: the choice, its reason, its warnings."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

from course_lr import History, Quadratic, Search, digits, grid_search, successive_halving
from course_lr.search.scoring import judged

BOWL = Quadratic([1.0, 20.0])
NET = digits(hidden=(8,), batch_size=32, samples=128)


def searched(validation, rates, measure="validation_accuracy", diverged=None, **others):
    """The search whose runs ended with these figures, ``(R, S)``; ``diverged`` names candidates."""
    validation = np.asarray(validation, dtype=float)
    at = np.full(validation.shape, -1)
    at[[] if diverged is None else diverged, 0] = 1
    history = History(
        {"loss": np.array([np.ones_like(validation), np.zeros_like(validation)])}
        | {measure: validation[None]},
        axes=("step", "run", "seed"),
        steps=1,
        seeds=range(validation.shape[1]),
        record_steps=[1],
        diverged_at=at,
        w=np.zeros((*validation.shape, 1)),
    )
    candidates = {"rate": np.asarray(rates, dtype=float)} | others
    among = np.arange(len(validation))
    one = judged(history, BOWL, measure, among, candidates["rate"], 1, validation.size)
    return Search(candidates, history.seeds, measure, (one,), history)


def test_the_best_has_the_highest_accuracy_and_the_lowest_loss():
    table, rates = [[0.7, 0.9], [0.9, 0.9], [0.2, 0.9]], [0.1, 0.2, 0.3]
    assert (searched(table, rates).best, searched(table, rates).index) == (0.2, 1)
    by_loss = searched(table, rates, "validation_loss")
    assert (by_loss.best, by_loss.index) == (0.3, 2)
    assert by_loss.winner == {"rate": 0.3}
    np.testing.assert_allclose(by_loss.mean, [0.8, 0.9, 0.55])


def test_on_a_tie_the_smaller_rate_wins_wherever_it_stands():
    table = [[0.5, 0.5], [0.2, 0.8], [0.8, 0.2], [0.1, 0.1]]
    assert searched(table, [3, 2, 1, 0.5]).best == 1
    assert searched(table, [1, 2, 3, 0.5]).best == 1
    assert searched(table, [2, 1, 3, 0.5], "validation_loss").best == 0.5
    assert "3 are tied, this is the smallest rate" in searched(table, [2, 1, 3, 0.5]).reason
    assert "tied" not in searched(table, [2, 1, 3, 0.5], "validation_loss").reason
    a, b = [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]
    assert np.mean(a) != np.mean(b)  # in their last bit: a tie all the same
    assert searched([a, b], [2, 1]).best == searched([b, a], [2, 1]).best == 1
    assert searched([[1e-30], [1.0], [2e-30]], [2, 1, 0.5], "validation_loss").best == 2


def test_one_that_diverged_is_never_the_best():
    table = [[0.9, 0.99], [0.5, 0.5], [0.4, 0.4]]
    assert searched(table, [1, 2, 3], diverged=[0]).best == 2
    assert searched(table, [1, 2, 3], diverged=[0]).wins.tolist() == [0, 1, 0]
    assert searched([[np.inf, 0], [9, 9]], [1, 2], "validation_loss").best == 2
    assert searched([[0.5, np.nan], [0.1, 0.1]], [1, 2]).best == 2


def test_where_all_diverged_there_is_no_best():
    none = searched([[0.1, 0.1], [0.1, 0.1]], [1, 10], diverged=[0, 1])
    assert (none.best, none.index, none.winner) == (None, None, None)
    assert np.isnan(none.certainty) and np.isnan(none.wins).all()
    assert none.reason == "there is no best one: every candidate diverged with at least one seed"
    assert none.extended.tolist() == pytest.approx([0.01, 0.1, 1, 10])
    assert "All diverged: search on down to 0.01" in none.warning
    assert repr(none) == "<Search of 2 candidates × 2 seeds, by validation accuracy: best none>"
    assert none._repr_html_().count("×</text>") == 2


def test_the_interval_is_students_over_seeds():
    three = searched([[1, 2, 3], [1, 1, 1]], [1, 2], "validation_loss")
    half = 4.302653 / np.sqrt(3)  # the table of t, 0.975 at 2 degrees of freedom
    np.testing.assert_allclose(three.interval, [[2 - half, 2 + half], [1, 1]], rtol=1e-6)
    assert np.isnan(searched([[1], [2]], [1, 2]).interval).all()


def test_certainty_is_the_share_of_redrawn_seeds():
    """Seed 0 drawn twice or more (7 of 27) lets the first win; once (12 of 27) is a tie."""
    table = [[3, 0, 0], [1, 1, 1]]
    assert searched(table, [1, 2]).certainty == pytest.approx(19 / 27, abs=0.05)
    larger = searched(table, [2, 1])
    assert larger.best == 1 and larger.certainty == pytest.approx(20 / 27, abs=0.05)
    assert larger.wins.sum() == 1
    by_loss = searched(np.negative(table), [2, 1], "validation_loss")
    np.testing.assert_array_equal(by_loss.wins, larger.wins)
    assert np.isnan(searched([[1], [2]], [1, 2]).certainty)


def test_the_reason_in_words():
    reason = searched([[0.9, 0.91], [0.5, 0.6]], [0.3, 0.1]).reason
    assert reason.startswith(
        "rate 0.3 has the highest mean validation accuracy over 2 seeds, 90.5 % "
        "(95 % interval 84.1 % to 96.9 %); it wins in 100 % of re-drawn seeds"
    )
    alone = searched([[0.25], [0.5]], [0.3, 0.1], "loss", beta=np.array([0.5, 0.9]))
    assert alone.reason == "rate 0.3, beta 0.5 has the lowest final loss of one seed, 0.25"


# --- warnings -----------------------------------------------------------------------------------


def peak(best, rates, **others):
    """A search with two seeds whose candidate ``best`` wins."""
    table = np.full((len(rates), 2), 0.5)
    table[best] = 0.9
    return searched(table, rates, **others)


GRID = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]


def test_on_an_edge_the_grid_goes_on_by_a_decade():
    upper = peak(4, GRID)
    assert upper.extended.tolist() == pytest.approx([*GRID, 1, 10])
    assert upper.warning == "The best rate is the largest tried: search on to 10 (.extended)."
    mixed = peak(2, [1e-2, 1e-5, 1e-1, 1e-4, 1e-3])
    np.testing.assert_array_equal(mixed.extended, upper.extended)
    lower = peak(0, GRID)
    assert lower.extended.tolist() == pytest.approx([1e-7, 1e-6, *GRID])
    assert "the smallest tried: search on down to 1e-07" in lower.warning
    fine = peak(16, np.geomspace(0.01, 1, 17)).extended  # eighths of a decade
    assert fine[-1] == pytest.approx(10) and len(fine) == 17 + 8


@pytest.mark.parametrize("best", [1, 2, 3])
def test_inside_the_grid_there_is_no_edge(best):
    fine = np.geomspace(0.1, 1, 5)
    assert peak(best, fine).extended is None and peak(best, fine).warning == ""
    assert peak(best, fine[[4, 2, 1, 3, 0]]).warning == ""
    assert peak(0, [0.1]).warning == "" and peak(0, [0.1]).extended is None
    assert peak(1, [0.1] * 3, beta=np.array([0.0, 0.5, 0.9])).warning == ""


def test_following_the_advice_settles_it():
    first = grid_search(BOWL, [1e-5, 1e-4, 1e-3], steps=100, seeds=2)
    assert first.best == 1e-3 and "largest" in first.warning
    second = grid_search(BOWL, first.extended, steps=100, seeds=2)
    assert second.best == pytest.approx(1e-2) and second.extended is None


def test_a_coarse_grid_is_named():
    assert "a factor of 10 away" in peak(2, GRID).warning
    assert peak(1, [1, 10**0.5, 10]).warning == ""
    assert "a factor of 4 away" in peak(1, [1, 2, 8]).warning
    assert "a factor of 4 away" in peak(1, [1, 4, 5]).warning
    assert "a factor of 4 away" in peak(1, [0, 1, 4]).warning


def test_a_rate_of_0_is_a_candidate_like_any():
    assert peak(0, [0, 1, 2]).warning == "The best rate is 0: training gains nothing."
    assert peak(0, [0, 1, 2]).extended is None
    assert peak(2, [0, 0.5, 1]).extended[-1] == pytest.approx(16)
    assert peak(1, [0, 0.1, 0.2]).warning == ""
    assert "<svg" in peak(1, [0, 0.1, 0.2])._repr_html_()


def test_another_parameter_at_its_end_is_named():
    rates, beta = np.geomspace(0.1, 1, 5), np.array([0.0, 0.5, 0.9, 0.3, 0.99])
    assert peak(1, rates, beta=beta).warning == ""
    last = peak(1, rates, beta=beta[[0, 4, 2, 3, 1]])
    assert last.warning == "The best beta, 0.99, is at an end of those tried."
    assert peak(1, rates, beta=beta[[1, 0, 2, 3, 4]]).warning == ""  # 0 is an end by itself
    assert peak(1, rates, nesterov=np.array([False, True] * 2 + [True])).warning == ""


def test_a_single_seed_repeated_candidates_and_runs_that_all_failed_are_named():
    assert "A single seed" in searched([[0.1], [0.9], [0.1]], [1, 2, 3]).warning
    assert "Some candidates are the same." in peak(1, [1, 2, 2, 3]).warning
    beta = np.array([0.1, 0.2, 0.3, 0.4])
    assert "same" not in peak(1, [1, 2, 2, 3], beta=beta).warning
    failed = grid_search(NET, [1e-9, 2e-9, 3e-9], steps=4, seeds=2)
    assert failed.failures.all() and "Every run failed" in failed.warning
    assert "failed" not in grid_search(NET, [1e-9, 0.5], steps=40, seeds=2).warning


# --- how it is shown ----------------------------------------------------------------------------

SHOWN = {
    "grid": grid_search(NET, np.geomspace(1e-3, 1e40, 20), steps=10, seeds=3),
    "loss": grid_search(BOWL, np.linspace(0, 0.4, 5), steps=300, seeds=1),
    "halving": successive_halving(NET, np.geomspace(1e-3, 1e40, 20), steps=40, seeds=3),
}


@pytest.mark.parametrize("name", SHOWN)
def test_in_a_notebook_it_is_a_table_and_a_picture(name):
    shown = SHOWN[name]
    page = shown._repr_html_().replace("<br>", "<br/>")
    tree = xml.etree.ElementTree.fromstring(page)
    rows = tree.findall(".//tr")
    assert len(rows) == 1 + min(12, len(shown.rates)) and len(tree.findall(".//td/b")) >= 5
    svg = "{http://www.w3.org/2000/svg}"
    marks = [m for m in tree.findall(f".//{svg}text") if m.text == "×"]
    lost = sum(round.out.sum() for round in shown.rounds)
    dots = tree.findall(f".//{svg}circle")
    assert len(marks) == lost > 0 and len(dots) + lost == len(shown.rates)
    largest = max(dots, key=lambda dot: float(dot.get("r")))
    order = np.argsort([float(dot.get("cx")) for dot in dots])
    kept = np.sort(np.concatenate([round.order for round in shown.rounds]))
    assert np.unique(kept)[order][dots.index(largest)] == shown.index
    numbers = re.findall(r'\b(?:x|y|cx|cy|d)="([^"]*)"', page)
    assert numbers and not re.search(r"\.\d\d", " ".join(numbers))
    assert shown.reason in re.sub(r"&\w+;", "", page)
    columns = shown.columns()
    assert list(columns)[:6] == ["rate", "mean", "low", "high", "failures", "wins"]
    assert {len(values) for values in columns.values()} == {len(shown.rates)}
    np.testing.assert_array_equal(columns["failures"], shown.failures.sum(axis=1))
    if name == "halving":
        assert columns["steps"].max() == 40 and columns["steps"].min() == 4
