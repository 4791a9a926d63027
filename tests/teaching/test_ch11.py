"""Notebook 11: its figures, and what is said where PyTorch is not installed."""

import numpy as np
import pytest

from course_lr import interop
from course_lr.interop.modules import Missing
from course_lr.teaching.chapters.ch11_own_model import figures

PEAKS = np.array([0.005, 0.01, 0.02])
FIGURES = {
    "tried_peaks": (PEAKS, np.array([0.6, 0.9, 0.8]), 0.01),
    "cost_and_gain": (
        np.linspace(0.2, 0.7, 6)[:, None] + [0.0, 0.02, 0.04],
        np.linspace(0.3, 0.9, 3)[:, None] + [0.0, 0.0, 0.06],
        90, 30, ("η = 1e-3", "chosen"),
    ),
}  # fmt: skip


def test_tried_peaks_marks_the_best_and_the_reading():
    (axis,) = figures.tried_peaks(*FIGURES["tried_peaks"]).axes
    scores, best, reading = axis.get_lines()
    np.testing.assert_allclose(scores.get_ydata(), [60, 90, 80])
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (0.01, 90) and "0.01" in best.get_label()
    assert list(reading.get_xdata()) == [0.01, 0.01]


def test_the_search_is_paid_before_the_chosen_run_begins():
    (axis,) = figures.cost_and_gain(*FIGURES["cost_and_gain"]).axes
    default, chosen = axis.get_lines()
    assert list(default.get_xdata()) == [30, 60, 90, 120, 150, 180]
    assert list(chosen.get_xdata()) == [120, 150, 180]
    np.testing.assert_allclose(chosen.get_ydata(), [30, 60, 90])
    (shaded,) = [patch for patch in axis.patches if "search" in patch.get_label()]
    assert (shaded.get_x(), shaded.get_width()) == (0, 90)
    assert default.get_label() == "η = 1e-3: 72 % at the end"
    # differences 0.2, 0.18, 0.22: mean 0.2, deviation 0.02, t(2) = 4.303, so 20 ± 4.97
    assert axis.get_title().startswith("at equal cost +20 points [15, 25]; ")


def test_what_is_missing_is_one_sentence_and_no_trace():
    with pytest.raises(ImportError, match="^this notebook needs Nothing, which is") as caught:
        interop.needed("no_such_module", "Nothing", "this notebook")
    assert isinstance(caught.value, Missing)
    assert caught.value._render_traceback_() == [str(caught.value)]
    assert str(caught.value).endswith("not installed here: pip install no_such_module")
    assert interop.needed("numpy", "numpy", "this test") is np
