"""Running claims: sweeps first, then experiments, then the report; finished work survives a stop.

What is finished goes to a folder ``unfinished`` beside the report. A run that was interrupted goes
on from there where the code is still the same; when all is done the report takes it over.
"""

import multiprocessing
import pathlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, NamedTuple

from course_lr import block
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
from course_lr.teaching.evidence.reports import Report, write
from course_lr.teaching.evidence.sweeps import Curves, Sweep
from course_lr.teaching.evidence.trial import FEWEST, Refused, Trial

TUNING = tuple(range(10))
JUDGING = tuple(range(10, 30))
# Further judging seeds for claims that twenty leave open.
MORE = tuple(range(30, 50))
# A fifth of the thirty seeds.
QUICK = (TUNING[:2], JUDGING[:4])
# Seeds of a sweep that are trained at once; what an interruption loses at most.
CHUNK = 10
# How often a grid may grow before the verdict is refused.
GROWTHS = 3


class Job(NamedTuple):
    """Work for this process or another: ``function(*arguments)`` for a sweep or a claim."""

    of: Sweep | Claim
    label: str
    seconds: float
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
        self.work, self.kept = self.folder / "unfinished", Report.load(self.folder)
        self.before = {entry["id"]: entry["seconds"] for entry in self.kept.claims}
        source, sweeps = Source(), {s for c in self.claims for s in c.sweeps}
        self.code = {c: code_of(c, source) for c in self.claims}
        self.code |= {s: code_of_sweep(s, source) for s in sweeps}
        folders = [self.folder] * reuse + [self.work]
        found = [(s, Curves.load(folder, s.name)) for folder in folders for s in sweeps]
        self.curves = {s: c for s, c in found if c and c.about["code"] == self.code[s]}
        self.resumed = self._resumed()
        self.entries = dict(self.resumed)
        self.errors: dict[str, Exception] = {}

    def _resumed(self) -> dict[str, dict]:
        """Finished entries of an interrupted run that belong to the present code and words."""
        known = {c.id: c.words | {"code": self.code[c]} for c in self.claims}
        found = {e["id"]: e for e in Report.load(self.work).claims if e["id"] in known}
        return {id: entry for id, entry in found.items() if entry | known[id] == entry}

    def run(self) -> Report:
        """Run everything and write the report; returns it.

        Claims whose experiment raised are in ``errors`` and keep their old entry.
        """
        rounds = [QUICK] if self.quick else [(TUNING, JUDGING), (TUNING, JUDGING + MORE)]
        for tuning, judging in rounds:
            todo = [c for c in self.claims if c.id not in self.entries | self.errors]
            if todo:
                self.bar.reset(total=sum(map(self._seconds, todo)))
                self._sweep(todo, tuning, judging)
                self._judge(todo, tuning, judging, last=judging == rounds[-1][1])
        return self._finish()

    def _seconds(self, claim: Claim) -> float:
        """What a claim took last time, its share of the sweeps included."""
        return max(0.1, self.before.get(claim.id, 5.0))

    def _sweep(self, todo: list[Claim], tuning: tuple, judging: tuple) -> None:
        """Train what the claims need; where the best rate is on the edge, on a wider grid."""
        sweeps = dict.fromkeys(s for c in todo for s in c.sweeps)
        seconds = {s: 0.0 for s in sweeps}
        for claim, sweep in ((c, s) for c in todo for s in c.sweeps):
            seconds[sweep] += self._seconds(claim) / len(claim.sweeps)
        rates = {s: self.curves[s].rates for s in sweeps if s in self.curves}
        for growths in range(1 + GROWTHS):
            jobs = []
            for sweep in sweeps:
                known = self.curves[sweep].seeds if sweep in self.curves else ()
                missing = [seed for seed in tuning + judging if seed not in known]
                for part in (missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)):
                    share = 0.9 * seconds[sweep] * len(part) / len(missing)
                    arguments = (part, rates.get(sweep))
                    jobs.append(Job(sweep, sweep.name, share, sweep.compute, arguments))
            self._join(jobs)
            for sweep in sweeps:
                wider = sweep.wider(self.curves[sweep], tuning)
                if wider and growths < GROWTHS:
                    rates[sweep] = wider
                    del self.curves[sweep]

    def _join(self, jobs: list[Job]) -> None:
        """Do the jobs, and add what each found to its sweep's curves."""
        for job, curves in self._done(jobs):
            if isinstance(curves, Exception):
                raise curves
            curves.about["code"] = self.code[job.of]
            known = self.curves.get(job.of)
            self.curves[job.of] = curves if known is None else known.joined(curves)
            self.curves[job.of].save(self.work)

    def _judge(self, todo: list[Claim], tuning: tuple, judging: tuple, last: bool) -> None:
        jobs = []
        for claim in todo:
            found = [self.curves[sweep] for sweep in claim.sweeps]
            arguments = (claim, found, tuning, judging, last, self.quick)
            seconds = self._seconds(claim) * (0.1 if claim.sweeps else 1)
            jobs.append(Job(claim, claim.id, seconds, entry_of, arguments))
        readers = Counter(s for c in all_claims().values() for s in c.sweeps)
        for job, entry in self._done(jobs):
            if isinstance(entry, Exception):
                self.errors[job.of.id] = entry
            elif entry is not None:
                shared = sum(
                    self.curves[sweep].about["seconds"] / max(1, readers[sweep])
                    for sweep in job.of.sweeps
                )
                entry["seconds"] = round(entry["seconds"] + shared, 1)
                self.entries[job.of.id] = entry | {"code": self.code[job.of]}
                write(self.work, self.entries.values(), quick=self.quick)

    def _done(self, jobs: list[Job]) -> Iterator[tuple[Job, Any]]:
        """Each job with its result, or with what it raised, as they end."""
        if self.jobs == 1:
            for job in jobs:
                self.bar.set_description(job.label)
                yield job, attempt(job)
                self.bar.update(job.seconds)
            return
        context, threads = multiprocessing.get_context("spawn"), max(1, block.THREADS // self.jobs)
        with ProcessPoolExecutor(self.jobs, context, _threads, (threads,)) as pool:
            found = {pool.submit(attempt, job): job for job in jobs}
            for future in as_completed(found):
                yield found[future], future.result()
                running = dict.fromkeys(j.label for f, j in found.items() if not f.done())
                self.bar.set_description(", ".join([*running][: self.jobs]))
                self.bar.update(found[future].seconds)

    def _finish(self) -> Report:
        """Move what was found from the folder of unfinished work to the report."""
        for curves in self.curves.values():
            curves.save(self.folder)
        entries = {e["id"]: e for e in self.kept.claims} | self.entries
        claims = all_claims() | {c.id: c for c in self.claims}
        ordered = [entries[id] for id in claims if id in entries]
        report = write(self.folder, ordered, quick=self.quick)
        if not self.errors:
            shutil.rmtree(self.work, ignore_errors=True)
        return report


def attempt(job: Job) -> Any:
    """The result of a job, or the exception that it raised."""
    try:
        return job.function(*job.arguments)
    except Exception as error:
        return error


def entry_of(claim: Claim, curves, tuning, judging, last: bool, quick: bool) -> dict | None:
    """The claim's entry in the report, or ``None`` where it is open and more seeds may be had."""
    trial, began = Trial(tuning, judging, *curves), time.perf_counter()
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
    """The verdict when no more seeds are had, and on what it hangs."""
    if found.verdict is None:
        return CONDITIONAL, f"Not decided at {seeds} seeds."
    others = {rate: v for rate, v in found.rivals.items() if v not in (None, found.verdict)}
    if not others:
        return found.verdict, ""
    rates = " or ".join(others)
    would = next(iter(others.values()))
    return found.verdict, (
        f"It depends on the rate that is tuned: with {rates}, which other tuning seeds might have "
        f"chosen, it would be {would}."
    )


def notes(trial: Trial) -> dict[str, Any]:
    """What a trial did: seeds, choices, runs, failures and budget."""
    choices = [
        {"rate": c.rate, "by": c.by, "rivals": [float(trial.of(c.of).rates[i]) for i in c.rivals]}
        | ({"of": trial.of(c.of).about["name"]} if len(trial.sweeps) > 1 else {})
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


def _threads(number: int) -> None:
    block.THREADS = number
