"""Running claims: sweeps first, then experiments, then the report; finished work survives a stop.

What is finished goes to a folder ``unfinished`` beside the report. A run that was interrupted goes
on from there where the code is still the same; when all is done the report takes it over.
"""

import multiprocessing
import pathlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, NamedTuple

from course_lr import block
from course_lr.teaching.evidence import page
from course_lr.teaching.evidence.claims import (
    CONDITIONAL,
    NOT_JUDGED,
    REFUSED,
    Claim,
    Finding,
    all_claims,
    tried,
)
from course_lr.teaching.evidence.freshness import Source, code_of, code_of_sweep
from course_lr.teaching.evidence.report import Report, write
from course_lr.teaching.evidence.sweeps import Curves, Sweep
from course_lr.teaching.evidence.trial import FEWEST, Refused, Trial

TUNING = tuple(range(10))
JUDGING = tuple(range(10, 30))
MORE = tuple(range(30, 50))
"""Further judging seeds for claims that twenty leave open."""
QUICK = (TUNING[:2], JUDGING[:4])
"""A fifth of the thirty seeds."""
CHUNK = 10
"""Seeds of a sweep that are trained at once; what an interruption loses at most."""
GROWTHS = 3
"""How often a grid may grow before the verdict is refused."""


class Job(NamedTuple):
    """Work for this process or another: ``function(*arguments)``."""

    label: str
    seconds: float
    key: Any
    function: Callable
    arguments: tuple


class Session:
    """One run of some claims.

    Args:
        claims: what to run.
        folder: where report and curves are kept.
        jobs: processes; the threads of each are divided by it.
        quick: a fifth of the seeds, and no verdict.
        reuse: take kept curves where they belong to the present code, instead of fresh ones.
        bar: shows progress: ``set_description(text)``, ``update(seconds)``, ``reset(total)``.
    """

    def __init__(self, claims: Iterable[Claim], folder, *, jobs=1, quick=False, reuse=False, bar):
        self.claims, self.folder = list(claims), pathlib.Path(folder)
        self.jobs, self.quick, self.bar = jobs, quick, bar
        self.work = self.folder / "unfinished"
        self.kept = Report.load(self.folder)
        source = Source()
        self.code = {c.id: code_of(c, source) for c in self.claims}
        sweeps = {c.sweep for c in self.claims if c.sweep}
        self.sweep_code = {s: code_of_sweep(s, source) for s in sweeps}
        self.curves = {s: found for s in sweeps if (found := self._found(s, reuse))}
        self.resumed = self._resumed()
        self.entries = {e["id"]: e for e in self.resumed}
        self.errors: dict[str, Exception] = {}

    def _found(self, sweep: Sweep, reuse: bool) -> Curves | None:
        """Unfinished curves of the present code, or kept ones."""
        for folder in [self.work, *([self.folder] if reuse else [])]:
            path = curves_path(folder, sweep.name)
            curves = Curves.load(path) if path.is_file() else None
            if curves and curves.about["code"] == self.sweep_code[sweep]:
                return curves
        return None

    def _resumed(self) -> list[dict]:
        """Finished entries of an interrupted run that belong to the present code and words."""
        words = {c.id: c.words for c in self.claims}
        return [
            entry
            for entry in Report.load(self.work).claims
            if entry["code"] == self.code.get(entry["id"])
            and all(entry[name] == value for name, value in words[entry["id"]].items())
        ]

    def run(self) -> Report:
        """Run everything and write the report; returns it.

        Claims whose experiment raised are in ``errors`` and keep their old entry.
        """
        rounds = [QUICK] if self.quick else [(TUNING, JUDGING), (TUNING, JUDGING + MORE)]
        for number, (tuning, judging) in enumerate(rounds):
            todo = [c for c in self.claims if c.id not in self.entries | self.errors.keys()]
            last = number == len(rounds) - 1
            if not todo:
                break
            self.bar.reset(total=sum(self._seconds(c) for c in todo))
            self._sweep(todo, tuning, judging)
            self._judge(todo, tuning, judging, last)
        return self._finish()

    def _seconds(self, claim: Claim) -> float:
        """What a claim took last time, its share of the sweep included."""
        known = {entry["id"]: entry["seconds"] for entry in self.kept.claims}
        return max(0.1, known.get(claim.id, 5.0))

    def _sweep(self, todo: list[Claim], tuning: tuple, judging: tuple) -> None:
        sweeps = list(dict.fromkeys(c.sweep for c in todo if c.sweep))
        share = {s: sum(self._seconds(c) for c in todo if c.sweep is s) for s in sweeps}
        jobs = []
        for sweep in sweeps:
            known = self.curves.get(sweep)
            rates = None if known is None else known.rates
            missing = [s for s in tuning + judging if known is None or s not in known.seeds]
            parts = [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)]
            seconds = 0.9 * share[sweep] / max(1, len(parts))
            jobs += [Job(sweep.name, seconds, sweep, sweep.compute, (p, rates)) for p in parts]
        self._merge(jobs, "seeds")
        for _ in range(GROWTHS):
            more = {s: s.growth(self.curves[s], tuning) for s in sweeps}
            self._merge(
                [
                    Job(f"{s.name}, a wider grid", 0, s, s.compute, (self.curves[s].seeds, rates))
                    for s, rates in more.items()
                    if rates
                ],
                "rates",
            )

    def _merge(self, jobs: list[Job], axis: str) -> None:
        """Do the jobs, and add what each found to its sweep's curves."""
        for job, curves in self._done(jobs):
            if isinstance(curves, Exception):
                raise curves
            known, path = self.curves.get(job.key), curves_path(self.work, job.key.name)
            curves.about["code"] = self.sweep_code[job.key]
            self.curves[job.key] = curves if known is None else known.merged(curves, axis)
            self.curves[job.key].save(path)

    def _judge(self, todo: list[Claim], tuning: tuple, judging: tuple, last: bool) -> None:
        shares = {s: _readers(s) for s in self.curves}
        jobs = []
        for claim in todo:
            curves = self.curves.get(claim.sweep)
            arguments = (claim, curves, tuning, judging, last, self.quick)
            seconds = self._seconds(claim) * (0.1 if claim.sweep else 1)
            jobs.append(Job(claim.id, seconds, claim, entry_of, arguments))
        for job, entry in self._done(jobs):
            if isinstance(entry, Exception):
                self.errors[job.key.id] = entry
            elif entry is not None:
                if job.key.sweep:
                    curves = self.curves[job.key.sweep]
                    entry["seconds"] += curves.about["seconds"] / shares[job.key.sweep]
                entry["seconds"] = round(entry["seconds"], 1)
                self.entries[entry["id"]] = entry | {"code": self.code[entry["id"]]}
                write(self.work, self.entries.values(), quick=self.quick)

    def _done(self, jobs: list[Job]) -> Iterator[tuple[Job, Any]]:
        """Each job with its result, or with what an experiment raised, as they end."""
        if self.jobs == 1:
            for job in jobs:
                self.bar.set_description(job.label)
                yield job, attempt(job.function, job.arguments)
                self.bar.update(job.seconds)
            return
        with _pool(self.jobs) as pool:
            found = {pool.submit(attempt, job.function, job.arguments): job for job in jobs}
            waiting = list(dict.fromkeys(job.label for job in jobs))
            for future in as_completed(found):
                self.bar.set_description(", ".join(waiting[: self.jobs]))
                yield found[future], future.result()
                waiting = list(dict.fromkeys(j.label for f, j in found.items() if not f.done()))
                self.bar.update(found[future].seconds)

    def _finish(self) -> Report:
        """Move what was found from the folder of unfinished work to the report."""
        claims = all_claims() | {c.id: c for c in self.claims}
        entries = {e["id"]: e for e in self.kept.claims} | self.entries
        ordered = [entries[id] for id in claims if id in entries]
        for sweep, curves in self.curves.items():
            curves.save(curves_path(self.folder, sweep.name))
        write(self.folder, ordered, quick=self.quick)
        page.write(self.folder, Report.load(self.folder))
        if not self.errors:
            shutil.rmtree(self.work, ignore_errors=True)
        return Report.load(self.folder)


