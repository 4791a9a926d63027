"""Measuring: sweeps first, then each row of the table; what is finished survives a stop.

This runs in a process of its own for each BLAS kernel; `__main__.py` starts it and joins what the
kernels found. Curves and entries are kept in `build/evidence/KERNEL`.
"""

import json
import multiprocessing
import pathlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from tqdm import tqdm

from course_lr.files import replaced
from course_lr.teaching.verdicts.curves import Curves
from experiments import statistics as stats
from experiments.freshness import CONTROLLERS, METHOD, SEARCH, code_of
from experiments.problems import PROBLEMS
from experiments.store import Store, chunks, code_of_sweep
from experiments.sweep_table import SWEEPS
from experiments.table import Measurement
from experiments.trial import JUDGING, MORE, TUNING, Effects, Refused, Trial

INTERVALS: dict[str, Callable] = {
    "paired t": lambda found, none: stats.paired_t(found.values, none),
    "ratio t": lambda found, none: stats.ratio_t(found.values, none),
    "Newcombe": lambda found, none: stats.newcombe(found.values, none),
    "bootstrap": lambda found, none: stats.bootstrap(found.values, found.statistic, none),
}
NAMES = {"ratio t": "paired t, of logarithms"}
SEARCHING = ("read_off", "range_bounds", "halving")
WATCHING = ("rescued", "watch_costs")
QUICK = range(4), range(10, 16)
"""Seeds of a quick run, which gives estimates and no outcome."""


def code_of_row(row: Measurement) -> str:
    """What an entry of the report rests on: its row, its measure's code, and that of its sweeps."""
    places = [*METHOD, "experiments/problems.py", "experiments/trial.py"]
    places += [row.measure.__module__.replace(".", "/") + ".py", "experiments/statistics.py"]
    places += [*SEARCH] * (row.measure.__name__ in SEARCHING)
    places += [*CONTROLLERS] * (row.measure.__name__ in WATCHING)
    return code_of((row.row, [code_of_sweep(SWEEPS[name]) for name in sweeps_of(row)]), *places)


def sweeps_of(row: Measurement) -> list[str]:
    """The sweeps that a row reads."""
    return [name for name in row.reads if isinstance(name, str) and name in SWEEPS]


def estimate(row: Measurement, trial: Trial) -> tuple[stats.Interval, Effects]:
    """The effect of a row and its interval, rounded to the digits that are printed."""
    found = row.measure(trial, *row.reads)
    interval = INTERVALS[found.kind](found, row.none)
    rounded = (round(float(x), row.decimals) + 0.0 for x in interval[:3])
    return stats.Interval(*rounded, float(f"{interval.p:.2g}")), found


def judged(row: Measurement, interval: stats.Interval) -> str:
    """The outcome of a row's interval."""
    return stats.outcome(interval, row.none, row.asked, row.noninferior)


def doubt_of(row: Measurement, trial: Trial, outcome: str) -> str:
    """Why the outcome is open all the same: a rate that might have been tuned gives another."""
    for _, rate, other in trial.others():
        instead = judged(row, estimate(row, other)[0])
        if instead not in (outcome, stats.OPEN):
            return f"with {rate:.3g}, which other tuning seeds might have chosen, it is: {instead}"
    return ""


def settled(row: Measurement, interval: stats.Interval, doubt: str) -> bool:
    """Whether 20 judging seeds are enough: a rule that looks at the interval, not at the answer."""
    asked = interval.low < row.asked <= interval.high
    return not (asked or doubt or judged(row, interval) == stats.OPEN)


def entry_of(row: Measurement, store: Store, quick: bool = False) -> dict[str, Any]:
    """A row's entry in the report: a look with 20 judging seeds, and with 40 if it is not settled.

    Raises:
        Refused: the trial allows no result; the message says why.
    """
    began = time.process_time()
    for judging in [QUICK[1]] if quick else [JUDGING, [*JUDGING, *MORE]]:
        trial = Trial(store, QUICK[0] if quick else TUNING, judging)
        interval, found = estimate(row, trial)
        outcome = judged(row, interval)
        doubt = "" if quick else doubt_of(row, trial, outcome)
        if settled(row, interval, doubt):
            break
    return words(row) | {
        "effect": interval.effect,
        "low": interval.low,
        "high": interval.high,
        "p": interval.p,
        "interval": NAMES.get(found.kind, found.kind),
        "outcome": "not judged" if quick else stats.OPEN if doubt else outcome,
        "says_open": doubt,
        "among": trial.among,
        "seeds": len(trial.judging),
        "failures": trial.failures,
        "rates": [choice.rate for choice in trial.choices.values()],
        "kernels": [store.kernel],
        "code": code_of_row(row),
        "seconds": round(time.process_time() - began, 1),
    }


