"""What is said of all tests and notebooks: which are skipped, and that browsers come last.

Playwright leaves a running event loop in its process, which tests of widgets after it would meet.
"""

import functools
import pathlib

import pytest

from tools import notebooks

missing = functools.cache(notebooks.missing)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the notebooks whose packages are missing; put files that use a browser at the end."""
    for item in items:
        path = pathlib.Path(item.path)
        if path.suffix == ".ipynb" and missing(path):
            item.add_marker(pytest.mark.skip(reason=missing(path)))
    browsing = {item.path for item in items if "playwright" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path in browsing)
