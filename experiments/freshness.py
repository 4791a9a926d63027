"""Which code a result rests on: a hash of its row in the table, and of the modules that it names.

The modules are hashed as syntax trees without docstrings and comments, so that words are edited
freely. Code that was moved or rewritten is accepted by `course-lr evidence --restamp`, which trains
ten sampled sweeps again and compares the bits.
"""

import ast
import functools
import hashlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
METHOD = (
    "course_lr/arguments.py",
    "course_lr/loop.py",
    "course_lr/diagnostics.py",
    "course_lr/parameters.py",
    "course_lr/problems",
    "course_lr/schedules",
    "course_lr/signals.py",
    "course_lr/training.py",
    "course_lr/updates.py",
)
"""What every training rests on: files, and folders with all their files."""
CONTROLLERS, SEARCH = ("course_lr/controllers",), ("course_lr/search",)
ASIDE = ("drawing.py", "__init__.py")
"""Files that change no number."""


def code_of(row: object, *places: str) -> str:
    """Eight hexadecimal digits of a row and of the code in these files and folders.

    >>> code_of("a row") == code_of("a row") != code_of("another row")
    True
    """
    text = repr(row) + "".join(map(_code, places))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@functools.cache
def _code(place: str) -> str:
    path = ROOT / place
    if path.is_dir():
        return "".join(_code(f"{place}/{file.name}") for file in sorted(path.glob("*.py")))
    return "" if path.name in ASIDE else bare(path.read_text("utf-8"))


def bare(text: str) -> str:
    """The syntax tree of a module without its docstrings, as text.

    >>> bare("'''Words.'''\\nx = 1  # more") == bare("x = 1")
    True
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [part for part in node.body if not _words(part)]
    every = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **every).replace(", type_params=[]", "")  # the same on every Python


def _words(node: ast.AST) -> bool:
    """Whether a statement is a string alone: a docstring, or words below a constant."""
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)
