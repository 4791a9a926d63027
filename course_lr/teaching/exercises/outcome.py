"""What the learner is told: a box of text, and the outcome that a check returns.

Text is written once and shown as plain text in a terminal and as HTML in a notebook: paragraphs
are separated by an empty line, a paragraph indented by four spaces is code, and `this` is code.
"""

import dataclasses
import html
import re
import sys
import textwrap

NOT_ATTEMPTED, INCORRECT, CORRECT = "not attempted", "incorrect", "correct"
UNCHECKED = "can't be checked"
COLOURS = {CORRECT: "#009E73", INCORRECT: "#D55E00", NOT_ATTEMPTED: "#666666", UNCHECKED: "#CC79A7"}
PLAIN = "#0072B2"
CODE = "white-space: pre-wrap; font-family: monospace; margin: .4em 0 .4em 1em"


def code(text: str) -> str:
    """``text`` as a paragraph of code."""
    return textwrap.indent(text.strip("\n"), "    ", lambda line: True)


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Box:
    """A heading and a text with a coloured edge; shows itself in a notebook and a terminal.

    >>> print(Box("Hint 1 of 3", "Look at the `sign`."))
    Hint 1 of 3
    Look at the `sign`.
    """

    heading: str
    text: str
    colour: str = PLAIN

    def __repr__(self) -> str:
        return _printable(f"{self.heading}\n{self.text}".rstrip())

    def _repr_html_(self) -> str:
        parts = [part for part in self.text.split("\n\n") if part.strip()]
        inner = f"<strong>{html.escape(self.heading)}</strong>" + "".join(map(_as_html, parts))
        style = f"border-left: 4px solid {self.colour}; padding: .2em 0 .2em .8em"
        return _printable(f'<div style="{style}">{inner}</div>')

    def show(self) -> None:
        """Display the box in the notebook, print it where there is none."""
        if _shell() is None:
            encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
            print(repr(self).encode(encoding, "replace").decode(encoding))
        else:
            from IPython.display import display

            display({"text/plain": repr(self), "text/html": self._repr_html_()}, raw=True)


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Outcome:
    """What came of a check; the message has been shown, so in a notebook it adds no output.

    Attributes:
        number: the exercise's.
        status: "correct", "incorrect", "not attempted" or "can't be checked".
        text: the message.

    >>> Outcome("01.2", CORRECT, "")
    01.2: correct
    """

    number: str
    status: str
    text: str

    def __repr__(self) -> str:
        return f"{self.number}: {self.status}"

    def _ipython_display_(self) -> None:
        """Nothing: the message stands above."""

    def box(self, note: str = "") -> Box:
        """The message, with a further remark."""
        text = "\n\n".join(filter(None, (self.text, note)))
        return Box(repr(self), text, COLOURS[self.status])


def show_figure(figure, alt: str) -> None:
    """Display a figure in the notebook; say what it shows where there is none."""
    if _shell() is None:
        print(alt)
    else:
        from course_lr.teaching.figures import show

        show(figure, alt)


def _shell():
    """IPython's shell where there is one; it is never imported for that."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _printable(text: str) -> str:
    """``text`` without the half characters that can't be encoded."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _as_html(paragraph: str) -> str:
    if paragraph.startswith("    "):
        return f'<pre style="{CODE}">{html.escape(textwrap.dedent(paragraph))}</pre>'
    text = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(paragraph))
    return f'<p style="margin: .4em 0">{text}</p>'
