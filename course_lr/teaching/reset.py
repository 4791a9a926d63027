"""``course-lr reset NN``: a fresh copy of a notebook; the learner's work is kept aside."""

import os
import pathlib
import re
import subprocess

from course_lr import files
from course_lr.teaching import places


class Refused(Exception):
    """What is wrong, in one sentence."""


def original(path: pathlib.Path) -> bytes:
    """The notebook as the course has it: in git, or else in the tree that is installed.

    Raises:
        Refused: it is in neither.
    """
    try:
        shown = _git(path.parent, "show", f"HEAD:./{path.name}")
    except FileNotFoundError:
        why = "git is not installed"
    else:
        if shown.returncode == 0:
            return shown.stdout
        why = "this folder is no git checkout that holds it"
    installed = places.ROOT / "notebooks" / path.name
    if installed.is_file() and not (path.exists() and installed.samefile(path)):
        return installed.read_bytes()
    raise Refused(
        f"there is no fresh copy of {path.name} ({why}): "
        "clone the course anew and copy the notebook from there"
    )


def missing(folder: pathlib.Path) -> list[str]:
    """The chapters that git has for ``folder`` and that are not there; none without git."""
    try:
        listed = _git(folder, "ls-tree", "--name-only", "HEAD").stdout.decode()
    except FileNotFoundError:
        return []
    names = [name for name in listed.split("\n") if re.fullmatch(r"\d\d.*\.ipynb", name)]
    return [name for name in names if not (folder / name).exists()]


def _git(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True)


def aside(path: pathlib.Path) -> pathlib.Path:
    """A name beside ``path`` that nobody has: ``my_02….ipynb``, ``my_02…_2.ipynb``, …

    It begins with *my*, so that a number still names the chapter alone.
    """
    number, free = 1, path.with_name(f"my_{path.name}")
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"my_{path.stem}_{number}{path.suffix}")
    return free


def reset(path: pathlib.Path) -> str:
    """Put a fresh copy at ``path``; returns what was done, in words.

    The work exists at every moment: it is copied under its new name, and only then replaced.

    Raises:
        Refused: there is no fresh copy, or a file can't be written; the work is where it was.
    """
    fresh, work = original(path), ""
    if path.exists() and path.read_bytes() == fresh:
        return f"{path.name} is as the course has it: nothing to do"
    try:
        if path.exists():
            kept = aside(path)
            with open(kept, "xb") as file:  # never over something that is there
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())
            work = f"; your work is in {kept.name}"
        with files.replaced(path) as file:
            file.write(fresh)
    except OSError as error:
        raise Refused(f"{path.name} was left as it is: {error.strerror or error}") from None
    return f"{path.name} is fresh again{work} (close it in JupyterLab and open it anew)"
