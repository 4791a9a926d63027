"""``course-lr doctor``: what the course needs of this machine, and what to do if it is missing.

Each check yields one finding or several.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from typing import NamedTuple

from course_lr.teaching import places, reset

PYTHON = "3.11"
GLYPHS = "ηγβ→·×✕−"


class Finding(NamedTuple):
    """What was looked at and, where it is not well, what to do."""

    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"MISSING  {self.what}: {self.advice}" if self.advice else f"ok       {self.what}"


def _numbers(version: str) -> tuple[int, ...]:
    """``3.11.0rc1`` -> (3, 11)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def python() -> Iterator[Finding]:
    """The interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    advice = f"install Python {PYTHON} or newer, then: make lab PYTHON=python{PYTHON}"
    old = _numbers(version) < _numbers(PYTHON)
    yield Finding(f"Python {version} ({sys.executable})", advice if old else "")


def packages() -> Iterator[Finding]:
    """What the course depends on, as its metadata say, with the versions that are here."""
    advice = f"in the course's folder run: {sys.executable} -m pip install -e ."
    try:
        requirements = importlib.metadata.requires("course_lr")
    except importlib.metadata.PackageNotFoundError:
        requirements = ["course_lr>=0"]
    for requirement in requirements:
        name, least = re.match(r"([\w.-]+).*>=([\d.]+)", requirement).groups()
        if "extra ==" not in requirement:
            yield _package(name, least, advice)


def _package(name: str, least: str, advice: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(f"{name} is not installed", advice)
    if _numbers(version) < _numbers(least):
        return Finding(f"{name} {version} is older than {least}", advice)
    return Finding(f"{name} {version}")


def kernel() -> Iterator[Finding]:
    """The kernel that notebooks ask for, ``python3``: does it run this interpreter?"""
    install = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except Exception as error:
        yield Finding(f"no kernel python3 ({type(error).__name__})", install)
        return
    if pathlib.Path(program).name in ("python", f"python{sys.version_info[0]}"):
        program = sys.executable  # Jupyter puts its own interpreter there
    same = os.path.realpath(program) == os.path.realpath(sys.executable)
    advice = f"another Python than this; run: {install}"
    yield Finding(f"kernel python3 runs {program}", "" if same else advice)


def browser() -> Iterator[Finding]:
    """A browser that ``course-lr lab`` can open."""
    advice = "install one, or run course-lr lab --no-browser and open the address elsewhere"
    try:
        name = getattr(webbrowser.get(), "name", "the system's own")
    except webbrowser.Error:
        programs = ("chromium", "chromium-browser", "google-chrome", "firefox")
        name = next(filter(shutil.which, programs), None)
    yield Finding(f"browser: {name or 'none found'}", "" if name else advice)


def fonts() -> Iterator[Finding]:
    """Whether the figures' font has the signs that they use."""
    try:
        from matplotlib import font_manager
        from matplotlib.ft2font import FT2Font

        path = font_manager.findfont(font_manager.FontProperties())
        lacking = [sign for sign in GLYPHS if ord(sign) not in FT2Font(path).get_charmap()]
    except Exception as error:
        advice = "install matplotlib anew, it brings its own font"
        yield Finding(f"no font for the figures ({type(error).__name__})", advice)
        return
    what = f"font {pathlib.Path(path).name}" + (f" lacks {' '.join(lacking)}" if lacking else "")
    advice = "take font.family out of your matplotlibrc: DejaVu Sans comes with matplotlib"
    yield Finding(what, advice if lacking else "")


def course() -> Iterator[Finding]:
    """The notebooks, and a folder in which progress can be kept."""
    try:
        folder = places.notebooks_folder()
        chapters = sorted(folder.glob("[0-9][0-9]*.ipynb"))  # no copy that reset has kept aside
        for chapter in chapters:
            json.loads(chapter.read_text("utf-8"))
    except FileNotFoundError as error:
        yield Finding(str(error), "cd there, then run this again")
        return
    except (OSError, ValueError):
        advice = f"it is damaged: course-lr reset {chapter.stem[:2]}"
        yield Finding(f"notebook {chapter.name}", advice)
        return
    if deleted := reset.missing(folder):
        commands = ", ".join(f"course-lr reset {name[:2]}" for name in deleted)
        yield Finding(f"{', '.join(deleted)} in {folder}", commands)
        return
    yield Finding(f"{len(chapters)} notebooks in {folder}")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        yield Finding(f"{folder} can't be written to", "copy the course to your home")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python, packages, kernel, browser, fonts, course
)  # fmt: skip


def main() -> int:
    """Print a line a finding; returns how many need attention."""
    findings = [finding for check in CHECKS for finding in check()]
    print(*findings, sep="\n")
    missing = sum(bool(finding.advice) for finding in findings)
    well = "All is well: course-lr lab"
    print(f"{missing} of {len(findings)} need attention." if missing else well)
    return missing
