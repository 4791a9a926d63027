"""``course-lr evidence``: measure the claims again, or say which of them are stale."""

import argparse
import pathlib
import sys
import tempfile

from course_lr.teaching.evidence.box import figures, sign
from course_lr.teaching.evidence.claims import REFUSED, Claim, all_claims
from course_lr.teaching.evidence.engine import Session
from course_lr.teaching.evidence.freshness import Source, stale
from course_lr.teaching.evidence.reports import HERE, Report, nearest

FORMAT = "{desc} |{bar}| {percentage:3.0f} %, {remaining} left"


def options(parser: argparse.ArgumentParser) -> None:
    """The options of the subcommand."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--claim", action="append", metavar="ID", help="a claim or a statement")
    what.add_argument("--chapter", type=int, metavar="N", help="the claims of a chapter")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the seeds, no verdicts")
    parser.add_argument("--reuse", action="store_true", help="take kept curves that are not stale")
    parser.add_argument("--check", action="store_true", help="only say which claims are stale")
    parser.add_argument("--folder", type=pathlib.Path, help="where to write (default: the package)")


def run(chosen: argparse.Namespace) -> None:
    """Run what the options say; ends with status 1 where something is stale, refused or broken."""
    try:
        claims = wanted(chosen)
    except ValueError as error:
        sys.exit(f"course-lr: {error}")
    aside = pathlib.Path(tempfile.gettempdir()) / "course_lr-quick"  # never over the full report
    folder = chosen.folder or (aside if chosen.quick else HERE)
    try:
        sys.exit(check(claims, folder) if chosen.check else measure(claims, folder, chosen))
    except PermissionError as error:
        sys.exit(f"course-lr: {error}: name a folder that can be written to by --folder")


def wanted(chosen: argparse.Namespace) -> dict[str, Claim]:
    """The claims that the options name."""
    if chosen.jobs < 1:
        raise ValueError(f"--jobs must be a whole number >= 1, got {chosen.jobs}")
    claims = all_claims()
    for name in chosen.claim or []:
        if not any(name in (c.id, c.of) for c in claims.values()):
            raise ValueError(f"there is no claim {name!r}; {nearest(name, claims)}")
    if chosen.claim:
        return {i: c for i, c in claims.items() if i in chosen.claim or c.of in chosen.claim}
    if chosen.chapter is not None:
        claims = {i: c for i, c in claims.items() if c.chapter == chosen.chapter}
    if not claims:
        raise ValueError(f"chapter {chosen.chapter} has no claims")
    return claims


def check(claims: dict[str, Claim], folder: pathlib.Path) -> int:
    """Print which claims the report in ``folder`` does not belong to."""
    entries = [e for e in Report.load(folder).claims if e["id"] in claims]
    found = stale(entries, claims, Source())
    for id, reason in found.items():
        print(f"{id}: {reason}")
    print(f"{len(claims) - len(found)} of {len(claims)} claims belong to the present code")
    return 1 if found else 0


def measure(claims: dict[str, Claim], folder: pathlib.Path, chosen: argparse.Namespace) -> int:
    """Run the claims with a progress bar, and print what was found."""
    from tqdm import tqdm

    settings = {name: getattr(chosen, name) for name in ("jobs", "quick", "reuse")}
    with tqdm(total=1, bar_format=FORMAT, dynamic_ncols=True) as bar:
        session = Session(claims.values(), folder, bar=bar, **settings)
        if session.resumed:
            bar.write(f"resuming: {len(session.resumed)} of {len(claims)} claims were finished")
        report = session.run()
    for entry in (e for e in report.claims if e["id"] in claims):
        print(f"{sign(entry)[0]} {entry['id']} {entry['verdict']}: ", end="")
        said = entry["condition"] if entry["effect"] is None else figures(entry)
        print(f"{said}, {entry['seconds']:.0f} s")
    for id, error in session.errors.items():
        print(f"! {id} could not be measured: {type(error).__name__}: {error}")
    print(f"written to {folder}" + (" (quick: the full report is as it was)" * chosen.quick))
    refused = any(e["verdict"] == REFUSED for e in report.claims if e["id"] in claims)
    return 1 if session.errors or refused else 0
