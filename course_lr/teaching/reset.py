"""``course-lr reset NN``: a fresh copy of a notebook; the learner's work is kept aside."""

import os
import pathlib
import re
import subprocess

from course_lr import cli


class Refused(Exception):
    """What is wrong, in one sentence."""


def original(path: pathlib.Path) -> bytes:
    """The notebook as the course has it: in git, or else in the tree that is installed.

    Raises:
        Refused: it is in neither.
    """
    command = ["git", "-C", str(path.parent), "show", f"HEAD:./{path.name}"]
    try:
        found = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        why = "git is not installed"
    else:
        if found.returncode == 0:
            return found.stdout
        why = "this folder is no git checkout that holds it"
    tree = pathlib.Path(cli.__file__).resolve().parents[1] / "notebooks" / path.name
    if tree.is_file() and not (path.exists() and tree.samefile(path)):
        return tree.read_bytes()
    raise Refused(
        f"there is no fresh copy of {path.name} ({why}): "
        "clone the course anew and copy the notebook from there"
    )


def missing(folder: pathlib.Path) -> list[str]:
    """The chapters that git has for ``folder`` and that are not there; none without git."""
    command = ["git", "-C", str(folder), "ls-tree", "--name-only", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, encoding="utf-8")
    except FileNotFoundError:
        return []
    names = [name for name in found.stdout.split("\n") if re.fullmatch(r"\d\d.*\.ipynb", name)]
    return [name for name in names if not (folder / name).exists()]


def aside(path: pathlib.Path) -> pathlib.Path:
    """A name beside ``path`` that nobody has: ``my_02….ipynb``, ``my_02…_2.ipynb``, …

    It begins with *my*, so that a number still names the chapter alone.
    """
    number = 1
    while True:
        tail = f"_{number}" if number > 1 else ""
        found = path.with_name(f"my_{path.stem}{tail}{path.suffix}")
        if not os.path.lexists(found):
            return found
        number += 1


def reset(path: pathlib.Path) -> str:
    """Put a fresh copy at ``path``; returns what was done, in words.

    The order is such that the work exists at every moment: it is linked to (or copied under) its
    new name, and only then replaced.

    Raises:
        Refused: there is no fresh copy, or a file can't be written; nothing has changed then.
    """
    fresh = original(path)
    if path.exists() and path.read_bytes() == fresh:
        return f"{path.name} is as the course has it: nothing to do"
    kept, part = None, path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(fresh)
        if path.exists():
            kept = aside(path)
            with open(kept, "xb") as file:  # never over something that is there
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refused(f"{path.name} was left as it is: {error.strerror or error}") from None
    work = f"; your work is in {kept.name}" if kept else ""
    return f"{path.name} is fresh again{work} (close it in JupyterLab and open it anew)"
