"""What ``course_lr.watch`` costs a PyTorch training: µs a step with it and without it.

    python benchmarks/watching.py            measure and print
    python benchmarks/watching.py --write    also put the table into benchmarks/README.md

The digits MLP 64-32-10, batches of 64, SGD: models that take turns, a hundred steps each.
Processor time of the one thread that works, so that other programs disturb less; medians.
"""

import argparse
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable

import torch

import course_lr

ROUNDS, STEPS = 100, 100
README = pathlib.Path(__file__).parent / "README.md"
PROBLEM = course_lr.digits()
INPUTS = torch.from_numpy(PROBLEM.inputs["train"][:, :-1].copy())
LABELS = torch.from_numpy(PROBLEM.labels["train"])
ORDER = [torch.tensor(PROBLEM.batch(step, 0)) for step in range(STEPS)]


def training(every: int | None) -> Callable[[], None]:
    """A function that trains a model of its own for ``STEPS`` more steps; ``None``: unwatched."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion, losses = torch.nn.CrossEntropyLoss(), []
    seen = course_lr.watch(model, optimizer, every=every) if every else None

    def run() -> None:
        for index in ORDER:
            loss = criterion(model(INPUTS[index]), LABELS[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if seen is not None and seen.steps != len(losses) / every:
            raise RuntimeError("steps went by unseen")

    return run


def measure() -> str:
    """The table as Markdown."""
    torch.set_num_threads(1)
    contestants = {
        "PyTorch loop": training(None),
        "the same, one step in 4 watched (the default)": training(4),
        "the same, each step watched": training(1),
    }
    times = {name: [] for name in contestants}
    for turn in range(ROUNDS + 3):
        for name in sorted(contestants, reverse=turn % 2 == 0):
            begin = time.thread_time()
            contestants[name]()
            if turn >= 3:  # the first ones warm up
                times[name].append((time.thread_time() - begin) / STEPS * 1e6)
    lines = [
        f"{platform.machine()}, Python {platform.python_version()}, PyTorch {torch.__version__}, "
        f"one thread, medians of {ROUNDS} rounds, load while measuring {os.getloadavg()[0]:.1f}.",
        "",
        "| | µs a step | ratio in a round |",
        "|---|---|---|",
    ]
    for name, values in times.items():
        ratio = statistics.median(b / a for a, b in zip(times["PyTorch loop"], values))
        lines.append(f"| {name} | {statistics.median(values):.1f} | {ratio:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    write, text = parser.parse_args().write, measure()
    print(text)
    if write:
        before, _, after = README.read_text().partition("<!-- watching -->\n")
        _, mark, after = after.partition("<!-- end of watching -->")
        README.write_text(f"{before}<!-- watching -->\n{text}\n{mark}{after}")


if __name__ == "__main__":
    main()
