"""tools/notebooks.py: what it executes, what it takes out, and what it refuses."""

import base64
import itertools
import json
import struct
import zlib

import nbformat
import pytest

from tools import notebooks

V4 = nbformat.v4
NUMBERS = itertools.count(1)


def png(*texts: bytes) -> bytes:
    """A picture of one pixel, with text chunks."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        size, check = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
        return size + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    said = b"".join(chunk(b"tEXt", text) for text in texts)
    return b"\x89PNG\r\n\x1a\n" + header + said + pixels + chunk(b"IEND", b"")


def picture(alt: str | None = "a line that falls", raw: bytes | None = None):
    data = {"image/png": base64.b64encode(raw or png()).decode() + "\n", "text/plain": "<Figure>"}
    return V4.new_output("display_data", data, metadata={"image/png": {"alt": alt}} if alt else {})


def result(data: dict):
    return V4.new_output("execute_result", data, execution_count=9)


def code(source="1 + 1", outputs=(), count=1, **metadata):
    return V4.new_code_cell(
        source,
        outputs=list(outputs),
        execution_count=count,
        metadata=metadata,
        id=f"id-{next(NUMBERS)}",
    )


def saved(folder, *cells, name="01_a.ipynb", cleaned=True, **metadata):
    """A notebook file of these cells, as the tool saves it or just as it comes."""
    notebook = V4.new_notebook(cells=list(cells), metadata=metadata)
    if cleaned:
        notebook = notebooks.clean(notebook)
    path = folder / name
    path.write_text(notebooks.text(notebook), encoding="utf-8")
    return path


def test_a_clean_notebook_has_no_faults(tmp_path):
    path = saved(tmp_path, V4.new_markdown_cell("# a", id="m"), code(outputs=[picture()]))
    assert notebooks.faults(path) == []


STDERR = V4.new_output("stream", name="stderr", text="RuntimeWarning: overflow")
ADDRESS = result({"text/plain": "<matplotlib.lines.Line2D at 0x7f3a5c1d2e50>"})
ERROR = V4.new_output("error", ename="ValueError", evalue="", traceback=[])


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (code(count=None), "was not executed"),
        (code(source="x = 1\n\n" * 16), "has 16 lines of code"),
        (code(outputs=[STDERR]), "wrote to stderr: 'RuntimeWarning: overflow'"),
        (code(outputs=[ERROR]), "stored an error: ValueError"),
        (code(outputs=[picture(alt=None)]), "without alt text"),
        (code(outputs=[picture(alt=" ")]), "without alt text"),
        (code(outputs=[ADDRESS]), "prints a memory address"),
    ],
)
def test_each_fault_is_named_with_its_cell(tmp_path, cell, fault):
    path = saved(tmp_path, V4.new_markdown_cell("# a", id="m"), cell)
    (told,) = notebooks.faults(path)
    assert told.startswith("01_a.ipynb, cell 1: ") and fault in told
    assert notebooks.main(["--check", "--folder", str(tmp_path)]) == 1


def test_fifteen_lines_and_blank_ones_are_accepted(tmp_path):
    assert notebooks.faults(saved(tmp_path, code(source="x = 1\n\n" * 15))) == []


@pytest.mark.parametrize(
    ("counts", "told"),
    [((2, 3), "2 instead of 1"), ((1, 3), "3 instead of 2"), ((2, 1), "1 instead of 2")],
)
def test_cells_executed_out_of_order_are_faults(tmp_path, counts, told):
    path = saved(tmp_path, *(code(count=count) for count in counts), cleaned=False)
    assert told in "".join(notebooks.faults(path))


WIDGET = {"model_id": "5f2d", "version_major": 2, "version_minor": 0}
WITH_WIDGET = result({notebooks.WIDGET: WIDGET, "text/plain": "IntSlider(value=0)"})


@pytest.mark.parametrize(
    ("cell", "metadata"),
    [
        (code(scrolled=True), {}),
        (code(execution={"iopub.execute_input": "2026-11-25T00:00:00Z"}), {}),
        (code(slideshow={"slide_type": ""}), {}),
        (code(jupyter={"outputs_hidden": True}), {}),
        (code(tags=[]), {}),
        (code(), {"widgets": {"state": {"5f2d": {}}}}),
        (code(), {"language_info": {"name": "python", "version": "3.11.2"}}),
        (code(outputs=[picture(raw=png(b"Software\0Matplotlib"))]), {}),
        (code(outputs=[WITH_WIDGET]), {}),
    ],
)
def test_what_differs_from_run_to_run_is_taken_out(tmp_path, cell, metadata):
    kept = {**notebooks.KERNEL, **metadata}
    path = saved(tmp_path, cell, cleaned=False, **kept)
    assert notebooks.faults(path) == [
        "01_a.ipynb: not saved by tools/notebooks.py (metadata, ids or pictures)"
    ]
    path.write_text(notebooks.text(notebooks.clean(notebooks.load(path))), encoding="utf-8")
    assert notebooks.faults(path) == []
    for gone in ("scrolled", "iopub", "5f2d", "3.11.2", "outputs_hidden", "slide_type", "tags"):
        assert gone not in path.read_text(encoding="utf-8")


def test_what_an_author_says_stays(tmp_path):
    said = {
        "tags": ["hide-input"],
        "slideshow": {"slide_type": "slide"},
        "jupyter": {"source_hidden": True},
        "course_lr": {"notes": "ask first"},
    }
    path = saved(tmp_path, code(**said), rise={"scroll": True})
    notebook = notebooks.load(path)
    assert notebook.cells[0].metadata == said and notebook.metadata["rise"] == {"scroll": True}


def test_text_is_taken_out_of_a_picture_and_pixels_are_not():
    assert notebooks.without_text(png(b"Software\0Matplotlib", b"Title\0eta")) == png()


def test_widgets_keep_apart_under_their_stable_ids():
    views = [{**WIDGET, "model_id": each} for each in ("b", "a", "b")]
    cells = [code(outputs=[result({notebooks.WIDGET: view})]) for view in views]
    cleaned = notebooks.clean(V4.new_notebook(cells=cells))
    ids = [cell.outputs[0].data[notebooks.WIDGET].model_id for cell in cleaned.cells]
    assert ids == [f"{1:032x}", f"{2:032x}", f"{1:032x}"]


def test_a_picture_stands_for_its_widget_in_a_saved_file():
    picture = base64.b64encode(png()).decode()
    view = result({notebooks.WIDGET: {**WIDGET, "model_id": "a"}, "image/png": picture})
    (cell,) = notebooks.clean(V4.new_notebook(cells=[code(outputs=[view])])).cells
    assert list(cell.outputs[0].data) == ["image/png"]


def test_missing_and_doubled_ids_follow_from_the_source_and_given_ones_stay(tmp_path):
    path = saved(tmp_path, *(code("a", count=count) for count in (1, 2, 3, 4)))
    raw = json.loads(path.read_text(encoding="utf-8"))
    given = raw["cells"][0]["id"]
    raw["cells"][1]["id"] = given
    del raw["cells"][2]["id"], raw["cells"][3]["id"]
    path.write_text(json.dumps(raw), encoding="utf-8")
    first, second = ([cell.id for cell in notebooks.load(path).cells] for _ in range(2))
    assert first == second and first[0] == given and len(set(first)) == 4


SOURCE = """import os, matplotlib.pyplot as plt, ipywidgets
from IPython.display import display
figure, axes = plt.subplots()
_ = axes.plot([1, 2])
display(figure, metadata={"image/png": {"alt": "a line"}})
plt.close(figure)
display(ipywidgets.IntSlider())
print(os.path.isdir(os.environ["COURSE_LR_SCRATCH"]), os.environ["https_proxy"])"""


def test_executed_twice_a_notebook_is_written_once(tmp_path):
    path = saved(tmp_path, code("", count=None), code(SOURCE, count=None), cleaned=False)
    assert notebooks.renew(path).endswith("written")
    once = path.read_bytes()
    assert notebooks.faults(path) == []
    assert notebooks.renew(path).endswith("unchanged") and path.read_bytes() == once
    assert notebooks.load(path).cells[1].outputs[-1].text == "True 127.0.0.1:9\n"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_notebook_that_fails_is_left_as_it_was(tmp_path, capsys):
    path = saved(tmp_path, code("1 / 0", count=None), cleaned=False)
    before = path.read_bytes()
    assert notebooks.main(["--folder", str(tmp_path)]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_names_select_by_how_they_begin(tmp_path):
    for name in ("01_a.ipynb", "02_b.ipynb"):
        saved(tmp_path, code(count=None), name=name)
    assert [each.name for each in notebooks.selected(tmp_path, ["02"])] == ["02_b.ipynb"]
    assert len(notebooks.selected(tmp_path, [])) == 2
    with pytest.raises(SystemExit, match="begins with '07'"):
        notebooks.selected(tmp_path, ["07"])


def test_a_notebook_whose_package_is_missing_is_left_as_it_is(tmp_path, capsys):
    needs = {"needs": ["json", "no_such_module"]}
    path = saved(tmp_path, code("import no_such_module", count=1), course_lr=needs)
    before = path.read_bytes()
    assert notebooks.missing(path) == "needs no_such_module, not installed here"
    assert notebooks.main(["--folder", str(tmp_path)]) == 0 and path.read_bytes() == before
    assert "needs no_such_module, not installed here; left" in capsys.readouterr().out
    assert notebooks.missing(saved(tmp_path, course_lr={"needs": ["json"]}, name="02.ipynb")) == ""
