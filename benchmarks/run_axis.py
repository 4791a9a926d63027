"""Speed of the run axis, beside what a user would write elsewhere: µs per run and step.

    python benchmarks/run_axis.py            measure and print
    python benchmarks/run_axis.py --write    also put the table into benchmarks/README.md

The task everywhere: the digits MLP 64-32-10, ReLU, cross-entropy, batches of 64, plain SGD,
float32, the loss of each step recorded. All contestants run in this process, one after the other
in each round; the table has the median over the rounds. A contestant whose library is not
installed is left out and named.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

import numpy as np

import course_lr
from course_lr.loop import THREADS

ROUNDS = 7
PAUSE = 0.3
RUNS = (1, 16, 64, 256, 610)
STEPS = {1: 2000, 16: 600, 64: 400, 256: 300, 610: 200}
PEER_STEPS = 300
PROBLEM = course_lr.digits()
X = PROBLEM.inputs["train"][:, :-1]
Y = PROBLEM.labels["train"]
README = pathlib.Path(__file__).parent / "README.md"
FLOPS = 2 * 64 * (2 * (32 * 65 + 10 * 33) + 10 * 32)
"""Of one run and step: two products a layer, and one more to reach the hidden layer."""


def rates(runs: int) -> np.ndarray:
    """Rates below the cliff, so that nobody saves work by diverging."""
    return np.geomspace(1e-3, 0.5, runs)


def batches(steps: int) -> np.ndarray:
    """The batches that seed 0 sees: ``(steps, 64)`` indices."""
    return np.array([PROBLEM.batch(step, 0) for step in range(steps)])


def ours(runs: int) -> Callable[[], float]:
    """``course_lr.train`` with the loss recorded."""

    def run() -> float:
        course_lr.train(PROBLEM, rates(runs), steps=STEPS[runs])
        return STEPS[runs] * runs

    return run


def torch_loop() -> Callable[[], float]:
    """The loop that a PyTorch user writes, for one rate (a sweep repeats it for each rate)."""
    import torch

    inputs, labels = torch.from_numpy(X), torch.from_numpy(Y)
    order = torch.from_numpy(batches(PEER_STEPS))

    def run() -> float:
        model = torch.nn.Sequential(
            torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        criterion, losses = torch.nn.CrossEntropyLoss(), []
        for index in order:
            loss = criterion(model(inputs[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return PEER_STEPS

    return run


def sklearn_partial_fit() -> Callable[[], float]:
    """scikit-learn's ``MLPClassifier.partial_fit``, one batch a call, for one rate."""
    from sklearn.neural_network import MLPClassifier

    order = batches(PEER_STEPS)

    def run() -> float:
        model = MLPClassifier((32,), solver="sgd", batch_size=64, learning_rate_init=0.1,
                              momentum=0.0, alpha=0.0)  # fmt: skip
        losses = []
        for index in order:
            model.partial_fit(X[index], Y[index], classes=np.arange(10))
            losses.append(model.loss_)
        return PEER_STEPS

    return run


def torch_vmap(runs: int) -> Callable[[], float]:
    """PyTorch ``torch.func``: ``vmap`` of ``grad_and_value`` over runs, a Python loop of steps."""
    import torch
    from torch.func import grad_and_value, vmap

    inputs, labels = torch.from_numpy(X), torch.from_numpy(Y)
    steps = max(20, STEPS[runs] // 4)
    order = torch.from_numpy(batches(steps))
    eta = torch.tensor(rates(runs), dtype=torch.float32)

    def loss(w, x, y):
        z = torch.relu(x @ w[0] + w[1]) @ w[2] + w[3]
        return torch.nn.functional.cross_entropy(z, y)

    step = vmap(grad_and_value(loss), in_dims=(0, None, None))

    def run() -> float:
        shapes = ((64, 32), (32,), (32, 10), (10,))
        w, losses = [0.1 * torch.randn(runs, *shape) for shape in shapes], []
        for index in order:
            gradient, value = step(tuple(w), inputs[index], labels[index])
            for a, g in zip(w, gradient):
                a -= eta.view(-1, *[1] * (a.ndim - 1)) * g
            losses.append(value)
        return steps * runs

    return run


def jax_scan(runs: int) -> tuple[Callable[[], float], float]:
    """JAX ``vmap`` + ``scan`` + ``jit``, compiled before it is measured; and the compile time."""
    import jax
    import jax.numpy as jnp

    inputs, labels = jnp.asarray(X), jnp.asarray(Y)
    order = jnp.asarray(batches(STEPS[runs]))
    eta = jnp.asarray(rates(runs), jnp.float32)

    def loss(w, x, y):
        z = jax.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3]
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1))

    def train_one(w, eta):
        def step(w, index):
            value, gradient = jax.value_and_grad(loss)(w, inputs[index], labels[index])
            return [a - eta * g for a, g in zip(w, gradient)], value

        return jax.lax.scan(step, w, order)

    shapes = ((64, 32), (32,), (32, 10), (10,))
    rng = np.random.default_rng(0)
    w = [jnp.asarray(0.1 * rng.normal(size=(runs, *s)), jnp.float32) for s in shapes]
    compiled = jax.jit(jax.vmap(train_one))
    begin = time.perf_counter()
    jax.block_until_ready(compiled(w, eta))
    first = time.perf_counter() - begin

    def run() -> float:
        jax.block_until_ready(compiled(w, eta))
        return STEPS[runs] * runs

    return run, first


