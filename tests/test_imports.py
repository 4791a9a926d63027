"""Arrows point downwards only: method <- interop, teaching <- cli, experiments; none in a circle.

Every import counts: those inside functions, those for type checkers alone, and names loaded late.
"""

import ast
import functools
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("course_lr", "experiments", "tools", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
}
LAYERS = (  # the first that fits; a file imports from its own layer and from lower ones
    ("course_lr.cli", 5),
    ("course_lr.teaching.chapters.", 4),
    ("course_lr.teaching.figures", 2),
    ("course_lr.teaching", 3),
    ("course_lr.interop", 2),
    ("course_lr", 1),
    ("experiments", 6),
    ("tools", 7),
    ("benchmarks", 7),
)
LATE = {
    "course_lr",  # names of the teaching, loaded when they are used
    "course_lr.interop",  # its own parts, and in modules the frameworks
    "course_lr.interop.modules",
    "course_lr.teaching.exercises",  # a number, in its chapter
    "course_lr.teaching.explorers.discovery",  # a name, in the chapters
}
"""Who finds a module by its name: these alone may look upwards, and in no other way."""


def layer(module: str) -> int:
    return next(n for name, n in LAYERS if module.startswith(name))


@functools.cache
def imports(module: str) -> frozenset[str]:
    """The modules of this project that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by dots: name the module in full"
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {part if part in FILES else node.module for part in parts}
    return frozenset((names & FILES.keys()) - {module})


def circle(start: str) -> list[str]:
    """A way along imports that leads back to ``start``, empty where there is none."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for module in imports(way[-1]):
            if module == start:
                return [*way, start]
            if module not in seen:
                seen.add(module)
                ways.append([*way, module])
    return []


def test_no_arrow_points_up():
    up = [(m, other) for m in FILES for other in imports(m) if layer(other) > layer(m)]
    assert not up


def test_no_circle():
    assert not [way for way in map(circle, sorted(FILES)) if way]


def test_modules_are_looked_up_by_name_in_few_places():
    looks = ("import_module(", "__import__(")
    texts = {module: path.read_text("utf-8") for module, path in FILES.items()}
    late = {m for m, text in texts.items() if any(look in text for look in looks)}
    assert {module for module in late if module.startswith("course_lr")} == LATE
