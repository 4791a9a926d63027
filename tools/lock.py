"""Write ``requirements/``: the versions that an installation takes.

``course.txt`` is all that the course needs and ``test.txt`` what its tests need on top, for every
Python and system that ``pyproject.toml`` admits, with the hash of each file. ``bridges.txt`` has
versions alone, since PyTorch comes in several builds of one version. Options go to
``uv pip compile``: ``make lock OPTIONS="-P torch==2.14.1"`` asks for a version by name.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
COMPILE = (sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal")
QUIET = ("--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")


def resolve(*options: str) -> dict[str, str]:
    """What ``uv pip compile`` chooses: each requirement, and its lines with the hashes."""
    command = [*COMPILE, *QUIET, *options]
    text = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = re.findall(r"^\w.*\n(?: .*\n)*", text, re.MULTILINE)
    return {entry.partition(" \\\n")[0].strip(): entry for entry in lines}


def write(name: str, entries: dict[str, str], known: dict[str, str], head: str = "") -> None:
    """Write those of ``entries`` that are not among ``known``."""
    new = [text for requirement, text in entries.items() if requirement not in known]
    (FOLDER / name).write_text("".join(["# Written by make lock.\n", head, *new]), "utf-8")


def main(options: list[str]) -> None:
    """Resolve everything together, then say which part of it needs what."""
    everything = resolve("--all-extras", *options)
    constraints = FOLDER / "everything.part"
    constraints.write_text("".join(everything.values()), encoding="utf-8")
    locked = ("--generate-hashes", f"--constraint={constraints}")
    course, test = resolve(*locked), resolve("--extra=test", *locked)
    constraints.unlink()
    write("course.txt", course, {})
    write("test.txt", test, course, "-r course.txt\n")
    write("bridges.txt", everything, test)


if __name__ == "__main__":
    main(sys.argv[1:])
