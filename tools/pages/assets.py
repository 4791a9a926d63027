"""What travels inside every deck and page: styles, reveal.js, KaTeX with its fonts as data."""

import base64
import functools
import pathlib
import re

import jinja2
from pygments.formatters import HtmlFormatter

HERE = pathlib.Path(__file__).resolve().parent
FONT = re.compile(r"src:url\((fonts/[\w-]+\.woff2)\)[^}]*(?=\})")


def text(name: str) -> str:
    """A file of this folder; the pointer to a source map that nobody ships is left out."""
    whole = (HERE / name).read_text(encoding="utf-8")
    return re.sub(r"(?m)^//# sourceMappingURL=.*$", "", whole)


@functools.cache
def katex_css() -> str:
    """KaTeX's styles, its fonts inside."""

    def embedded(source: re.Match) -> str:
        font = base64.b64encode((HERE / "vendor" / source[1]).read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{font}) format("woff2")'

    return FONT.sub(embedded, text("vendor/katex.min.css"))


def colours() -> str:
    """Styles of coloured source."""
    return HtmlFormatter(style="xcode", cssclass="highlight").get_style_defs(".highlight")


def css(*names: str) -> str:
    """Styles of this folder, after those of KaTeX and of coloured source."""
    return "\n".join([katex_css(), colours(), *map(text, names)])


def mathematics() -> str:
    """The script that sets every formula once the page is read."""
    return text("vendor/katex.min.js") + "\n" + text("mathematics.js")


def fill(template: str, **values) -> str:
    """A template of this folder with ``values`` in place; plain text is escaped."""
    loader = jinja2.FileSystemLoader(HERE / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(**values)
