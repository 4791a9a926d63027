"""The command line: ``course-lr lab`` opens the course in JupyterLab; alone it lists the rest.

What a subcommand needs is imported when it runs.
"""

import argparse
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Sequence

from course_lr.teaching import places

# JupyterLab's own settings for the course: no news, no question about news, no look for updates.
SETTINGS = pathlib.Path(__file__).resolve().parent / "teaching" / "jupyter"
# It answers this machine alone, with the token that it makes, and asks for no list of extensions.
QUIET = ("--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly")

EXAMPLES = {
    "course-lr lab 02": "open chapter 02 in JupyterLab (without a number: the first page)",
    "course-lr playground": "open the workbench: your problem, up to four trainings side by side",
    "course-lr evidence --claim S2": "measure statement S2 again, in a checkout of the course",
    "course-lr doctor": "check Python, packages, kernel, browser and fonts",
    "course-lr reset 02": "a fresh copy of chapter 02; your work is kept under another name",
}
"""What ``course-lr`` alone prints: one example a subcommand."""


def notebook(name: str, deleted: Callable = lambda folder: ()) -> pathlib.Path:
    """The notebook that ``name`` means; where it means none, the program ends and says so."""
    try:
        folder = places.notebooks_folder()
        return folder / places.notebook(folder, name, deleted(folder))
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"course-lr: {error}")


def lab(options: argparse.Namespace) -> None:
    """Serve the notebooks until interrupted."""
    path = notebook(options.notebook)
    arguments = [
        *QUIET,
        f"--ServerApp.root_dir={path.parent}",
        f"--LabApp.default_url=/{options.view}/tree/{path.name}",
    ]
    if not options.browser:
        arguments.append("--no-browser")
    if options.port is not None:
        arguments.append(f"--ServerApp.port={options.port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # JupyterLab refuses root without it
        arguments.append("--allow-root")
    paths = [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    from jupyterlab.labapp import main as jupyterlab

    jupyterlab(arguments)


def evidence(options: argparse.Namespace) -> None:
    """Run ``python -m experiments`` in the checkout that the package stands in."""
    root = places.ROOT
    if not (root / "experiments" / "__main__.py").is_file():
        sys.exit(f"course-lr: to measure again takes a checkout of the course, and {root} is none")
    command = [sys.executable, "-m", "experiments", *options.arguments]
    sys.exit(subprocess.run(command, cwd=root).returncode)


def doctor(options: argparse.Namespace) -> None:
    """Print a line a check; the status is 1 where something is missing."""
    from course_lr.teaching.doctor import main

    sys.exit(1 if main() else 0)


def reset(options: argparse.Namespace) -> None:
    """Say what was done with the notebook."""
    from course_lr.teaching.reset import Refused, missing, reset

    try:
        print(reset(notebook(options.notebook, missing)))
    except Refused as refusal:
        sys.exit(f"course-lr: {refusal}")


def parser() -> argparse.ArgumentParser:
    """The parser of all subcommands, each with the function that runs it."""
    parser = argparse.ArgumentParser(prog="course-lr", description="A course on the learning rate.")
    commands = parser.add_subparsers(metavar="command")
    serving = argparse.ArgumentParser(add_help=False)
    serving.add_argument("--no-browser", dest="browser", action="store_false", help="only serve")
    serving.add_argument("--port", type=int, help="the first port to try (default: 8888)")
    meant = "file name, or how it begins"

    def command(name: str, run: Callable, about: str, **options) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, **options)
        added.set_defaults(run=run)
        return added

    first = command("lab", lab, "open the course in JupyterLab", parents=[serving])
    first.add_argument("notebook", nargs="?", default=places.START, help=meant)
    first.set_defaults(view="lab")
    alone = command("playground", lab, "open the workbench alone", parents=[serving])
    alone.set_defaults(view="doc", notebook=places.WORKBENCH)
    # No argument begins with \0: whatever follows, --help included, goes to experiments.
    verbatim = {"add_help": False, "prefix_chars": "\0"}
    again = command("evidence", evidence, "measure the statements of the course again", **verbatim)
    again.add_argument("arguments", nargs="*")
    command("doctor", doctor, "check this machine, and say what to do")
    fresh = command("reset", reset, "a fresh copy of a notebook; your work is kept")
    fresh.add_argument("notebook", help=meant)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the subcommand that the arguments name; what is wrong with them is said in one line."""
    commands = parser()
    options = commands.parse_args(arguments)
    if hasattr(options, "run"):
        options.run(options)
        return
    print(commands.description, *(f"  {k:30} {v}" for k, v in EXAMPLES.items()), sep="\n")
    print("Options of each: course-lr lab --help, and so on.")


if __name__ == "__main__":
    main()
