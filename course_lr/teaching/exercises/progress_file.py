"""Progress: what a learner has done, in a small file beside the notebooks.

The file is ``.course_lr/progress.json`` beside the notebooks, or ``progress.json`` in the folder
that ``COURSE_LR_SCRATCH`` names. It is replaced as a whole, so that a kill leaves the old one or
the new one. Nothing depends on it: where it can't be kept, a session remembers by itself.
"""

import json
import os
from pathlib import Path

from course_lr import files
from course_lr.teaching.exercises.outcome import CORRECT
from course_lr.teaching.places import notebooks_folder

_memory: dict[Path, dict[str, dict]] = {}
"""What this session knows of files that can't be written."""


def location() -> Path:
    """Where the file is: beside the notebooks (here, below here, or by the package)."""
    if scratch := os.environ.get("COURSE_LR_SCRATCH"):
        return Path(scratch) / "progress.json"
    try:
        folder = notebooks_folder(holding="[0-9][0-9]_*.ipynb")
    except FileNotFoundError:
        folder = Path.cwd()
    return folder / ".course_lr" / "progress.json"


def read() -> tuple[dict[str, dict], str]:
    """What is known of each exercise, and a remark where the file could not be used."""
    path = location()
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["exercises"]
        if not all(isinstance(entry, dict) for entry in entries.values()):
            raise TypeError("an entry is no dictionary")
    except FileNotFoundError:
        entries, note = {}, ""
    except OSError as error:
        entries, note = {}, f"The progress file can't be read ({error.strerror})."
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        entries, note = {}, _put_aside(path)
    else:
        note = ""
    return entries | _memory.get(path, {}), note


def record(number: str, **facts: object) -> str:
    """Keep ``facts`` about an exercise; returns a remark where that did not work, else ``""``.

    ``outcome="correct"`` stays, whatever comes after it.
    """
    path = location()
    entries, note = read()
    entry = entries.setdefault(number, {})
    if entry.get("outcome") == CORRECT:
        facts.pop("outcome", None)
    entry.update(facts)
    text = json.dumps({"format": 1, "exercises": entries}, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.replaced(path) as file:
            file.write(text.encode())
        _memory.pop(path, None)
    except OSError as error:
        first = path not in _memory
        _memory[path] = entries
        return f"Progress can't be kept here ({error.strerror})." if first else ""
    return note


def _put_aside(path: Path) -> str:
    aside = path.with_name("progress.damaged.json")
    try:
        os.replace(path, aside)
    except OSError:
        return "The progress file is damaged, and is begun afresh."
    return f"The progress file was damaged: it is kept as {aside.name}, and begun afresh."
