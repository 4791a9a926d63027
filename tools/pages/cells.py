"""What the cells of an executed notebook become in a deck or a page: pieces of plain HTML.

Nothing here runs code or asks a network: the stored outputs are used, formulas are left as
``<span class="math">`` for KaTeX to set in the page, pictures travel inside as data.
"""

import ast
import base64
import functools
import html
import pathlib
import re
import struct
from dataclasses import dataclass, field

import nbformat
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools.pages import markup

WIDGET = "application/vnd.jupyter.widget-view+json"
KINDS = ("explorer", "exercise", "verdict", "lecturer")  # tags that a build treats in its own way
ANSWERED = re.compile(r"\.(check|predict|reveal)\(|\bprogress\(")  # says what nobody has done yet
EXPLORE = re.compile(r"explore\(\s*['\"](\w+)['\"]")


@dataclass
class Output:
    """One output of a code cell; ``picture`` where it is a figure or an explorer."""

    html: str
    picture: bool = False


@dataclass
class Piece:
    """One cell: its kind, its place in the deck, its source and its outputs as HTML."""

    kind: str
    slide: str
    source: str
    outputs: list[Output] = field(default_factory=list)


class Renderer(IPythonRenderer):
    """Markdown with each formula in an element of its own, so that a page can find them all."""

    def inline_math(self, body: str) -> str:
        return f'<span class="math">{html.escape(body.strip())}</span>'

    def block_math(self, body: str) -> str:
        return f'<span class="math display">{html.escape(body.strip())}</span>'

    def block_html(self, html: str) -> str:
        return html  # nbconvert's own would close a <details> that goes on in the next block

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def pieces(path: pathlib.Path, pages: set[str], deck: bool = False) -> list[Piece]:
    """The cells of the notebook at ``path`` in order.

    Args:
        path: An executed notebook.
        pages: Names without suffix of the notebooks that are built beside it: links to these
            lead to the built file, links to other local files become plain text.
        deck: Built for slides, where explorers are drawn larger and the statements that only show
            a figure are left out.

    Raises:
        ValueError: a code cell was not executed or stored an error, a picture has no alt text,
            or something would be loaded from another address; the message names the cell.
    """
    notebook = nbformat.read(path, as_version=4)
    converted = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type not in ("markdown", "code") or not cell.source.strip():
            continue
        try:
            converted.append(piece(cell, path.parent, pages, deck))
        except ValueError as error:
            raise ValueError(f"{path.name}, cell {number}: {error}") from None
    return converted


def piece(cell: nbformat.NotebookNode, folder: pathlib.Path, pages: set[str], deck: bool) -> Piece:
    """One cell; see ``pieces``."""
    tags = cell.metadata.get("tags", [])
    kind = next((tag for tag in KINDS if tag in tags), "text")
    slide = cell.metadata.get("slideshow", {}).get("slide_type", "-")
    if cell.cell_type == "markdown":
        return Piece(kind, slide, markup.tidy(markdown(cell.source, folder), pages))
    kind = "code" if kind == "text" else kind
    if cell.execution_count is None:
        raise ValueError("was not executed")
    if kind == "explorer":
        outputs = [Output(static_html(explored(cell.source), deck), picture=True)]
    elif kind == "exercise" and ANSWERED.search(cell.source):
        outputs = []
    else:
        outputs = [output(one, folder, pages) for one in cell.outputs]
    if kind == "verdict" and not deck:
        outputs = [Output(markup.led_on(one.html)) for one in outputs]
    folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    source = undrawn(cell.source) if deck else cell.source
    source = "" if folded or kind in ("explorer", "verdict") else source
    return Piece(kind, slide, code(source), [one for one in outputs if one.html])


def explored(source: str) -> str:
    """The name of the explorer that a cell shows.

    >>> explored('course_lr.explore("quadratic")')
    'quadratic'
    """
    call = EXPLORE.search(source)
    if not call:
        raise ValueError('is tagged explorer and does not call explore("NAME")')
    return call[1]


def markdown(source: str, folder: pathlib.Path) -> str:
    """Markdown as HTML, pictures beside the notebook embedded."""
    renderer = Renderer(
        escape=False, embed_images=True, exclude_anchor_links=True, path=str(folder)
    )
    return MarkdownWithMath(renderer=renderer).render(source)


def code(source: str) -> str:
    """Python source, coloured; empty for none."""
    coloured = highlight(source, PythonLexer(), HtmlFormatter(cssclass="highlight"))
    return coloured if source.strip() else ""


def undrawn(source: str) -> str:
    """Source without its statements ``course_lr.show(...)``, whose pictures speak for themselves.

    >>> undrawn('x = 1\\ncourse_lr.show(\\n    figure, alt="One."\\n)\\nx + 1')
    'x = 1\\nx + 1'
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # an IPython line such as %timeit
        return source
    lines = source.splitlines()
    for statement in reversed(statements):
        call = getattr(statement, "value", None)
        if isinstance(statement, ast.Expr) and isinstance(call, ast.Call):
            if ast.unparse(call.func).endswith("show"):
                del lines[statement.lineno - 1 : statement.end_lineno]
    return "\n".join(lines)


def output(stored: nbformat.NotebookNode, folder: pathlib.Path, pages: set[str]) -> Output:
    """One stored output; of a bundle, the form that shows most."""
    if stored.output_type == "error":
        raise ValueError(f"stored an error: {stored.ename}")
    if stored.output_type == "stream":
        return Output(printed(stored.text))
    data = stored.data
    if "image/png" in data and (WIDGET in data or "text/html" not in data):
        return Output(picture(data, stored.get("metadata", {})), picture=True)
    if "text/html" in data:
        shown = markup.tidy(data["text/html"], pages)
        return Output(f'<div class="shown">{shown}</div>', picture="<svg" in shown)
    if WIDGET in data:
        return Output('<p class="live">A control that works in JupyterLab stands here.</p>')
    if "text/markdown" in data:
        return Output(markup.tidy(markdown(data["text/markdown"], folder), pages))
    if "text/latex" in data:
        return Output(markdown(data["text/latex"], folder))
    return Output(printed(data.get("text/plain", "")))


def printed(text: str) -> str:
    """What a cell printed."""
    return f'<pre class="printed">{ansi2html(text)}</pre>' if text.strip() else ""


def picture(data: dict, metadata: dict) -> str:
    """A PNG with its alt text, its size told so that the page does not jump while it loads."""
    alt = metadata.get("image/png", {}).get("alt", "").strip()
    if not alt:
        raise ValueError("shows a picture without alt text")
    encoded = "".join(data["image/png"].split())
    width, height = struct.unpack(">II", base64.b64decode(encoded[:64])[16:24])
    return (
        f'<img src="data:image/png;base64,{encoded}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" style="--half: {width // 2}px">'
    )


@functools.cache
def static_html(name: str, deck: bool) -> str:
    """The explorer without a kernel, a piece of HTML for a slide or for a page of any width.

    Raises:
        ValueError: there is no explorer of that name.
    """
    from course_lr.teaching.explorers import frames

    layouts = ("slide",) if deck else ("wide", "narrow")
    return frames(name, fragment=True, layouts=layouts)
