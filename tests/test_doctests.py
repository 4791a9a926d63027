"""The examples in the docstrings of every module are run."""

import doctest
import importlib
import pkgutil

import pytest

import course_lr
import experiments

MODULES = ["course_lr"] + [
    module.name
    for package in (course_lr, experiments)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]
OPTIONAL = {"torch", "keras", "optax", "jax"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in OPTIONAL:
            raise
        pytest.skip(f"{missing.name} is not installed")
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_the_schedules_have_examples():
    modules = [name for name in MODULES if name.startswith("course_lr.schedules.")]
    examples = [doctest.testmod(importlib.import_module(name)).attempted for name in modules]
    assert len(modules) >= 5 and sum(examples) > 40
