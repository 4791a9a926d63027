"""The report: what the kernels found, joined, judged by statement, and written for the package."""

import argparse
import difflib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from course_lr.files import replaced
from course_lr.teaching.verdicts.curves import HERE, Curves
from experiments import statistics as stats
from experiments.contest import entries as contest_entries
from experiments.engine import Session, code_of_row, words
from experiments.kernels import own_kernel
from experiments.statements import REMOVED, STATEMENTS
from experiments.store import Store, code_of_sweep, folder_of, save
from experiments.sweep_table import SWEEPS
from experiments.table import TABLE, Measurement

PATH = HERE / "report.json"
SAMPLE = 10
"""Sweeps that are trained again before other code is accepted."""


def wanted(names: Iterable[str] | None) -> tuple[list[Measurement], bool]:
    """The rows of these statements and measurements, and whether they are all.

    Raises:
        ValueError: a name is unknown; the nearest is suggested.
    """
    if not names:
        return list(TABLE.values()), True
    rows = {}
    for name in names:
        found = [row for row in TABLE.values() if name in (row.id, row.id.split("-")[0])]
        if not found:
            known = [*STATEMENTS, *TABLE]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.3) or known[:1]
            raise ValueError(f"--claim must be a statement or measurement (did you mean {near[0]}?)"
                             f", got {name}")  # fmt: skip
        rows |= {row.id: row for row in found}
    return list(rows.values()), False


def headlines() -> list[str]:
    """Ids of the first measurement of each statement."""
    return [of_statement(id)[0] for id in STATEMENTS if of_statement(id)]


def of_statement(id: str) -> list[str]:
    """Ids of the measurements on the card of a statement, the headline first."""
    return [row.id for row in TABLE.values() if row.statement == id]


def work(rows: list[Measurement], chosen: argparse.Namespace, full: bool) -> int:
    """Measure under the kernel of this process, which is all that a worker does."""
    kernel = chosen.worker
    if own_kernel() != kernel:
        raise ValueError(f"this process was to run with {kernel}, and has {own_kernel()}")
    if chosen.headlines:
        rows = [row for row in rows if row.id in headlines()]
    figures = full and not chosen.quick and not chosen.headlines
    session = Session(rows, folder_of(kernel), kernel, chosen.jobs, chosen.quick, figures)
    for entry in session.run().values():
        print(line(entry) if chosen.quick else f"{kernel}: {line(entry)}")
    for id, error in session.errors.items():
        print(f"! {id} could not be measured: {error}")
    broken = [
        error
        for error in session.errors.values()
        if not (chosen.quick and error.startswith("refused"))
    ]  # few seeds are no fault
    return 1 if broken else 0


def line(entry: dict[str, Any]) -> str:
    """An entry in a line."""
    figures = (f"{entry[name]:.{entry['decimals']}f}" for name in ("effect", "low", "high"))
    effect, low, high = figures
    return (f"{entry['id']}: {entry['outcome']}: {effect} [{low}, {high}] {entry['unit']}, asked "
            f"{entry['asked']:g}, {entry['seconds']:.0f} s")  # fmt: skip


