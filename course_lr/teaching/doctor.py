"""``course-lr doctor``: what the course needs of this machine, and what to do if it is missing."""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from typing import NamedTuple

LEAST = {
    "numpy": "2.0",
    "matplotlib": "3.9",
    "ipywidgets": "8.1",
    "jupyterlab": "4.2",
    "tqdm": "4.66",
    "threadpoolctl": "3.5",
}
"""As in pyproject.toml; a test compares the two."""
PYTHON = (3, 11)
GLYPHS = "ηγβ→·×✕−"
INSTALL = "in the course's folder run: {} -m pip install -e ."


class Found(NamedTuple):
    """One line of the report: what was looked at, whether it is well, and what to do if not."""

    well: bool
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{'ok     ' if self.well else 'MISSING'}  {self.what}" + (
            f": {self.advice}" if self.advice else ""
        )


def _numbers(version: str) -> tuple[int, ...]:
    """``3.11.0rc1`` -> (3, 11)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def python() -> list[Found]:
    """The interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    needed = ".".join(map(str, PYTHON))
    advice = f"install Python {needed} or newer, then: make lab PYTHON=python{needed}"
    well = tuple(sys.version_info[:2]) >= PYTHON
    return [Found(well, f"Python {version} ({sys.executable})", "" if well else advice)]


def packages() -> list[Found]:
    """What the course depends on, with its versions."""
    return [_package(name, least) for name, least in LEAST.items()]


def _package(name: str, least: str) -> Found:
    advice = INSTALL.format(sys.executable)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Found(False, f"{name} is not installed", advice)
    if _numbers(version) < _numbers(least):
        return Found(False, f"{name} {version} is older than {least}", advice)
    return Found(True, f"{name} {version}")


def kernel() -> list[Found]:
    """The kernel that notebooks ask for, ``python3``: does it run this interpreter?"""
    advice = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        spec = KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:
        return [Found(False, f"no kernel python3 ({type(error).__name__})", advice)]
    own = pathlib.Path(spec.argv[0]).name in ("python", f"python{sys.version_info[0]}")
    program = sys.executable if own else spec.argv[0]  # Jupyter puts its own interpreter there
    same = os.path.realpath(program) == os.path.realpath(sys.executable)
    what, advice = f"kernel python3 runs {program}", f"another Python than this; run: {advice}"
    return [Found(same, what, "" if same else advice)]


def browser() -> list[Found]:
    """A browser that ``course-lr lab`` can open."""
    advice = "install one, or run course-lr lab --no-browser and open the address elsewhere"
    try:
        found = getattr(webbrowser.get(), "name", "the system's own")
    except webbrowser.Error:
        names = ("chromium", "chromium-browser", "google-chrome", "firefox")
        found = next(filter(shutil.which, names), None)
    return [Found(bool(found), f"browser: {found or 'none found'}", "" if found else advice)]


def fonts() -> list[Found]:
    """Whether the figures' font has the signs that they use."""
    try:
        from matplotlib import font_manager
        from matplotlib.ft2font import FT2Font

        path = font_manager.findfont(font_manager.FontProperties())
        lacking = [sign for sign in GLYPHS if ord(sign) not in FT2Font(path).get_charmap()]
    except Exception as error:
        advice = "install matplotlib anew, it brings its own font"
        return [Found(False, f"no font for the figures ({type(error).__name__})", advice)]
    advice = "take font.family out of your matplotlibrc: DejaVu Sans comes with matplotlib"
    what = f"font {pathlib.Path(path).name}" + (f" lacks {' '.join(lacking)}" if lacking else "")
    return [Found(not lacking, what, advice if lacking else "")]


def course() -> list[Found]:
    """The notebooks, and a folder in which progress can be kept."""
    from course_lr import cli
    from course_lr.teaching.reset import missing

    try:
        folder = cli.notebooks_folder()
        chapters = sorted(folder.glob("[0-9][0-9]*.ipynb"))  # no copy that reset has kept aside
        for chapter in chapters:
            json.loads(chapter.read_text("utf-8"))
    except FileNotFoundError as error:
        return [Found(False, str(error), "cd there, then run this again")]
    except (OSError, ValueError):
        advice = f"it is damaged: course-lr reset {chapter.stem[:2]}"
        return [Found(False, f"notebook {chapter.name}", advice)]
    if gone := missing(folder):
        restore = ", ".join(f"course-lr reset {name[:2]}" for name in gone)
        return [Found(False, f"{', '.join(gone)} in {folder}", restore)]
    found = Found(True, f"{len(chapters)} notebooks in {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            return [found]
    except OSError:
        return [
            found,
            Found(False, f"{folder} can't be written to", "copy the course to your home"),
        ]


CHECKS: tuple[Callable[[], list[Found]], ...] = (python, packages, kernel, browser, fonts, course)


def examine() -> list[Found]:
    """Every check, in order."""
    return [found for check in CHECKS for found in check()]


def main() -> int:
    """Print a line a check; returns how many are not well."""
    report = examine()
    print(*report, sep="\n")
    ill = sum(not found.well for found in report)
    print("All is well: course-lr lab" if not ill else f"{ill} of {len(report)} need attention.")
    return ill
