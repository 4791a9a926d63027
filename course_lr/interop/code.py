"""A schedule as source text for another framework, to be pasted: no dependency on this package.

Where the framework has the schedule and agrees at every step, its own class is named. Elsewhere the
text is made from the package's formula itself, with the parameters written in, so that there is no
second version of it that could drift.
"""

import ast
import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from course_lr import checks
from course_lr.interop.live import one_run
from course_lr.interop.native import native
from course_lr.interop.optimizers import optimizer
from course_lr.schedules import (
    CosineDecay,
    CosineRestarts,
    Join,
    PerEpoch,
    Scaled,
    Schedule,
    Warmup,
    base,
    cycles,
)
from course_lr.updates import SGD, Update

HELPERS = (base.progress, base.ease, base.blend, base.power, cycles.tooth, cycles.height)
"""Functions that formulas call; those that a text needs are written into it."""


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a framework's text begins, names its array module, and ends.

    Attributes:
        module: stands where a formula has ``xp``.
        imports: the first lines; ``math`` is added where it is needed.
        pi: the number.
        step: the step as an array of that module.
        end: the last lines, with places for the ``optimizer``.
        names: functions that the module calls by another name.
        bits: the largest step, as a power of two.
        power: the body of the function that takes a power of a plain number.
    """

    module: str
    imports: str
    pi: str
    step: str
    end: str
    names: dict[str, str]
    bits: int
    power: str


EXP = "return {m}.exp(exponent * math.log(base)) if base < 1 else {m}.power(base * 1.0, exponent)"
COSINE = (
    "# (up to step {schedule.steps} CosineAnnealingLR(optimizer, T_max={schedule.steps}, "
    "eta_min={schedule.eta_end}) does;\n# after it that rises again, and this stays)\n"
)
DIALECTS = {
    "torch": Dialect(
        "np",
        "import numpy as np\nimport torch",
        "np.pi",
        "np.asarray(step)",
        "# LambdaLR multiplies the rate of the optimizer, so that is 1\n{optimizer}\n"
        "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: float(eta(step)))",
        {"rint": "round"},
        53,
        "return np.float_power(base, exponent)",
    ),
    "keras": Dialect(
        "ops",
        "import keras\nfrom keras import ops",
        "math.pi",
        'ops.cast(step, "int32")',
        "class Eta(keras.optimizers.schedules.LearningRateSchedule):\n"
        "    def __call__(self, step):\n"
        '        return ops.cast(eta(step), "float32")\n\n'
        "    def get_config(self):\n"
        "        return {{}}\n\n\n"
        "schedule = Eta()\n"
        "{optimizer}",
        {"float_power": "power", "asarray": "convert_to_tensor", "rint": "round"},
        31,
        EXP.format(m="ops"),
    ),
    "optax": Dialect(
        "jnp",
        "import jax.numpy as jnp\nimport optax",
        "jnp.pi",
        "jnp.asarray(step)",
        "schedule = eta  # a function of the step, as Optax wants it\n{optimizer}",
        {"float_power": "power", "rint": "round"},
        31,
        EXP.format(m="jnp"),
    ),
}


def as_code(schedule: Schedule, framework: str, update: Update = SGD()) -> str:
    """The schedule, and an update rule with its settings, as text for another framework.

    Args:
        schedule: a schedule without arrays over runs.
        framework: ``"torch"``, ``"keras"`` or ``"optax"``.
        update: the rule; its settings are written out, since each framework has other defaults.

    Raises:
        TypeError, ValueError: no schedule or rule, one of several runs, an unknown framework.

    >>> from course_lr import StepDecay
    >>> print(as_code(StepDecay(0.1, gamma=0.5, every=30), "torch"))
    # StepDecay(0.1, gamma=0.5), by course_lr
    import torch
    <BLANKLINE>
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.5)
    # after each optimizer.step(): scheduler.step()
    """
    schedule = one_run(schedule)
    checks.one_of("framework", framework, tuple(DIALECTS))
    if not isinstance(update, Update) or update.runs is not None:
        checks.refuse("update", update, "an update rule without arrays over runs", TypeError)
    head = f"# {schedule!r}, by course_lr\n"
    twin = native(schedule, framework)
    if twin:
        imports, call, rate = twin
        lines = [imports, "", optimizer(update, framework, rate), call]
        if framework != "torch":
            lines[2:] = [call, optimizer(update, framework, "schedule")]
    else:
        lines = [_formula(schedule, DIALECTS[framework], update, framework)]
    if framework == "torch":
        lines.append("# after each optimizer.step(): scheduler.step()")
    return head + "\n".join(lines)


def _formula(schedule: Schedule, dialect: Dialect, update: Update, framework: str) -> str:
    """The text where no class of the framework agrees: functions, and what uses them."""
    writer = Writer(dialect)
    writer.define(schedule, "eta")
    rate = "1.0" if framework == "torch" else "schedule"
    end = dialect.end.format(optimizer=optimizer(update, framework, rate))
    note = "# no class of the framework gives these rates at every step; here they are computed\n"
    if framework == "torch" and type(schedule) is CosineDecay:
        note += COSINE.format(schedule=schedule)
    functions = [*writer.helpers(), *writer.parts]
    math = "import math\n\n" if "math." in "".join(functions) else ""
    return note + "\n\n\n".join([math + dialect.imports, *functions, end])


class Writer:
    """Writes the functions of a schedule, the innermost first."""

    def __init__(self, dialect: Dialect):
        self.dialect, self.parts, self.used, self.named = dialect, [], set(), 0

    def define(self, schedule: Schedule, name: str) -> str:
        """Add the function ``name(step)`` of a schedule; returns its name."""
        lines = WRITERS.get(type(schedule), Writer.curve)(self, schedule)
        if name == "eta":
            lines = [f"t = {self.dialect.step}", *lines]
        argument = "step" if name == "eta" else "t"
        body = textwrap.indent("\n".join(lines), "    ")
        self.parts.append(f"def {name}({argument}):  # {schedule!r}\n{body}")
        return name

    def inner(self, schedule: Schedule) -> str:
        """The name of the function of a schedule inside another one."""
        self.named += 1
        return self.define(schedule, f"part_{self.named}")

    def curve(self, schedule: Schedule) -> list[str]:
        """The formula of a schedule that has one, with its parameters written in."""
        values = {f.name: getattr(schedule, f.name) for f in dataclasses.fields(schedule)}
        return self.body(type(schedule).curve, values)

    def body(self, function: Callable, values: dict[str, Any]) -> list[str]:
        """The statements of a function of ``xp``, in this dialect."""
        tree = Translated(self.dialect, values).visit(_tree(function))
        self.used |= {c.func.id for c in _calls(tree) if isinstance(c.func, ast.Name)}
        statements = [s for s in tree.body if not _is_docstring(s)]
        ends = [i for i, s in enumerate(statements) if isinstance(s, ast.Return)]
        return [ast.unparse(s).replace("'", '"') for s in statements[: ends[0] + 1]]

    def helpers(self) -> list[str]:
        """The functions that the formulas call, and those that they call in turn."""
        found: dict[str, str] = {}
        while missing := [h for h in HELPERS if h.__name__ in self.used - set(found)]:
            for helper in missing:
                name = helper.__name__
                arguments = ", ".join(list(inspect.signature(helper).parameters)[1:])
                lines = self.body(helper, {}) if name != "power" else [self.dialect.power]
                text = textwrap.indent("\n".join(lines), "    ")
                found[name] = f"def {name}({arguments}):\n{text}"
        return [found[h.__name__] for h in HELPERS if h.__name__ in found]

    def restarts(self, schedule: CosineRestarts) -> list[str]:
        """Growing cycles, from a table of where they begin."""
        m, period, mult = self.dialect.module, schedule.period, schedule.period_mult
        self.used |= {"blend", "ease"}
        last = f'return blend({schedule.eta!r}, {schedule.eta_end!r}, ease("cosine", done))'
        if mult == 1:
            return [f"done = t % {period} / {period}", last]
        lengths, begins = [period], [0]
        while begins[-1] + lengths[-1] < 2**self.dialect.bits:
            begins.append(begins[-1] + lengths[-1])
            lengths.append(min(lengths[-1] * mult, 2**self.dialect.bits - 1))
        array = self.dialect.names.get("asarray", "asarray")
        return [
            f"begins = {m}.{array}({begins})",
            f"lengths = {m}.{array}({lengths})",
            f"cycle = {m}.sum(t[..., None] >= begins, axis=-1) - 1",
            f"done = (t - {m}.take(begins, cycle)) / {m}.take(lengths, cycle)",
            last,
        ]

    def scaled(self, schedule: Scaled) -> list[str]:
        """A number times another schedule."""
        return [f"return {schedule.scale!r} * {self.inner(schedule.schedule)}(t)"]

    def per_epoch(self, schedule: PerEpoch) -> list[str]:
        """Another schedule at the epochs done."""
        inner = self.inner(schedule.schedule)
        return [f"return {inner}(t // {schedule.steps_per_epoch})"]

    def warmup(self, schedule: Warmup) -> list[str]:
        """A ramp times another schedule."""
        inner, steps = self.inner(schedule.after), schedule.steps
        values = {"steps": steps, "start": schedule.start, "shape": schedule.shape}
        ramp = self.body(Warmup.ramp, values)
        name = f"ramp_{inner.removeprefix('part_')}"
        self.parts.append(f"def {name}(t):\n" + textwrap.indent("\n".join(ramp), "    "))
        return [f"return {name}(t) * {inner}({self.dialect.module}.maximum(t - {steps}, 0))"]

    def join(self, schedule: Join) -> list[str]:
        """One part after the other."""
        m, begin = self.dialect.module, 0
        pieces = []
        for part, steps in (*schedule.parts[:-1], (schedule.parts[-1], 0)):
            pieces.append((begin, f"{self.inner(part)}({m}.maximum(t - {begin}, 0))"))
            begin += steps
        lines = [f"rate = {pieces[-1][1]}"]
        for (_, call), (end, _) in reversed(list(zip(pieces, pieces[1:]))):
            lines.append(f"rate = {m}.where(t < {end}, {call}, rate)")
        return [*lines, "return rate"]


WRITERS = {
    CosineRestarts: Writer.restarts,
    Scaled: Writer.scaled,
    PerEpoch: Writer.per_epoch,
    Warmup: Writer.warmup,
    Join: Writer.join,
}


class Translated(ast.NodeTransformer):
    """A formula with ``xp`` named, its parameters as numbers, and decided branches taken."""

    def __init__(self, dialect: Dialect, values: dict[str, Any]):
        self.dialect, self.values = dialect, values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.values and isinstance(node.ctx, ast.Load):
            return ast.parse(repr(self.values[node.id]), mode="eval").body
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "xp":
            if node.attr == "pi":
                return ast.Name(self.dialect.pi)
            name = self.dialect.names.get(node.attr, node.attr)
            return ast.Name(name) if name == "round" else _dotted(self.dialect.module, name)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == "xp":
            node.args = node.args[1:]
        return ast.Call(
            node.func if isinstance(node.func, ast.Name) else self.visit(node.func),
            [self.visit(argument) for argument in node.args],
            [self.visit(keyword) for keyword in node.keywords],
        )

    def visit_If(self, node: ast.If) -> Any:
        node = self.generic_visit(node)
        return node.body if _true(node.test) else node.orelse if _true(node.test) is False else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node = self.generic_visit(node)
        return node.body if _true(node.test) else node.orelse if _true(node.test) is False else node


def _true(test: ast.AST) -> bool | None:
    """What a comparison of two constants comes to; ``None`` for any other test."""
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Constant):
        return test.left.value == test.comparators[0].value
    return None


def _dotted(module: str, name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(module), name)


@functools.cache
def _source(function: Callable) -> str:
    return textwrap.dedent(inspect.getsource(function))


def _tree(function: Callable) -> ast.FunctionDef:
    return ast.parse(_source(function)).body[0]


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
