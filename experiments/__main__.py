"""Measure the course's statements again: `course-lr evidence`, or `python -m experiments`.

Every BLAS kernel computes in a process of its own. The first measures all, the second the headlines
alone: an outcome that it does not share is open.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from experiments.kernels import kernels

FOLDER = pathlib.Path(__file__).resolve().parents[1]


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="course-lr evidence", description=__doc__.split("\n")[0])
    parser.add_argument("--claim", action="append", metavar="ID", help="a statement or measurement")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--quick", action="store_true", help="few seeds: estimates, no outcomes")
    parser.add_argument("--kernels", metavar="A,B", help="BLAS kernels; A alone measures with one")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    parser.add_argument("--restamp", action="store_true", help="accept code that gives equal bits")
    parser.add_argument("--worker", metavar="KERNEL", help=argparse.SUPPRESS)
    parser.add_argument("--headlines", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.jobs < 1:
        parser.error(f"--jobs must be a whole number >= 1, got {chosen.jobs}")
    return chosen


def start(kernel: str, arguments: list[str]) -> int:
    """Measure with this kernel in a process of its own; its exit status."""
    one = {"OPENBLAS_NUM_THREADS": "1", "COURSE_LR_THREADS": "1", "OPENBLAS_CORETYPE": kernel}
    command = [sys.executable, "-m", "experiments", "--worker", kernel, *arguments]
    return subprocess.run(command, env=os.environ | one, cwd=FOLDER).returncode


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line says; 1 where something is stale, refused or broken."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = options(given)
    from experiments import report  # after the kernel was chosen: it imports numpy

    try:
        rows, full = report.wanted(chosen.claim)
        if chosen.worker:
            return report.work(rows, chosen, full)
        if chosen.check:
            return report.check(rows)
        if chosen.restamp:
            return report.restamp()
        wanted = kernels(chosen.kernels)
        wanted = wanted[:1] if chosen.quick else wanted
        status = start(wanted[0], given)
        for second in wanted[1:]:
            status = max(status, start(second, [*given, "--headlines"]))
    except (ValueError, json.JSONDecodeError) as error:
        sys.exit(f"course-lr: {error}")
    return status if chosen.quick else max(status, report.write(rows, wanted))


if __name__ == "__main__":
    sys.exit(main())
