"""Where the course's notebooks are, and which of them a name means."""

import pathlib
from collections.abc import Sequence

START, WORKBENCH = "00_start_here.ipynb", "10_playground.ipynb"
ROOT = pathlib.Path(__file__).resolve().parents[2]
"""The folder that holds the package; in a checkout, that of the whole course."""


def notebooks_folder(holding: str = START) -> pathlib.Path:
    """The first folder with a file ``holding``: here, below here, or beside the package.

    Raises:
        FileNotFoundError: none of them has one.
    """
    here = pathlib.Path.cwd()
    for folder in (here, here / "notebooks", ROOT / "notebooks"):
        if any(folder.glob(holding)):
            return folder
    raise FileNotFoundError(f"no {holding} in {here} nor below it: start in the course's folder")


def notebook(folder: pathlib.Path, name: str, more: Sequence[str] = ()) -> str:
    """The file in ``folder``, or one of ``more``, that ``name`` means.

    A path, a file's name, its beginning, or its number.

    Raises:
        ValueError: it means none, or several.
    """
    files = sorted({*more, *(path.name for path in folder.glob("*.ipynb"))})
    wanted = pathlib.Path(name).name
    wanted = wanted.zfill(2) if wanted.isdecimal() else wanted
    matching = [wanted] if wanted in files else [file for file in files if file.startswith(wanted)]
    if len(matching) != 1:
        listed = ", ".join(files)
        raise ValueError(f"no one notebook is meant by {name!r}: name one of {listed}, or a number")
    return matching[0]