def gemm(n: int = 1024) -> Callable[[], float]:
    """A square product with all threads that BLAS has: GFLOP in each call."""
    a = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)

    def run() -> float:
        a @ a
        return 2 * n**3 / 1e9

    return run


def contestants() -> tuple[dict, dict]:
    """The functions to time by (name, runs), and JAX's compile times."""
    found = {("course_lr", runs): ours(runs) for runs in RUNS}
    found["GEMM n = 1024", 0] = gemm()
    compile_times = {}
    makers = {
        "PyTorch loop per rate": lambda: {1: torch_loop()},
        "scikit-learn partial_fit": lambda: {1: sklearn_partial_fit()},
        "torch.func vmap": lambda: {runs: torch_vmap(runs) for runs in RUNS},
        "JAX vmap + scan + jit": lambda: _jax(compile_times),
    }
    for name, make in makers.items():
        try:
            found |= {(name, runs): run for runs, run in make().items()}
        except ImportError as error:
            print(f"left out: {name} ({error})")
    return found, compile_times


def _jax(compile_times: dict) -> dict:
    made = {runs: jax_scan(runs) for runs in RUNS}
    compile_times.update({runs: first for runs, (_, first) in made.items()})
    return {runs: run for runs, (run, _) in made.items()}


def measure(found: dict) -> dict:
    """Median seconds per unit of work of each contestant, all interleaved.

    Before each there is a pause: the worker threads of the one before (of BLAS, OpenMP, XLA) go on
    spinning for a while and would be charged to the next.
    """
    times = {key: [] for key in found}
    for _ in range(ROUNDS):
        for key, run in found.items():
            time.sleep(PAUSE)
            begin = time.perf_counter()
            work = run()
            times[key].append((time.perf_counter() - begin) / work)
    return {key: statistics.median(values) for key, values in times.items()}


def import_time(name: str) -> float:
    """Median seconds of a new interpreter that imports ``name``, compiled before as installed."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        keep = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        for _ in range(3 * ROUNDS):
            begin = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", f"import {name}"],
                check=True,
                env=keep | {"PYTHONPYCACHEPREFIX": folder},
            )
            times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def outside() -> list[str]:
    """What needs processes of its own: a full sweep with its peak memory, and the import."""
    sweep = (
        "import time, numpy as np, course_lr as c; p = c.digits(); t = time.time();"
        "c.train(p, np.geomspace(1e-3, 0.5, 610), steps=500); t = time.time() - t;"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'));"
        "print(t, int(peak.split()[1]) / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", sweep], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, out.stdout.split())
    imports = {name: import_time(name) for name in ("numpy", "course_lr")}
    ratio = imports["course_lr"] / imports["numpy"]
    return [
        f"610 runs × 500 steps, loss recorded: {seconds:.2f} s, peak memory {megabytes:.0f} MB.",
        f"`import course_lr` takes {ratio:.2f} × as long as `import numpy` (both with the start of "
        "the interpreter).",
    ]


def table(median: dict, compile_times: dict) -> str:
    """The figures as Markdown."""
    micro = {key: 1e6 * value for key, value in median.items()}
    names = dict.fromkeys(name for name, runs in micro if runs)
    lines = ["| µs per run and step | " + " | ".join(f"{r} runs" for r in RUNS) + " |"]
    lines.append("|---|" + "---|" * len(RUNS))
    per_rate = ("PyTorch loop per rate", "scikit-learn partial_fit")
    for name in names:
        cells = [micro.get((name, 1 if name in per_rate else runs)) for runs in RUNS]
        lines.append(f"| {name} | " + " | ".join(f"{c:.1f}" for c in cells) + " |")
    for name in names:
        if name != "course_lr":
            mine = [(micro["course_lr", r], 1 if name in per_rate else r) for r in RUNS]
            cells = [f"{micro[name, r] / own:.2f} ×" for own, r in mine]
            lines.append(f"| {name} ÷ course_lr | " + " | ".join(cells) + " |")
    rate = 1 / median["GEMM n = 1024", 0]
    shares = [100 * FLOPS / 1e9 / median["course_lr", r] / rate for r in RUNS]
    lines.append("| share of the GEMM rate | " + " | ".join(f"{s:.0f} %" for s in shares) + " |")
    lines.append(
        f"\nGEMM at n = 1024: {rate:.0f} GFLOP/s; a run and step: {FLOPS / 1e6:.2f} MFLOP."
    )
    if compile_times:
        seconds = ", ".join(f"{runs}: {t:.1f} s" for runs, t in compile_times.items())
        lines.append(f"JAX's first call, with compiling, by runs: {seconds}.")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    write = parser.parse_args().write
    warnings.filterwarnings("ignore", module="sklearn")
    found, compile_times = contestants()
    about = (
        f"{platform.machine()}, {THREADS} cores, Python {platform.python_version()}, "
        f"numpy {np.__version__}, medians of {ROUNDS} rounds."
    )
    figures = table(measure(found), compile_times)
    text = "\n".join([about, "", figures, *outside()])
    print(text)
    if write:
        before, _, after = README.read_text().partition("<!-- run_axis -->\n")
        _, mark, after = after.partition("<!-- end of run_axis -->")
        README.write_text(f"{before}<!-- run_axis -->\n{text}\n{mark}{after}")


if __name__ == "__main__":
    main()