def found_by(kernel: str) -> dict[str, dict]:
    """The finished entries of a kernel, by id."""
    path = folder_of(kernel) / "found.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def write(rows: list[Measurement], kernels: list[str]) -> int:
    """Join what the kernels found with the report, and write it with the curves of figures."""
    known = {entry["id"]: entry for entry in load()["measurements"]}
    parts = [found_by(kernel) for kernel in kernels]
    for row in rows:
        if row.id in parts[0]:
            known[row.id] = joined(*(part[row.id] for part in parts if row.id in part))
    known = {id: known[id] for id in TABLE if id in known}
    known |= {entry["id"]: entry for entry in contest_entries()}
    text = json.dumps(report_of(known), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replaced(PATH) as file:
        file.write(text.encode())
    store = Store(folder_of(kernels[0]), kernels[0])
    for sweep in SWEEPS.values():
        store.ship(sweep.name)
    print(f"written to {PATH}")
    return 0


def joined(first: dict[str, Any], second: dict[str, Any] | None = None) -> dict[str, Any]:
    """A headline under two kernels: open where the outcome or more than half the interval moves."""
    if second is None:
        return first
    entry = first | {"kernels": first["kernels"] + second["kernels"]}
    name, doubts = second["kernels"][0], [first["says_open"]] * bool(first["says_open"])
    if second["outcome"] != first["outcome"]:
        doubts.append(f"under the BLAS kernel {name} it is: {second['outcome']}")
    elif abs(second["effect"] - first["effect"]) > (first["high"] - first["low"]) / 2:
        doubts.append(f"the BLAS kernel {name} moves it by more than half of its interval")
    return entry | {"outcome": stats.OPEN, "says_open": "; ".join(doubts)} if doubts else entry


def load() -> dict[str, Any]:
    """The report as it stands; empty where there is none."""
    return json.loads(PATH.read_text("utf-8")) if PATH.is_file() else {"measurements": []}


def report_of(found: dict[str, dict]) -> dict[str, Any]:
    """The whole report from its measurements."""
    statements = []
    for id, statement in STATEMENTS.items():
        ids = [entry["id"] for entry in found.values() if entry["statement"] == id]
        if ids:
            outcome = stats.together([found[each]["outcome"] for each in ids])
            statements.append({"id": id, "of": id, **statement._asdict(), "outcome": outcome,
                               "measurements": ids})  # fmt: skip
    removed = [list(each) for each in REMOVED]
    return {"statements": statements, "measurements": list(found.values()), "removed": removed}


def check(rows: list[Measurement]) -> int:
    """Say which entries and curves do not belong to the present code and words."""
    stale = stale_of(load())
    stale = {id: why for id, why in stale.items() if id in {row.id for row in rows} | set(SWEEPS)}
    for id, why in stale.items():
        print(f"{id}: {why}")
    print(f"{len(stale)} entries and curves are stale")
    return 1 if stale else 0


def stale_of(report: dict[str, Any]) -> dict[str, str]:
    """By id of an entry or of curves, why it does not belong to the present code."""
    known, found = {entry["id"]: entry for entry in report["measurements"]}, {}
    for row in TABLE.values():
        entry = known.get(row.id)
        if entry is None:
            found[row.id] = "was never measured"
        elif entry["code"] != code_of_row(row):
            found[row.id] = "its code has changed since"
        elif entry | words(row) != entry:
            found[row.id] = "its words have changed since"
    for name, curves in shipped().items():
        if curves.about["code"] != code_of_sweep(SWEEPS[name]):
            found[name] = "its code has changed since"
    return found


def shipped() -> dict[str, Curves]:
    """The curves that travel with the package, by sweep."""
    return {path.stem: Curves.load(path) for path in sorted((HERE / "curves").glob("*.npz"))}


def restamp() -> int:
    """Accept the present code where ten sampled sweeps give the bits of the kept curves."""
    kept = shipped()
    for name in list(kept)[:: max(1, len(kept) // SAMPLE)][:SAMPLE]:
        seed = int(kept[name].seeds[-1])
        new, old = SWEEPS[name].compute([seed]), kept[name].cut([seed])
        same = np.array_equal(new.test_accuracy, old.test_accuracy)
        if not (same and np.array_equal(new.validation_accuracy[-1], old.validation_accuracy[-1])):
            print(f"{name} gives other bits: measure again (kernel {kept[name].about['kernel']})")
            return 1
    report = load()
    for entry in report["measurements"]:
        if entry["id"] in TABLE:
            entry |= words(TABLE[entry["id"]]) | {"code": code_of_row(TABLE[entry["id"]])}
    found = {entry["id"]: entry for entry in report["measurements"]}
    text = json.dumps(report_of(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replaced(PATH) as file:
        file.write(text.encode())
    for name, curves in kept.items():
        curves.about["code"] = code_of_sweep(SWEEPS[name])
        save(curves, HERE / "curves" / f"{name}.npz")
    print(f"{len(found)} entries and {len(kept)} curves belong to the present code now")
    return 0
