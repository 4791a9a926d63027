"""The command line: ``course-lr lab`` opens the course in JupyterLab; alone it lists the rest.

A subcommand is one function that adds its parser and names the function that runs it; it stands
in ``COMMANDS``. What a subcommand needs is imported when it runs.
"""

import argparse
import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

START, WORKBENCH = "00_start_here.ipynb", "10_playground.ipynb"
# JupyterLab's own settings for the course: no news, no question about news, no look for updates.
SETTINGS = pathlib.Path(__file__).resolve().parent / "teaching" / "jupyter"
# It answers this machine alone, with the token that it makes, and asks for no list of extensions.
QUIET = ("--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly")


def notebooks_folder() -> pathlib.Path:
    """The folder of the course's notebooks: here, below here, or beside the package."""
    here, package = pathlib.Path.cwd(), pathlib.Path(__file__).resolve().parent
    for folder in (here, here / "notebooks", package.parent / "notebooks"):
        if (folder / START).is_file():
            return folder
    raise FileNotFoundError(f"no {START} in {here} nor below it: start in the course's folder")


def chapter(folder: pathlib.Path, name: str, more: Sequence[str] = ()) -> str:
    """The file in ``folder``, or one of ``more``, that ``name`` means.

    A path, a name, its beginning, or its number.
    """
    names = sorted({*more, *(path.name for path in folder.glob("*.ipynb"))})
    wanted = pathlib.Path(name).name
    wanted = wanted.zfill(2) if wanted.isdecimal() else wanted
    found = [wanted] if wanted in names else [each for each in names if each.startswith(wanted)]
    if len(found) != 1:
        listed = ", ".join(names)
        raise ValueError(f"no one notebook is meant by {name!r}: name one of {listed}, or a number")
    return found[0]


def lab_arguments(
    folder: pathlib.Path, name: str, browser: bool, port: int | None, view: str = "lab"
) -> list[str]:
    """The arguments with which JupyterLab opens notebook ``name`` of ``folder``.

    ``view`` is ``"lab"``, or ``"doc"`` for the single document alone.
    """
    arguments = [
        *QUIET,
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/{view}/tree/{name}",
    ]
    if not browser:
        arguments.append("--no-browser")
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # JupyterLab refuses root without it
        arguments.append("--allow-root")
    return arguments


def lab(options: argparse.Namespace) -> None:
    """Serve the notebooks until interrupted."""
    try:
        folder = notebooks_folder()
        name = chapter(folder, options.notebook)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"course-lr: {error}")
    from jupyterlab.labapp import main as jupyterlab

    paths = [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    jupyterlab(lab_arguments(folder, name, options.browser, options.port, options.view))


def add_lab(commands) -> None:
    """``course-lr lab [--no-browser] [--port N] [notebook]``."""
    parser = commands.add_parser("lab", help="open the course in JupyterLab")
    parser.add_argument("notebook", nargs="?", default=START, help="file name, or how it begins")
    _serving(parser, "lab")


def _serving(parser: argparse.ArgumentParser, view: str) -> None:
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="only serve")
    parser.add_argument("--port", type=int, help="the first port to try (default: 8888)")
    parser.set_defaults(run=lab, view=view)


def add_playground(commands) -> None:
    """``course-lr playground [--no-browser] [--port N]``: chapter 10, a window of its own."""
    parser = commands.add_parser("playground", help="open the workbench alone")
    parser.set_defaults(notebook=WORKBENCH)
    _serving(parser, "doc")


def add_doctor(commands) -> None:
    """``course-lr doctor``; ends with 1 where something is missing."""
    parser = commands.add_parser("doctor", help="check this machine, and say what to do")
    parser.set_defaults(run=doctor)


def doctor(options: argparse.Namespace) -> None:
    """Print a line a check."""
    from course_lr.teaching.doctor import main

    sys.exit(1 if main() else 0)


def add_reset(commands) -> None:
    """``course-lr reset NN``."""
    parser = commands.add_parser("reset", help="a fresh copy of a notebook; your work is kept")
    parser.add_argument("notebook", help="file name, or how it begins")
    parser.set_defaults(run=reset)


def reset(options: argparse.Namespace) -> None:
    """Say what was done with the notebook."""
    from course_lr.teaching.reset import Refused, missing
    from course_lr.teaching.reset import reset as put_back

    try:
        folder = notebooks_folder()
        print(put_back(folder / chapter(folder, options.notebook, missing(folder))))
    except (FileNotFoundError, ValueError, Refused) as error:
        sys.exit(f"course-lr: {error}")


def add_evidence(commands) -> None:
    """``course-lr evidence …``: what follows, ``--help`` included, goes to ``experiments``."""
    parser = commands.add_parser(
        "evidence", help="measure the statements of the course again", add_help=False,
        prefix_chars="\0",  # so that no argument is taken for an option of this parser
    )  # fmt: skip
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(run=evidence)


def evidence(options: argparse.Namespace) -> None:
    """Run ``python -m experiments`` in the checkout that the package stands in."""
    root = pathlib.Path(__file__).resolve().parents[1]
    if not (root / "experiments" / "__main__.py").is_file():
        sys.exit(f"course-lr: to measure again takes a checkout of the course, and {root} is none")
    ran = subprocess.run([sys.executable, "-m", "experiments", *options.arguments], cwd=root)
    sys.exit(ran.returncode)


COMMANDS = (add_lab, add_playground, add_evidence, add_doctor, add_reset)
EXAMPLES = {
    "course-lr lab 02": "open chapter 02 in JupyterLab (without a number: the first page)",
    "course-lr playground": "open the workbench: your problem, up to four trainings side by side",
    "course-lr evidence --claim S2": "measure statement S2 again, in a checkout of the course",
    "course-lr doctor": "check Python, packages, kernel, browser and fonts",
    "course-lr reset 02": "a fresh copy of chapter 02; your work is kept under another name",
}
"""What ``course-lr`` alone prints: one example a subcommand."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the subcommand that the arguments name; what is wrong with them is said in one line."""
    parser = argparse.ArgumentParser(prog="course-lr", description="A course on the learning rate.")
    commands = parser.add_subparsers(metavar="command")
    for add in COMMANDS:
        add(commands)
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        print(parser.description, *(f"  {k:30} {v}" for k, v in EXAMPLES.items()), sep="\n")
        print("Options of each: course-lr lab --help, and so on.")
        return
    options.run(options)


if __name__ == "__main__":
    main()
