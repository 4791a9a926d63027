"""Execute the course's notebooks in place and keep their files stable.

    python tools/notebooks.py            execute all, each in a fresh kernel, and save them
    python tools/notebooks.py 01 02      only those whose names begin so
    python tools/notebooks.py --check    execute nothing: say what is not clean in the saved files

A saved notebook depends on its cells alone: cell ids stay, counts run from 1, metadata that an
editor or a run leaves behind goes, and so do the random ids of widgets and the text inside PNGs.
Run twice without a change, the second run writes nothing.
"""

import argparse
import base64
import copy
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import sys
import tempfile
import time
from collections.abc import Sequence

import nbclient
import nbformat

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "notebooks"
LONGEST = 15  # lines of a code cell, blank ones not counted
SECONDS = 600  # for one cell, before it counts as hanging
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
# What an author may say about a notebook or a cell; every other key is an editor's or a run's.
OF_NOTEBOOK = ("course_lr", "rise")
OF_CELL = ("course_lr", "jupyter", "slideshow", "tags")
OF_JUPYTER = ("source_hidden",)
WIDGET = "application/vnd.jupyter.widget-view+json"
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"tIME")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
FAILURES = (
    nbclient.exceptions.CellExecutionError,
    nbclient.exceptions.CellTimeoutError,
    nbclient.exceptions.DeadKernelError,
)
# A chapter must run without a network: whatever asks for one meets a closed port.
OFFLINE = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "127.0.0.1:9")


