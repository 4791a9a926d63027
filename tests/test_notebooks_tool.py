"""tools/notebooks.py: what it executes, what it takes out, and what it refuses."""

import base64
import io
import itertools
import json

import nbformat
import pytest
from PIL import Image, PngImagePlugin

from tools import notebooks

V4 = nbformat.v4
NUMBERS = itertools.count(1)


def png(**texts: str) -> bytes:
    """A picture of one pixel, with text chunks."""
    chunks, file = PngImagePlugin.PngInfo(), io.BytesIO()
    for name, words in texts.items():
        chunks.add_text(name, words)
    Image.new("1", (1, 1)).save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def picture(alt: str = "a line that falls", raw: bytes = b""):
    data = {"image/png": base64.b64encode(raw or png()).decode() + "\n", "text/plain": "<Figure>"}
    return V4.new_output("display_data", data, metadata={"image/png": {"alt": alt}} if alt else {})


def result(data: dict):
    return V4.new_output("execute_result", data, execution_count=9)


def widget(model: str):
    view = {"model_id": model, "version_major": 2, "version_minor": 0}
    return {notebooks.WIDGET: view, "text/plain": "IntSlider(value=0)"}


def code(source="1 + 1", outputs=(), count=1, **metadata):
    name = f"id-{next(NUMBERS)}"
    return V4.new_code_cell(
        source, outputs=list(outputs), execution_count=count, metadata=metadata, id=name
    )


def saved(folder, *cells, name="01_a.ipynb", cleaned=True, **metadata):
    """A notebook file of these cells, as the tool saves it or just as it comes."""
    notebook = V4.new_notebook(cells=list(cells), metadata=metadata)
    path = folder / name
    text = notebooks.text(notebooks.clean(notebook) if cleaned else notebook)
    path.write_text(text, encoding="utf-8")
    return path


STDERR = V4.new_output("stream", name="stderr", text="RuntimeWarning: overflow")
ADDRESS = result({"text/plain": "<matplotlib.lines.Line2D at 0x7f3a5c1d2e50>"})
ERROR = V4.new_output("error", ename="ValueError", evalue="", traceback=[])


def test_each_fault_is_named_with_its_cell(tmp_path):
    heading = V4.new_markdown_cell("# a", id="m")
    for cell, fault in [
        (code(count=None), "was not executed"),
        (code(source="x = 1\n\n" * 16), "has 16 lines of code"),
        (code(outputs=[STDERR]), "wrote to stderr: 'RuntimeWarning: overflow'"),
        (code(outputs=[ERROR]), "stored an error: ValueError"),
        (code(outputs=[picture(alt="")]), "without alt text"),
        (code(outputs=[picture(alt=" ")]), "without alt text"),
        (code(outputs=[ADDRESS]), "prints a memory address"),
    ]:
        (message,) = notebooks.faults(saved(tmp_path, heading, cell))
        assert message.startswith("01_a.ipynb, cell 1: ") and fault in message
        assert notebooks.main(["--check", "--folder", str(tmp_path)]) == 1
    for cell in (code(source="x = 1\n\n" * 15), code(outputs=[picture()])):
        assert notebooks.faults(saved(tmp_path, heading, cell)) == []


def test_cells_executed_out_of_order_are_faults(tmp_path):
    for counts, fault in {
        (2, 3): "2 instead of 1",
        (1, 3): "3 instead of 2",
        (2, 1): "1 instead of 2",
    }.items():
        path = saved(tmp_path, *(code(count=count) for count in counts), cleaned=False)
        assert fault in "".join(notebooks.faults(path))


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
        (code(outputs=[picture(raw=png(Software="Matplotlib", Title="eta"))]), {}),
        (code(outputs=[result(widget("5f2d"))]), {}),
    ],
)
def test_what_differs_from_run_to_run_is_taken_out(tmp_path, cell, metadata):
    path = saved(tmp_path, cell, cleaned=False, **{**notebooks.KERNEL, **metadata})
    assert notebooks.faults(path) == [
        "01_a.ipynb: not saved by tools/notebooks.py (metadata, ids or pictures)"
    ]
    path.write_text(notebooks.text(notebooks.clean(notebooks.load(path))), encoding="utf-8")
    assert notebooks.faults(path) == []
    text = path.read_text(encoding="utf-8")
    for gone in ("scrolled", "iopub", "5f2d", "3.11.2", "outputs_hidden", "slide_type", "tags"):
        assert gone not in text
    assert "image/png" not in text or base64.b64encode(png()).decode() in text  # its pixels stay


def test_what_an_author_says_stays(tmp_path):
    words = {
        "tags": ["hide-input"],
        "slideshow": {"slide_type": "slide"},
        "jupyter": {"source_hidden": True},
        "course_lr": {"notes": "ask first"},
    }
    notebook = notebooks.load(saved(tmp_path, code(**words), rise={"scroll": True}))
    assert notebook.cells[0].metadata == words and notebook.metadata["rise"] == {"scroll": True}


def test_widgets_keep_apart_under_their_stable_ids_unless_a_picture_stands_for_them():
    cells = [code(outputs=[result(widget(model))]) for model in "bab"]
    cells.append(code(outputs=[result({**widget("c"), "image/png": picture().data["image/png"]})]))
    *alone, pictured = notebooks.clean(V4.new_notebook(cells=cells)).cells
    ids = [cell.outputs[0].data[notebooks.WIDGET].model_id for cell in alone]
    assert ids == [f"{1:032x}", f"{2:032x}", f"{1:032x}"]
    assert sorted(pictured.outputs[0].data) == ["image/png", "text/plain"]


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
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_notebook_that_fails_is_left_as_it_was(tmp_path, capsys):
    path = saved(tmp_path, code("1 / 0", count=None), cleaned=False)
    before = path.read_bytes()
    assert notebooks.main(["--folder", str(tmp_path)]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_names_select_by_how_they_begin(tmp_path, capsys):
    for name in ("01_a.ipynb", "02_b.ipynb"):
        saved(tmp_path, code(count=None), name=name)
    assert [path.name for path in notebooks.selected(tmp_path, ["02"])] == ["02_b.ipynb"]
    assert len(notebooks.selected(tmp_path)) == 2
    with pytest.raises(SystemExit):
        notebooks.main(["--check", "--folder", str(tmp_path), "07"])
    assert "begins with '07'" in capsys.readouterr().err


def test_a_notebook_whose_package_is_missing_is_left_as_it_is(tmp_path, capsys):
    needs = {"needs": ["json", "no_such_module"]}
    path = saved(tmp_path, code("import no_such_module", count=1), course_lr=needs)
    before = path.read_bytes()
    assert notebooks.missing(path) == "needs no_such_module, not installed here"
    assert notebooks.main(["--folder", str(tmp_path)]) == 0 and path.read_bytes() == before
    assert "needs no_such_module, not installed here; left" in capsys.readouterr().out
    assert notebooks.missing(saved(tmp_path, course_lr={"needs": ["json"]}, name="02.ipynb")) == ""
