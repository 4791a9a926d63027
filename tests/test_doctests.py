"""The examples in the docstrings of every module are run, and every public name has one."""

import doctest
import importlib
import importlib.util
import pkgutil

import pytest

import course_lr
import course_lr.interop
import experiments
import tools

MODULES = ["course_lr"] + [
    module.name
    for package in (course_lr, experiments, tools)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]
OPTIONAL = {"torch", "keras", "optax", "jax"}
MISSING = {name for name in OPTIONAL if importlib.util.find_spec(name) is None}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in(name):
    """Examples that import a framework are run where it is installed."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in OPTIONAL:
            raise
        pytest.skip(f"{missing.name} is not installed")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder().find(module):
        if not any(f">>> import {framework}" in test.docstring for framework in MISSING):
            runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize(
    "module", [course_lr, course_lr.interop], ids=lambda module: module.__name__
)
def test_every_public_name_has_an_example(module):
    docstrings = {name: getattr(module, name).__doc__ for name in module.__all__}
    assert len(docstrings) >= 10
    assert not [name for name, text in docstrings.items() if ">>> " not in (text or "")]