def load(path: pathlib.Path) -> nbformat.NotebookNode:
    """The notebook, each cell without an id of its own given one made from its source."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    taken, seen = {cell.get("id") for cell in raw["cells"]}, {None}
    for cell in raw["cells"]:
        if cell.get("id") in seen:
            cell["id"] = fresh_id("".join(cell["source"]), taken)
            taken.add(cell["id"])
        seen.add(cell["id"])
    raw["nbformat"], raw["nbformat_minor"] = 4, 5
    return nbformat.reads(json.dumps(raw), as_version=4)


def fresh_id(source: str, taken: set[str | None]) -> str:
    """Eight hexadecimal digits that follow from the source and are not taken yet."""
    digest = hashlib.sha256(source.encode()).hexdigest()
    while digest[:8] in taken:
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:8]


def missing(path: pathlib.Path) -> str:
    """What a notebook needs (its metadata ``course_lr.needs``) and is not here, in words."""
    needs = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("course_lr", {})
    lacking = [name for name in needs.get("needs", []) if importlib.util.find_spec(name) is None]
    return f"needs {' and '.join(lacking)}, not installed here" if lacking else ""


def text(notebook: nbformat.NotebookNode) -> str:
    """The notebook as its file holds it."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def execute(notebook: nbformat.NotebookNode, folder: pathlib.Path) -> None:
    """Run all cells in a fresh kernel that starts in ``folder``; raises at the first error."""
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    with tempfile.TemporaryDirectory(prefix="course_lr-") as scratch:
        client.execute(env={**os.environ, **OFFLINE, "COURSE_LR_SCRATCH": scratch})


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook, in place, without anything that differs from run to run."""
    notebook.metadata = {**chosen(notebook.metadata, OF_NOTEBOOK), **KERNEL}
    counts, models = 0, {}
    for cell in notebook.cells:
        cell.metadata = clean_metadata(cell.metadata)
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            counts += 1
            cell.execution_count = counts
        for output in cell.outputs:
            clean_output(output, cell.execution_count, models)
    return nbformat.from_dict(notebook)


def chosen(metadata: dict, keys: tuple[str, ...]) -> dict:
    """The part of the metadata under ``keys``, empty values left out."""
    return {key: metadata[key] for key in keys if metadata.get(key)}


def clean_metadata(metadata: dict) -> dict:
    """A cell's metadata as its author meant it: no editor's state, no empty entries."""
    kept = chosen(metadata, OF_CELL)
    if "jupyter" in kept:
        kept["jupyter"] = chosen(kept["jupyter"], OF_JUPYTER)
    if "slideshow" in kept:
        kept["slideshow"] = chosen(kept["slideshow"], ("slide_type",))
    return {key: value for key, value in kept.items() if value}


def clean_output(output: dict, count: int | None, models: dict[str, str]) -> None:
    """Count, widget ids and PNG bytes of one output; ``models`` maps random ids to stable ones."""
    if output.output_type == "execute_result":
        output.execution_count = count
    data = output.get("data", {})
    if "image/png" in data:  # no kernel, no widget: the picture stands for it in the file
        data.pop(WIDGET, None)
    if WIDGET in data:
        model = data[WIDGET]["model_id"]
        data[WIDGET]["model_id"] = models.setdefault(model, f"{len(models) + 1:032x}")
    if "image/png" in data:
        png = without_text(base64.b64decode(data["image/png"]))
        data["image/png"] = base64.b64encode(png).decode() + "\n"


def without_text(png: bytes) -> bytes:
    """The picture without its text and time chunks, which name the program that wrote it."""
    kept, place = [png[:8]], 8
    while place < len(png):
        end = place + 12 + int.from_bytes(png[place : place + 4], "big")
        if png[place + 4 : place + 8] not in TEXT_CHUNKS:
            kept.append(png[place:end])
        place = end
    return b"".join(kept)


def faults(path: pathlib.Path) -> list[str]:
    """What is wrong with a saved notebook, one sentence each; empty where it is clean."""
    notebook = load(path)
    wrong, expected = [], 1
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        in_cell = cell_faults(cell)
        if cell.execution_count is None:
            in_cell.append("was not executed")
        elif cell.execution_count != expected:
            in_cell.append(f"has the count {cell.execution_count} instead of {expected}")
        expected += 1
        wrong += [f"{path.name}, cell {number}: {fault}" for fault in in_cell]
    if not wrong and path.read_text(encoding="utf-8") != text(clean(copy.deepcopy(notebook))):
        wrong.append(f"{path.name}: not saved by tools/notebooks.py (metadata, ids or pictures)")
    return wrong


def cell_faults(cell: nbformat.NotebookNode) -> list[str]:
    """What is wrong with one code cell and its outputs, the count left aside."""
    wrong = []
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if len(lines) > LONGEST:
        wrong.append(f"has {len(lines)} lines of code, more than {LONGEST}")
    for output in cell.outputs:
        if output.output_type == "error":
            wrong.append(f"stored an error: {output.ename}")
        if output.get("name") == "stderr":
            wrong.append(f"wrote to stderr: {output.text.strip()[:60]!r}")
        data, metadata = output.get("data", {}), output.get("metadata", {})
        if "image/png" in data and not metadata.get("image/png", {}).get("alt", "").strip():
            wrong.append("shows a picture without alt text")
        if ADDRESS.search(output.get("text", "") + data.get("text/plain", "")):
            wrong.append("prints a memory address, which differs from run to run")
    return wrong


def renew(path: pathlib.Path) -> str:
    """Execute one notebook and save it where it changed; what was done, in words."""
    before, begun = path.read_text(encoding="utf-8"), time.perf_counter()
    notebook = load(path)
    execute(notebook, path.parent)
    after = text(clean(notebook))
    if after != before:
        unfinished = path.with_name(path.name + ".unfinished")
        unfinished.write_text(after, encoding="utf-8")
        unfinished.replace(path)
    return f"{time.perf_counter() - begun:.1f} s, {'unchanged' if after == before else 'written'}"


def selected(folder: pathlib.Path, names: Sequence[str] = ()) -> list[pathlib.Path]:
    """The notebooks of ``folder`` whose names begin with one of ``names``; all without names.

    Raises:
        ValueError: there is none, or none for one of the names.
    """
    paths = sorted(folder.glob("*.ipynb"))
    for name in names or [""]:
        if not any(path.name.startswith(name) for path in paths):
            raise ValueError(f"no notebook in {folder} begins with {name!r}")
    return [path for path in paths if path.name.startswith(tuple(names) or "")]


def main(arguments: list[str] | None = None) -> int:
    """0 where all went well, 1 where a notebook failed or is not clean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="how the wanted notebooks' names begin")
    parser.add_argument("--check", action="store_true", help="execute nothing, list what is wrong")
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER, help="default: notebooks")
    options = parser.parse_args(arguments)
    try:
        paths = selected(options.folder, [pathlib.Path(name).name for name in options.names])
    except ValueError as error:
        parser.error(str(error))
    failed = False
    for path in paths:
        lacking = "" if options.check else missing(path)
        if lacking:
            print(f"{path.name}: {lacking}; left as it is", flush=True)
        elif not options.check:
            try:
                print(f"{path.name}: {renew(path)}", flush=True)
            except FAILURES as error:
                print(f"{path.name}: not saved\n{error}", file=sys.stderr)
                failed = True
                continue
        wrong = faults(path)
        failed = failed or bool(wrong)
        print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
