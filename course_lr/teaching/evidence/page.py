"""The readable page of all claims, ``evidence.md``, written beside the report."""

from course_lr.teaching.evidence.claims import STATEMENTS
from course_lr.teaching.evidence.reports import Report, combined, number

HEAD = """# Evidence

Written by `course-lr evidence`; every figure is also in `report.json`. A claim is *confirmed* when
its 95 % interval lies at or above the threshold, *contradicted* when it lies below; otherwise the
judging seeds are doubled once, and if it is still open it is *conditional*. Statements whose claims
differ are *conditional*. Failed runs left the finite numbers or end no better than guessing.
"""
COLUMNS = "| claim | notes | verdict | effect | 95 % interval | threshold | seeds | failed |\n"


def page(report: Report) -> str:
    """The page as Markdown."""
    parts = [HEAD]
    if report.quick:
        parts.append("**A quick run with few seeds: estimates only, no verdicts.**\n")
    for id, statement in STATEMENTS.items():
        entries = [e for e in report.claims if e["of"] == id]
        if entries:
            verdict, condition = combined(entries)
            parts.append(f"## {id} · {statement}\n\n**{verdict}** {condition}".rstrip() + "\n")
            lines = [COLUMNS, "|---" * 8 + "|\n", *map(_line, entries)]
            parts.append("".join(lines))
            parts.append("\n".join(map(_words, entries)) + "\n")
    return "\n".join(parts)


def _line(entry: dict) -> str:
    effect, low, high, least = (number(entry, n) for n in ("effect", "low", "high", "threshold"))
    share = "–" if entry["failures"] is None else f"{100 * entry['failures']:.1f} %"
    cells = (
        entry["id"],
        entry["notes"],
        entry["verdict"],
        f"{effect} {entry['unit']}",
        f"{low} to {high}",
        least,
        str(entry["seeds"]),
        share,
    )
    return "| " + " | ".join(cells) + " |\n"


def _words(entry: dict) -> str:
    text = f"- **{entry['id']}** (chapter {entry['chapter']:02}): {entry['statement']} "
    text += f"*Problem:* {entry['problem']}. *Compared with:* {entry['compared_with']}. "
    return text + entry["condition"]