def words(row: Measurement) -> dict[str, Any]:
    """What the report repeats of a row."""
    names = ("id", "statement", "problem", "question", "against", "unit", "none", "asked")
    names += ("asked_when", "reason", "noninferior", "decimals")
    return {name: getattr(row, name) for name in names} | {
        "scale": "log" if row.unit.startswith("times") else "linear",
        "level": stats.LEVEL,
        "draws": PROBLEMS[row.data].draws,
        "command": f"course-lr evidence --claim {row.id}",
        "replaces": row.replaces.split(),
    }


class Session:
    """One run of some rows under one kernel.

    Args:
        rows: what to measure.
        folder: where curves and finished entries are kept.
        kernel: the name of the BLAS kernel.
        jobs: processes.
        quick: few seeds, and no outcome.
        figures: whether the sweeps that only figures draw are trained too.
    """

    def __init__(
        self, rows: Iterable[Measurement], folder, kernel, jobs=1, quick=False, figures=False
    ):
        self.rows, self.quick, self.jobs = list(rows), quick, jobs
        self.store = Store(pathlib.Path(folder), kernel)
        self.path = self.store.folder / ("quick.json" if quick else "found.json")
        known = json.loads(self.path.read_text("utf-8")) if self.path.is_file() else {}
        self.found = {r.id: known[r.id] for r in self.rows if self._fits(r, known.get(r.id))}
        self.names = {name for row in self.rows for name in sweeps_of(row)}
        self.names |= {s.name for s in SWEEPS.values() if figures and s.seeds}
        self.errors: dict[str, str] = {}

    def _fits(self, row: Measurement, entry: dict | None) -> bool:
        """Whether a finished entry belongs to the present code and words."""
        same = words(row) | {"code": code_of_row(row)}
        return entry is not None and entry | same == entry

    def run(self) -> dict[str, dict]:
        """Measure everything that is not finished; entries by id."""
        tuning, judging = QUICK if self.quick else (TUNING, JUDGING)
        jobs = []
        for name in sorted(self.names):
            seeds = [*tuning, *judging] if not SWEEPS[name].figure else list(judging)[:10]
            jobs += [(name, part) for part in chunks(self.store.missing(SWEEPS[name], seeds))]
        for (name, _), curves in self._done(_train, jobs, "sweeps"):
            self.store.add(SWEEPS[name], curves)
        todo = [row for row in self.rows if row.id not in self.found]
        todo = [(row.id, str(self.store.folder), self.store.kernel, self.quick) for row in todo]
        for (id, *_), entry in self._done(_measure, todo, "measurements"):
            if isinstance(entry, str):
                self.errors[id] = entry
                continue
            self.found[id] = entry
            text = json.dumps(self.found, ensure_ascii=False)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replaced(self.path) as file:
                file.write(text.encode())
        return self.found

    def _done(self, function: Callable, jobs: list[tuple], label: str):
        """Each job with its result, as they end."""
        with tqdm(total=len(jobs), desc=f"{self.store.kernel}: {label}") as bar:
            if self.jobs == 1:
                for job in jobs:
                    yield job, function(*job)
                    bar.update()
                return
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(self.jobs, context) as pool:
                running = {pool.submit(function, *job): job for job in jobs}
                for future in as_completed(running):
                    yield running[future], future.result()
                    bar.update()


def _train(name: str, seeds: list[int]) -> Curves:
    return SWEEPS[name].compute(seeds)


def _measure(id: str, folder: str, kernel: str, quick: bool) -> dict[str, Any] | str:
    """The entry of a row, or why there is none."""
    from experiments.table import TABLE

    try:
        return entry_of(TABLE[id], Store(pathlib.Path(folder), kernel), quick)
    except Refused as refusal:
        return f"refused: {refusal}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
