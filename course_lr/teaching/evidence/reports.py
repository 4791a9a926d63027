"""The report: what was measured, read and written as JSON, and the verdict of each statement."""

import difflib
import json
import pathlib
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from course_lr.teaching.evidence.claims import CONDITIONAL, CONFIRMED, CONTRADICTED
from course_lr.teaching.evidence.sweeps import replace

HERE = pathlib.Path(__file__).resolve().parent


class Report(NamedTuple):
    """The entries of ``report.json``, one a claim.

    Attributes:
        claims: dictionaries with at least the keys that the design names.
        quick: whether it comes from a quick run, which gives no verdicts.
    """

    claims: list[dict[str, Any]]
    quick: bool = False

    @classmethod
    def load(cls, folder: pathlib.Path = HERE) -> Self:
        """The report in a folder; empty where there is none."""
        path = pathlib.Path(folder) / "report.json"
        if not path.is_file():
            return cls([])
        found = json.loads(path.read_text("utf-8"))
        return cls(found["claims"], found.get("quick", False))

    def of(self, name: str) -> list[dict[str, Any]]:
        """The entries of a statement (``"S2"``) or of one claim (``"S2-digits"``).

        Raises:
            ValueError: the report has no such claim.
        """
        found = [e for e in self.claims if name in (e["of"], e["id"])]
        if not found:
            raise ValueError(
                f"the report has no claim {name!r}; {nearest(name, [e['id'] for e in self.claims])}"
            )
        return found


def write(
    folder: pathlib.Path, entries: Iterable[dict[str, Any]], *, quick: bool = False
) -> Report:
    """Write ``report.json`` and its page in a folder: the old file or the new one, never half."""
    from course_lr.teaching.evidence.page import page

    report = Report(list(entries), quick)
    content = ({"quick": True} if quick else {}) | {"claims": report.claims}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for name, words in (("report.json", text), ("evidence.md", page(report))):
        replace(folder / name, lambda file, words=words: file.write(words.encode()))
    return report


def nearest(name: str, ids: Iterable[str]) -> str:
    """Which claim may have been meant, and which there are, in a few words.

    >>> nearest("S2-digit", ["S1-quadratic", "S2-digits", "S2-mnist1d"])
    'did you mean S2-digits? There are S1-…, S2-… (3 claims)'
    >>> nearest("X", [])
    'there are none yet'
    """
    ids = list(ids)
    close = difflib.get_close_matches(str(name), ids, n=1)
    groups = dict.fromkeys(each.partition("-")[0] + "-…" for each in ids)
    known = f"here are {', '.join(groups)} ({len(ids)} claims)" if ids else "here are none yet"
    return f"did you mean {close[0]}? T{known}" if close else f"t{known}"


def combined(entries: list[dict[str, Any]]) -> tuple[str, str]:
    """The verdict of several claims on one statement, and what it hangs on, in words.

    >>> combined([{"id": "a", "verdict": "confirmed"}, {"id": "b", "verdict": "contradicted"}])
    ('conditional', 'Confirmed by a; contradicted by b.')
    """
    groups: dict[str, list[str]] = {}
    for entry in entries:
        groups.setdefault(entry["verdict"], []).append(entry["id"])
    if len(groups) == 1:
        return entries[0]["verdict"], ""
    words = {CONFIRMED: "confirmed by", CONTRADICTED: "contradicted by", CONDITIONAL: "open in"}
    parts = [f"{words.get(v, v)} {', '.join(ids)}" for v, ids in groups.items()]
    text = "; ".join(parts) + "."
    return CONDITIONAL, text[0].upper() + text[1:]


def number(entry: dict[str, Any], name: str) -> str:
    """A figure of an entry as it is printed: ``effect``, ``low``, ``high`` or ``threshold``.

    >>> number({"effect": 5.0, "decimals": 2}, "effect")
    '5.00'
    """
    if entry[name] is None:
        return "–"
    if name == "threshold":
        return f"{entry[name]:g}".replace("-", "−")
    return f"{entry[name]:.{entry['decimals']}f}".replace("-", "−")
