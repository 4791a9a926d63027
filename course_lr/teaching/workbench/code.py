"""What the workbench shows, as a script with this package, and as the same training in PyTorch."""

import numpy as np

from course_lr.controllers.base import Controller
from course_lr.history import History
from course_lr.interop import as_code
from course_lr.interop.optimizers import optimizer
from course_lr.problems import MLP, Problem
from course_lr.teaching.workbench.settings import LANDSCAPES, NETWORKS, RATES, RULES, Setup
from course_lr.teaching.workbench.training import recorded

MOST_CHANGES = 100
"""A controller that set more rates than this in a run is not written as a table."""

SCRIPT = """import pathlib

{imports}
from course_lr.teaching import workbench

problem = {problem}
lines = {{
{lines}
}}
histories = {{
    name: course_lr.train(
        problem, eta, update=update, steps={steps}, seeds=range({seeds}),
        record={record},
        record_every={record_every},
    )
    for name, (update, eta) in lines.items()
}}
pathlib.Path("workbench.png").write_bytes(workbench.picture(histories, {letters!r}))
print(*workbench.sentences(histories, {letters!r}), sep="\\n")
"""

NETWORK = """
x, y = problem.inputs["train"][:, :-1], problem.labels["train"]
x, y = torch.tensor(x), torch.tensor(y)
model = torch.nn.Sequential({layers})
start = problem.matrices(problem.start([0]))  # the weights of seed 0, the biases in the last column
for layer, (matrix,) in zip(model[::2], start):
    layer.weight.data = torch.tensor(matrix[:, :-1])
    layer.bias.data = torch.tensor(matrix[:, -1])
"""
NETWORK_STEP = """    batch = torch.tensor(problem.batch(step, 0).copy())
    loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    losses.append(loss.item())
"""
NETWORK_END = """x, y = problem.inputs["validation"][:, :-1], problem.labels["validation"]
right = model(torch.tensor(x)).argmax(dim=1) == torch.tensor(y)
print("validation accuracy:", right.double().mean().item())
"""
LANDSCAPE = """
w = torch.nn.Parameter(torch.tensor(problem.start([0])[0]))
model = torch.nn.ParameterList([w])
"""
LANDSCAPE_STEP = """    loss, gradient = problem.loss_and_grad(w.detach().numpy()[None], step, [0])
    w.grad = torch.tensor(gradient[0])
    losses.append(loss[0])
"""
LOOP = """
losses, rates = [], []
for step in range({steps}):
{body}    rates.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    scheduler.step()
print("last loss:", losses[-1])
{end}"""


TABLE = """# {eta!r} answers to what it sees, and has no twin in PyTorch: these are
# the rates that it set with seed 0, (first step, rate). Where the controller went back to earlier
# weights, this script does not; there the two trainings differ.
changes = {changes}
{optimizer}
factors = [(first, eta / changes[0][1]) for first, eta in changes]
scheduler = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda step: [factor for first, factor in factors if first <= step][-1]
)"""


def names(setup: Setup) -> dict[str, str]:
    """What the legend calls each line; equal lines are told apart by their letter."""
    lines = zip(setup.methods.items(), filter(None, setup.lines))
    labels = {letter: f"{line.typed} · {eta!r}" for (letter, (_, eta)), line in lines}
    same = len(set(labels.values())) < len(labels)
    return {letter: f"{label} ({letter})" if same else label for letter, label in labels.items()}


def _problem(setup: Setup) -> str:
    network = f"hidden={setup.hidden!r}, batch_size={setup.batch_size!r}"
    if setup.problem == "data":
        return f"course_lr.MLP(workbench.load({setup.file!r}, {setup.label!r}), {network})"
    if setup.problem in NETWORKS:
        return f"course_lr.{setup.problem}({network})"
    return setup.problem.strip()


def _imports(text: str) -> str:
    known = sorted(name for name in (*RULES, *RATES, *LANDSCAPES) if f"{name}(" in text)
    return "import course_lr" + (f"\nfrom course_lr import {', '.join(known)}" if known else "")


def script(setup: Setup) -> str:
    """A script that trains the same lines and writes the same picture, ``workbench.png``."""
    pairs = zip(names(setup).values(), filter(None, setup.lines), setup.methods.values())
    lines = "\n".join(f"    {name!r}: ({line.typed}, {eta!r})," for name, line, (_, eta) in pairs)
    problem = _problem(setup)
    return SCRIPT.format(
        imports=_imports(lines + problem), problem=problem, lines=lines, steps=setup.steps,
        seeds=setup.seeds, letters="".join(setup.methods), **recorded(setup),
    )  # fmt: skip


def torch_text(setup: Setup, letter: str, history: History) -> str:
    """The training of one line with seed 0 in PyTorch: the same start, batches and rates.

    A controller has no counterpart there: the rates that it set in this run are written into the
    text instead, or, where they are many, a comment says so.
    """
    problem, (update, eta) = setup.loaded_problem, setup.methods[letter]
    if isinstance(eta, Controller):
        changes = _changes(history)
        if len(changes) > MOST_CHANGES:
            return f"# {eta!r} set {len(changes)} rates in this run: too many for a table"
        rule = optimizer(update, "torch", repr(changes[0][1]))
        code = TABLE.format(eta=eta, changes=changes, optimizer=rule)
    else:
        code = as_code(eta, "torch", update)
    call = _problem(setup)
    imports = f"import torch\n\n{_imports(call)}"
    if "workbench." in call:
        imports += "\nfrom course_lr.teaching import workbench"
    before, body, end = _model(problem)
    loop = LOOP.format(steps=setup.steps, body=body, end=end)
    return f"{imports}\n\nproblem = {call}{before}\n{code}\n{loop}"


def _changes(history: History) -> list[tuple[int, float]]:
    """(first step, rate) of each stretch of equal rates, seed 0."""
    eta = history.eta[:, 0][np.isfinite(history.eta[:, 0])]
    firsts = np.flatnonzero(np.diff(eta, prepend=-1.0))
    return [(int(first), float(eta[first])) for first in firsts]


def _model(problem: Problem) -> tuple[str, str, str]:
    if not isinstance(problem, MLP):
        return LANDSCAPE, LANDSCAPE_STEP, ""
    layers = [f"torch.nn.Linear({columns - 1}, {rows})" for rows, columns in problem.shapes]
    return NETWORK.format(layers=", torch.nn.ReLU(), ".join(layers)), NETWORK_STEP, NETWORK_END
