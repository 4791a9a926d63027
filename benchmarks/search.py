"""Seconds of a grid search as the course makes it, beside the bare training.

    python benchmarks/search.py            measure and print
    python benchmarks/search.py --write    also put the table into benchmarks/README.md

61 rates × 10 seeds on the digits for 500 steps, the validation data looked at after every epoch;
the training beside it records the loss alone. The two take turns; medians.
"""

import argparse
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

import course_lr
from course_lr.loop import THREADS

ROUNDS = 5
README = pathlib.Path(__file__).parent / "README.md"
PROBLEM = course_lr.digits()
RATES = np.geomspace(1e-5, 10.0, 61)


def seconds(call: Callable) -> tuple[float, float]:
    """Seconds on the clock, and those of all processors together."""
    clock, work = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - work


def measure() -> str:
    """The table as Markdown."""
    contestants = {
        "`grid_search`, validation each epoch, with its table and picture": lambda: (
            course_lr.grid_search(PROBLEM, RATES, steps=500, seeds=10)._repr_html_()
        ),
        "`train`, loss alone": lambda: course_lr.train(PROBLEM, RATES, steps=500, seeds=10),
    }
    times = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, call in contestants.items():
            times[name].append(seconds(call))
    lines = [
        f"{platform.machine()}, {THREADS} cores, Python {platform.python_version()}, numpy "
        f"{np.__version__}, medians of {ROUNDS} rounds, load while measuring "
        f"{os.getloadavg()[0]:.1f}.",
        "",
        "| 61 rates × 10 seeds × 500 steps on the digits | seconds | processor seconds |",
        "|---|---|---|",
    ]
    for name, pairs in times.items():
        clock, work = (statistics.median(each) for each in zip(*pairs))
        lines.append(f"| {name} | {clock:.2f} | {work:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    write, text = parser.parse_args().write, measure()
    print(text)
    if write:
        before, _, after = README.read_text().partition("<!-- search -->\n")
        _, mark, after = after.partition("<!-- end of search -->")
        README.write_text(f"{before}<!-- search -->\n{text}\n{mark}{after}")


if __name__ == "__main__":
    main()
