"""Notebooks that need a package that is not installed are skipped, and the reason is said."""

import functools
import pathlib

import pytest

from tools import notebooks

missing = functools.cache(notebooks.missing)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = pathlib.Path(item.path)
        if path.suffix == ".ipynb" and missing(path):
            item.add_marker(pytest.mark.skip(reason=missing(path)))
