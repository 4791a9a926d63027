"""Which code a claim rests on, and whether the report belongs to it.

From an experiment's function the names in it are followed through the package, definition by
definition. What is compared is the syntax tree without comments and docstrings, so that words can
be edited freely, and a schedule that is added makes no verdict stale.
"""

import ast
import hashlib
import pathlib
from collections.abc import Iterable, Iterator

from course_lr.teaching.evidence.claims import Claim
from course_lr.teaching.evidence.sweeps import Sweep

PACKAGE = "course_lr"
ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = "course_lr.teaching.evidence"
# What every claim rests on besides its experiment: the statistics, the rule, the trial.
ALWAYS = ((f"{HERE}.claims", "tried"), (f"{HERE}.trial", "Trial"))
# Modules that change no number.
ASIDE = ("course_lr.schedules.drawing", f"{HERE}.freshness")
# A module and the name of one of its definitions.
Place = tuple[str, str]
Own = frozenset[str]


class Source:
    """The package's code below a folder, read once.

    Args:
        root: the folder that holds ``course_lr``.
    """

    def __init__(self, root: pathlib.Path = ROOT):
        self.root = pathlib.Path(root)
        self.modules: dict[str, tuple[dict, dict] | None] = {}
        self.named: dict[tuple[Place, bool], set[Place]] = {}
        self.texts: dict[tuple[Place, bool], str] = {}

    def path(self, module: str) -> pathlib.Path | None:
        """The file of a module of the package, or ``None``."""
        stem = self.root.joinpath(*module.split("."))
        found = [p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()]
        return found[0] if found and module.split(".")[0] == PACKAGE else None

    def names(self, module: str) -> tuple[dict[str, ast.AST], dict[str, Place]] | None:
        """Definitions and imports of a module by name; ``None`` for what is not in the package."""
        if module not in self.modules:
            path = self.path(module)
            self.modules[module] = path and _names(ast.parse(path.read_text("utf-8")))
        return self.modules[module]

    def resolve(self, module: str, name: str) -> Place | None:
        """Where ``name``, seen in ``module``, is defined; the name is empty for a module."""
        found = self.names(module)
        if found is None or module in ASIDE:
            return None
        definitions, imports = found
        if name in definitions:
            return module, name
        if name in imports:
            origin, original = imports[name]
            return self.resolve(origin, original) if original else (origin, "")
        return (f"{module}.{name}", "") if self.path(f"{module}.{name}") else None

    def below(self, place: Place, bare: bool = False) -> set[Place]:
        """What the definition at ``place`` names; annotations, and decorators if bare, left out."""
        if (place, bare) not in self.named:
            found = set()
            for name, attribute in _free(self.node(place), bare):
                target = self.resolve(place[0], name)
                if target and not target[1] and attribute:
                    target = self.resolve(target[0], attribute)
                found.add(target)
            self.named[place, bare] = {target for target in found if target and target[1]}
        return self.named[place, bare]

    def closure(self, starts: Iterable[Place], bare: Place | None = None) -> set[Place]:
        """Every definition that those at ``starts`` rest on, themselves included."""
        found, todo = set(), list(starts)
        while todo:
            place = todo.pop()
            if place not in found and self.resolve(*place) == place:
                found.add(place)
                todo.extend(self.below(place, place == bare))
        return found

    def code(self, starts: Iterable[Place], bare: Place | None = None) -> dict[str, str]:
        """A hash for each module that those places rest on; the one ``bare`` undecorated."""
        parts: dict[str, str] = {}
        for place in sorted(self.closure(starts, bare)):
            parts[place[0]] = parts.get(place[0], "") + self.text(place, place == bare)
        return {module: _hash(found) for module, found in parts.items()}

    def text(self, place: Place, bare: bool = False) -> str:
        """The definition at ``place`` in one canonical form, with the data that it names."""
        if (place, bare) not in self.texts:
            node = self.node(place)
            data = "".join(_hash(file.read_bytes()) for file in self._data(place[0], node))
            self.texts[place, bare] = repr(canonical(node, bare)) + data
        return self.texts[place, bare]

    def node(self, place: Place) -> ast.AST:
        """The syntax tree of the definition at ``place``."""
        return self.names(place[0])[0][place[1]]

    def _data(self, module: str, node: ast.AST) -> list[pathlib.Path]:
        """Data files beside the module that the node names."""
        words = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
        names = [word for word in words if isinstance(word, str) and word.endswith(".npz")]
        return [p for p in (self.path(module).with_name(n) for n in names) if p.is_file()]


