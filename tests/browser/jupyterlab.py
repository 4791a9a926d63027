"""A real JupyterLab for tests and measurements: a server, and a notebook run in it."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import nbformat

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN_NEW = """async (source) => {
    const content = jupyterapp.shell.currentWidget.content;
    const number = content.model.cells.length;
    content.model.sharedModel.insertCell(number, {cell_type: "code", source});
    content.activeCellIndex = number;
    await jupyterapp.commands.execute("notebook:run-cell");
    return content.model.cells.get(number).toJSON().outputs;
}"""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def write_notebook(path: pathlib.Path, cells: Sequence[str]) -> None:
    """A notebook of these code cells at ``path``."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = KERNEL
    nbformat.write(notebook, path)


@contextlib.contextmanager
def serving(folder: pathlib.Path, home: pathlib.Path) -> Iterator[str]:
    """A JupyterLab over ``folder`` that keeps its own files in ``home``; yields its address.

    The address ends in the token: put ``doc/tree/NAME.ipynb`` before its ``?``, see :func:`run`.
    """
    own = {name: str(home) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    own["JUPYTER_CONFIG_PATH"] = str(ROOT / "course_lr" / "teaching" / "jupyter")
    own["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--LabApp.default_url=/lab"]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    command += [f"--ServerApp.root_dir={folder}"]
    server = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = (re.search(r"http://127\S+:(\d+)/lab\?token=\S+", line) for line in server.stderr)
        address = next(filter(None, lines))
        threading.Thread(target=list, args=(server.stderr,), daemon=True).start()  # a full pipe
        _wait_for(int(address[1]))
        yield address[0]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _wait_for(port: int) -> None:
    """Return when somebody listens there: the server prints its address a little earlier."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def run(page, address: str, notebook: str) -> None:
    """Open ``notebook`` in ``page``, run all its cells and wait until the kernel is idle again."""
    page.goto(address.replace("/lab?", f"/doc/tree/{notebook}?"))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.evaluate("""async () => {
        await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
        window.ran = false;
        jupyterapp.commands.execute("notebook:run-all-cells").then(() => { window.ran = true; });
    }""")
    page.wait_for_function("() => window.ran", timeout=180_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def run_new(page, source: str) -> list[dict]:
    """Add a cell at the notebook's end, run it, and return its outputs."""
    return page.evaluate(RUN_NEW, source)


def watched(page) -> list[str]:
    """What the page's console will have said against it."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    return errors
