"""For every test and notebook that pytest runs: a scratch folder, what is skipped, and the order.

Progress and stored predictions go to ``COURSE_LR_SCRATCH`` instead of the folder beside the
notebooks, so that a test run neither reads nor changes what a learner has done. Files that use a
browser come last: Playwright leaves a running event loop in its process, which tests of widgets
after it would meet.
"""

import functools
import os
import pathlib
import shutil
import tempfile

import pytest

from tools import notebooks

missing = functools.cache(notebooks.missing)


def pytest_configure(config):
    config.course_lr_scratch = tempfile.mkdtemp(prefix="course_lr-test-")
    os.environ["COURSE_LR_SCRATCH"] = config.course_lr_scratch


def pytest_unconfigure(config):
    shutil.rmtree(config.course_lr_scratch, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the notebooks whose packages are missing; put files that use a browser at the end."""
    for item in items:
        path = pathlib.Path(item.path)
        if path.suffix == ".ipynb" and missing(path):
            item.add_marker(pytest.mark.skip(reason=missing(path)))
    browsing = {item.path for item in items if "playwright" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path in browsing)