def curves_path(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Where a sweep's curves are kept."""
    return folder / "curves" / f"{name}.npz"


def attempt(function: Callable, arguments: tuple) -> Any:
    """The result, or the exception that was raised."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def entry_of(claim: Claim, curves, tuning, judging, last: bool, quick: bool) -> dict | None:
    """The claim's entry in the report, or ``None`` where it is open and more seeds may be had."""
    trial, began = Trial(tuning, judging, curves), time.perf_counter()
    try:
        found = tried(claim, trial, fewest=2 if quick else FEWEST)
    except Refused as refusal:
        entry = {"effect": None, "low": None, "high": None, "facts": {}, "verdict": REFUSED}
        entry["condition"] = f"Refused: {refusal}."
    else:
        if found.verdict is None and not last:
            return None
        verdict, hangs = settled(found, len(judging))
        entry = found.interval._asdict() | {"facts": found.facts, "verdict": verdict}
        entry["condition"] = f"{claim.condition} {hangs}".strip()
    if quick:
        entry["verdict"] = NOT_JUDGED
    entry["seconds"] = time.perf_counter() - began
    return claim.words | entry | notes(trial)


def settled(found: Finding, seeds: int) -> tuple[str, str]:
    """The verdict when no more seeds are had, and on what it hangs if it is conditional."""
    if found.verdict is None:
        return CONDITIONAL, f"Not decided at {seeds} seeds."
    others = {rate: v for rate, v in found.rivals.items() if v not in (None, found.verdict)}
    if not others:
        return found.verdict, ""
    rates = " or ".join(f"{rate:.3g}" for rate in others)
    would = next(iter(others.values()))
    return CONDITIONAL, (
        f"It hangs on the rate that is tuned: as measured it is {found.verdict}, but with {rates}, "
        f"which other tuning seeds might have chosen, it would be {would}."
    )


def notes(trial: Trial) -> dict[str, Any]:
    """What a trial did: seeds, choices, runs, failures and budget."""
    choices = [
        {"rate": c.rate, "by": c.by, "rivals": [float(trial.curves.rates[i]) for i in c.rivals]}
        for c in trial.choices
    ]
    runs = [
        {"name": name, "failed": int(failed.sum()), "of": int(failed.size)}
        for name, failed in trial.failed.items()
    ]
    total = sum(run["of"] for run in runs)
    return {
        "seeds": len(trial.judging),
        "tuning_seeds": len(trial.tuning) if choices else 0,
        "choices": choices,
        "failures": round(sum(run["failed"] for run in runs) / total, 4) if total else None,
        "runs": runs,
        "evaluations": max(trial.evaluations.values(), default=0),
    }


def _readers(sweep: Sweep) -> int:
    """How many claims read a sweep, and so share its time."""
    return sum(c.sweep is sweep for c in all_claims().values()) or 1


def _pool(jobs: int) -> ProcessPoolExecutor:
    threads = max(1, block.THREADS // jobs)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, initializer=_threads, initargs=(threads,))


def _threads(number: int) -> None:
    block.THREADS = number
