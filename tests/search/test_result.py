"""What a search says of a table of validation figures: the choice, its reason, its warnings."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

from course_lr import History, Quadratic, Search, digits, grid_search, successive_halving
from course_lr.search.scoring import judged

BOWL = Quadratic([1.0, 20.0])
NET = digits(hidden=(8,), batch_size=32, samples=128)


def searched(validation, rates, measure="validation_accuracy", diverged=(), **others):
    """The search whose runs ended with these figures, ``(R, S)``; ``diverged`` names candidates."""
    validation = np.asarray(validation, dtype=float)
    at = np.full(validation.shape, -1)
    at[list(diverged), 0] = 1
    loss = np.array([np.ones_like(validation), np.zeros_like(validation)])
    history = History(
        {"loss": loss, measure: validation[None]},
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
    assert searched(table, rates).winner == {"rate": 0.2}
    by_loss = searched(table, rates, "validation_loss")
    assert (by_loss.best, by_loss.index, by_loss.winner) == (0.3, 2, {"rate": 0.3})
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
    search = searched([[0.9, 0.99], [0.5, 0.5], [0.4, 0.4]], [1, 2, 3], diverged=[0])
    assert search.best == 2 and search.wins.tolist() == [0, 1, 0]
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
FINE = np.geomspace(0.1, 1, 5)
BETA = np.array([0.0, 0.5, 0.9, 0.3, 0.99])
NESTEROV = np.array([False, True, False, True, True])


def test_on_an_edge_the_grid_goes_on_by_a_decade():
    upper = [*GRID, 1, 10]
    assert peak(4, GRID).extended.tolist() == pytest.approx(upper)
    assert peak(2, [1e-2, 1e-5, 1e-1, 1e-4, 1e-3]).extended.tolist() == pytest.approx(upper)
    assert peak(0, GRID).extended.tolist() == pytest.approx([1e-7, 1e-6, *GRID])
    fine = peak(16, np.geomspace(0.01, 1, 17)).extended  # eighths of a decade
    assert fine[-1] == pytest.approx(10) and len(fine) == 17 + 8
    assert peak(2, [0, 0.5, 1]).extended[-1] == pytest.approx(16)
    for best, rates in ((2, FINE), (0, [0.1]), (0, [0, 1, 2])):
        assert peak(best, rates).extended is None


@pytest.mark.parametrize(
    ("search", "warning"),
    [
        *((peak(best, FINE), "") for best in (1, 2, 3)),
        (peak(1, [0.1] * 5, beta=np.sort(BETA)), ""),
        (peak(4, GRID), "The best rate is the largest tried: search on to 10 (.extended)."),
        (peak(0, GRID), "the smallest tried: search on down to 1e-07"),
        (peak(2, GRID), "a factor of 10 away"),
        (peak(1, [1, 10**0.5, 10]), ""),
        (peak(1, [1, 2, 8]), "a factor of 4 away"),
        (peak(1, [1, 4, 5]), "a factor of 4 away"),
        (peak(1, [0, 1, 4]), "a factor of 4 away"),
        (peak(0, [0, 1, 2]), "The best rate is 0: training gains nothing."),
        (peak(1, [0, 0.1, 0.2]), ""),
        (peak(1, FINE, beta=BETA), ""),
        (peak(4, FINE[[0, 1, 4, 3, 2]], beta=BETA), "The best beta, 0.99, is at an end of those"),
        (peak(1, FINE, beta=BETA[[1, 0, 2, 3, 4]]), ""),  # 0 is an end by itself
        (peak(1, FINE, nesterov=NESTEROV), ""),
        (searched([[0.1], [0.9], [0.1]], [1, 2, 3]), "A single seed"),
        (peak(1, [1, 2, 2, 3]), "Some candidates are the same."),
        (peak(1, [1, 2, 2, 3], beta=np.array([0.1, 0.2, 0.3, 0.4])), ""),
    ],
)
def test_what_is_warned_of(search, warning):
    assert warning in search.warning and bool(warning) == bool(search.warning)


def test_runs_that_all_failed_are_named():
    failed = grid_search(NET, [1e-9, 2e-9, 3e-9], steps=4, seeds=2)
    assert failed.failures.all() and "Every run failed" in failed.warning
    assert "failed" not in grid_search(NET, [1e-9, 0.5], steps=40, seeds=2).warning


# --- how it is shown ----------------------------------------------------------------------------

RATES = np.geomspace(1e-3, 1e40, 20)
SHOWN = {
    "grid": grid_search(NET, RATES, steps=10, seeds=3),
    "loss": grid_search(BOWL, np.linspace(0, 0.4, 5), steps=300, seeds=1),
    "zero": peak(1, [0, 0.1, 0.2], diverged=[2]),
    "halving": successive_halving(NET, RATES, steps=40, seeds=3),
}


@pytest.mark.parametrize("name", SHOWN)
def test_in_a_notebook_it_is_a_table_and_a_picture(name):
    search = SHOWN[name]
    page = search._repr_html_().replace("<br>", "<br/>")
    tree = xml.etree.ElementTree.fromstring(page)
    assert len(tree.findall(".//tr")) == 1 + min(12, len(search.rates))
    assert len(tree.findall(".//td/b")) >= 5
    svg = "{http://www.w3.org/2000/svg}"
    crosses = [label for label in tree.findall(f".//{svg}text") if label.text == "×"]
    lost = sum(round.out.sum() for round in search.rounds)
    dots = tree.findall(f".//{svg}circle")
    assert len(crosses) == lost > 0 and len(dots) + lost == len(search.rates)
    largest = max(dots, key=lambda dot: float(dot.get("r")))
    order = np.argsort([float(dot.get("cx")) for dot in dots])
    kept = np.sort(np.concatenate([round.order for round in search.rounds]))
    assert np.unique(kept)[order][dots.index(largest)] == search.index
    assert search.reason in re.sub(r"&\w+;", "", page)
    columns = search.columns()
    assert list(columns)[:6] == ["rate", "mean", "low", "high", "failures", "wins"]
    assert {len(values) for values in columns.values()} == {len(search.rates)}
    np.testing.assert_array_equal(columns["failures"], search.failures.sum(axis=1))
    if name == "halving":
        assert columns["steps"].max() == 40 and columns["steps"].min() == 4
