"""For every test and notebook that pytest runs: a scratch folder, marks, and the order.

Progress and stored predictions go to ``COURSE_LR_SCRATCH`` instead of the folder beside the
notebooks, so that a test run neither reads nor changes what a learner has done. Files that use a
browser come last: Playwright leaves a running event loop in its process, which tests of widgets
after it would meet.

``make test-quick`` leaves out what has the mark ``slow``: notebooks, browsers, and ``SLOW``.
"""

import functools
import os
import shutil
import tempfile

import pytest

from tools import notebooks

SLOW = (
    "tests/test_bits.py",
    "tests/test_faults.py",
    "tests/test_notebooks_tool.py",
    "tests/test_pages.py",
    "tests/test_training.py::test_an_error_in_one_block",
    "tests/test_training.py::test_textbook_on_networks",
    "tests/search/test_executors.py",
    "tests/teaching/test_exercises.py::test_a_typical_wrong_answer",
    "tests/teaching/test_explorers.py",
    "tests/teaching/test_figures.py::test_a_figure",
    "tests/teaching/test_live.py",
    "tests/teaching/test_workbench.py",
)
"""Files and tests that take more than some three seconds of processor time."""

missing = functools.cache(notebooks.missing)


def pytest_configure(config):
    config.course_lr_scratch = tempfile.mkdtemp(prefix="course_lr-test-")
    os.environ["COURSE_LR_SCRATCH"] = config.course_lr_scratch


def pytest_unconfigure(config):
    shutil.rmtree(config.course_lr_scratch, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow or can't run here; put files that use a browser at the end."""
    browsing = {item.path for item in items if "playwright" in getattr(item, "fixturenames", ())}
    for item in items:
        notebook = item.path.suffix == ".ipynb"
        if notebook or item.path in browsing or item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if notebook and missing(item.path):
            item.add_marker(pytest.mark.skip(reason=missing(item.path)))
    items.sort(key=lambda item: item.path in browsing)