def _names(tree: ast.Module) -> tuple[dict[str, ast.AST], dict[str, Place]]:
    definitions: dict[str, ast.AST] = {}
    imports: dict[str, Place] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            definitions[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (n for target in targets for n in ast.walk(target)):
                if isinstance(name, ast.Name):
                    definitions[name.id] = node
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imports |= {a.asname or a.name: (node.module, a.name) for a in node.names}
        elif isinstance(node, ast.Import):
            imports |= {a.asname: (a.name, "") for a in node.names if a.asname}
    return definitions, imports


def _free(node: ast.AST, bare: bool = False, own: Own = frozenset()) -> Iterator[tuple[str, str]]:
    """Names in a tree that are not a function's own, each with the attribute taken from it."""
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        inside = list(ast.walk(node))
        own |= {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own |= {n.arg for n in inside if isinstance(n, ast.arg)}
    base = node.value if isinstance(node, ast.Attribute) else node
    if isinstance(base, ast.Name) and base.id not in own:
        yield base.id, node.attr if base is not node else ""
    aside = {"annotation", "returns"} | ({"decorator_list"} if bare else set())
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in aside:
                if child is not base or not isinstance(base, ast.Name):
                    yield from _free(child, False, own)


def canonical(node: object, bare: bool = False) -> object:
    """A syntax tree as nested tuples without docstrings, positions and what is empty.

    Unlike ``ast.dump`` it is the same in every version of Python that the course runs on.

    >>> canonical(ast.parse("x = 1  # one")) == canonical(ast.parse("'''doc'''; x = 1"))
    True
    """
    if isinstance(node, list):
        return tuple(canonical(item) for item in node if not _is_text(item))
    if not isinstance(node, ast.AST):
        return repr(node)
    aside = {"ctx", "kind", "type_params", "type_comment"} | ({"decorator_list"} if bare else set())
    fields = [(n, v) for n, v in ast.iter_fields(node) if n not in aside and v not in (None, [])]
    return (type(node).__name__, *((name, canonical(value)) for name, value in fields))


def _is_text(node: object) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _hash(content: str | bytes) -> str:
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:8]


def code_of(claim: Claim, source: Source) -> dict[str, str]:
    """A hash for each module that a claim rests on; its own words do not count."""
    own = (claim.experiment.__module__, claim.experiment.__qualname__)
    return source.code([own, *ALWAYS, *_places(claim.sweeps)], own)


def code_of_sweep(sweep: Sweep, source: Source) -> dict[str, str]:
    """A hash for each module that a sweep rests on."""
    return source.code(_places([sweep]))


def _places(sweeps: Iterable[Sweep]) -> list[Place]:
    return [(sweep.function.__module__, sweep.name) for sweep in sweeps]


def stale(entries: Iterable[dict], claims: dict[str, Claim], source: Source) -> dict[str, str]:
    """The ids of claims that a report does not belong to, each with what has changed."""
    known, found = {entry["id"]: entry for entry in entries}, {}
    for id, claim in claims.items():
        entry = known.get(id)
        reason = "not in the report" if entry is None else _difference(entry, claim, source)
        if reason:
            found[id] = reason
    return found | {id: "no longer a claim" for id in known if id not in claims}


def _difference(entry: dict, claim: Claim, source: Source) -> str:
    words = [name for name, value in claim.words.items() if entry.get(name) != value]
    if not entry.get("condition", "").startswith(claim.condition):
        words.append("condition")
    now = code_of(claim, source)
    changed = {m for m, _ in set(now.items()) ^ set(entry.get("code", {}).items())}
    return f"changed since: {', '.join([*words, *sorted(changed)])}" if words or changed else ""
