"""The workbench as widgets: fields, the picture, what the seeds say, and texts to take away."""

import asyncio
import base64
import html
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import ipywidgets as w

from course_lr.teaching.explorers.picture import quick_png
from course_lr.teaching.explorers.view import (
    TEXT,
    UNSEEN,
    Debouncer,
    close_all,
    running_loop,
    widget,
)
from course_lr.teaching.figures.style import COLOURS
from course_lr.teaching.workbench import code, drawing, ranking, user_data
from course_lr.teaching.workbench.choices import PROBLEMS, RATES, RULES, SLIDER, join
from course_lr.teaching.workbench.settings import LETTERS, NETWORKS, Line, Setup, from_text
from course_lr.teaching.workbench.training import Work

FIRST = 5.0
"""Seconds that a cell waits for the first picture; a longer training goes on after it."""
ALL = ("", "all", "none", "None", "full")
OLD = "course-lr-old"
"""What is shown of an earlier setup while a training runs, faded."""


class Page:
    """The workbench; a notebook shows it where it is a cell's last value.

    Args:
        setup: what it shows first.

    Attributes:
        setup, data: what is shown now. error: what is wrong, in a sentence; empty if nothing is.
        task: the training that runs, ``None`` while it stands.
    """

    def __init__(self, setup: Setup):
        self.setup = self.data = self.work = self.task = None
        self.error, self.opening, self.stopped, self.bench = "", False, False, drawing.Bench()
        self._build_fields()
        self._build_lines()
        self._build_below()
        self.latest = Debouncer(self.update)
        self.open(setup, FIRST)
        for field in self._inputs():
            field.observe(lambda change: self.opening or self.latest.request(), "value")

    # --- what stands on it --------------------------------------------------------------------

    def _build_fields(self) -> None:
        self.problem = _choice(PROBLEMS.items(), None, "19em", description="problem")
        tips = {
            "hidden": ("hidden layers", "Widths, such as 32 or 64, 64; empty for none.", "13em"),
            "batch_size": ("batch", "Examples a step; empty for all of them.", "9em"),
            "steps": ("steps", "Updates, up to 20,000.", "9em"),
            "seeds": ("seeds", "How often each line is trained, 1 to 50.", "9em"),
            "file": ("file", "A .csv, .npy or .npz, as seen from this notebook's folder.", "28em"),
            "label": ("class column", "Its name; empty for the last one.", "16em"),
        }
        self.fields = {name: _text(*words) for name, words in tips.items()}

    def _build_lines(self) -> None:
        self.lines, row = {}, w.Layout(flex_flow="row wrap")
        for letter in LETTERS:
            eta, slider = _text("η", "The rate; press Enter.", "7.5em"), widget(SLIDER)
            eta.value = f"{SLIDER.default:g}"
            slider.description, slider.layout, slider.readout = "", _wide("13em"), False
            join(eta, slider)
            self.lines[letter] = {
                "on": w.Checkbox(description=letter, indent=False, layout=_wide("3.2em")),
                "rule": _choice(zip(RULES, RULES), "The update rule.", "13em"),
                "rate": _choice(zip(RATES, RATES), "The rate's course.", "19em"),
                "eta": eta,
                "slider": slider,
            }
        self.rows = [w.HBox([self.problem, *self.fields.values()], layout=row)]
        for colour, line in zip(COLOURS, self.lines.values()):
            border = w.Layout(flex_flow="row wrap", border_left=f"4px solid {colour}")
            self.rows.append(w.HBox(list(line.values()), layout=border))

    def _build_below(self) -> None:
        width, height = self.bench.size
        fitting = w.Layout(max_width="calc(100% - 4px)", height="auto")  # 4px: its margins
        self.image = w.Image(format="png", width=str(width), height=str(height), layout=fitting)
        self.message = w.HTML(layout=w.Layout(min_height="1.6em"))
        self.progress = w.FloatProgress(max=1.0, layout=w.Layout(width="24em", visibility="hidden"))
        self.stop = w.Button(description="Stop", tooltip="Show what is there by now.")
        self.stop.on_click(lambda button: setattr(self, "stopped", True))
        run = w.HBox([self.stop, self.progress, w.HTML(f"<style>.{OLD} {{opacity: 0.4}}</style>")])
        self._build_tabs()
        self.box = w.VBox([*self.rows, run, self.image, self.message, self.tabs])

    def _build_tabs(self) -> None:
        self.ranking, self.code, self.torch = w.HTML(), w.HTML(), w.HTML()
        self.text = w.Textarea(layout=w.Layout(width="100%", height="9em"))
        self.take = w.Button(description="Open this text", tooltip="Show what the text describes.")
        self.take.on_click(lambda button: self.latest.at_home(lambda: self.open(self.text.value)))
        self.which = w.ToggleButtons(options=LETTERS, style={"button_width": "3em"})
        tabs = {
            "Ranking": self.ranking,
            "Save and share": w.VBox([self.text, self.take]),
            "Show me the code": self.code,
            "The same in PyTorch": w.VBox([self.which, self.torch]),
        }
        self.tabs = w.Tab(children=list(tabs.values()), titles=list(tabs))
        for place, name in ((self.which, "value"), (self.tabs, "selected_index")):
            place.observe(lambda change: self.latest.at_home(self._tell), name)

    def _inputs(self) -> list[w.Widget]:
        names = ("on", "rule", "rate", "eta")  # the slider moves eta
        of_lines = [line[name] for line in self.lines.values() for name in names]
        return [self.problem, *self.fields.values(), *of_lines]

    # --- what the fields say ------------------------------------------------------------------

    def read(self) -> Setup:
        """The setup that the fields describe.

        Raises:
            ValueError: they describe none; in one sentence.
        """
        given = {name: field.value.strip() for name, field in self.fields.items()}
        values: dict[str, Any] = given | {n: _whole(n, given[n]) for n in ("steps", "seeds")}
        if self.problem.value in NETWORKS:
            widths, batch = given["hidden"].replace(",", " ").split(), given["batch_size"]
            values["hidden"] = tuple(_whole("hidden layers", width) for width in widths)
            values["batch_size"] = None if batch in ALL else _whole("batch", batch)
        lines = tuple(self._line(letter) for letter in LETTERS)
        if not any(lines):
            raise ValueError("Switch on at least one line")
        return Setup(self.problem.value, **values, lines=lines)

    def _line(self, letter: str) -> Line | None:
        line = self.lines[letter]
        if not line["on"].value:
            return None
        text = line["eta"].value.strip()
        try:
            return Line(line["rule"].value, line["rate"].value, float(text))
        except ValueError:
            accepted = "η must be a finite rate >= 0 such as 0.1"
            raise ValueError(f"line {letter}: {accepted}, got {text[:40]!r}") from None

    def open(self, setup: Setup | str, patience: float = 0.1) -> None:
        """Show this setup, or the one that a text describes."""
        try:
            setup = from_text(setup) if isinstance(setup, str) else setup
        except ValueError as error:
            return self._fail(error)
        self.opening = True
        try:
            self._write(setup)
        finally:
            self.opening = False
        self.update(patience)

    def _write(self, setup: Setup) -> None:
        _offer(self.problem, setup.problem)
        shown = {name: str(getattr(setup, name)) for name in self.fields}
        shown["hidden"] = ", ".join(map(str, setup.hidden))
        shown["batch_size"] = str(setup.batch_size or "")
        for name, field in self.fields.items():
            field.value = shown[name]
        for letter, line in zip(LETTERS, (*setup.lines, *[None] * 4)):
            widgets = self.lines[letter]
            widgets["on"].value = line is not None
            if line is not None:
                _offer(widgets["rule"], line.update)
                _offer(widgets["rate"], line.schedule)
                widgets["eta"].value = f"{line.eta!r}"

    # --- training -----------------------------------------------------------------------------

    def update(self, patience: float = 0.1) -> None:
        """Train and show what the fields ask for; what runs is given up.

        After ``patience`` seconds the rest goes on beside whatever else the kernel has to do.
        """
        self._leave()
        self._show_fields()
        try:
            work = Work(self.read())
        except Exception as error:
            return self._fail(error)
        self.stopped, steps, began = False, self._train(work), time.perf_counter()
        loop = running_loop()  # none, as in a test: nobody to share the time with
        for _ in steps:
            if loop is not None and time.perf_counter() - began > patience:
                self.task = loop.create_task(self._go_on(steps))
                break

    def _show_fields(self) -> None:
        network, data = self.problem.value in NETWORKS, self.problem.value == "data"
        wanted = {"hidden": network, "batch_size": network, "file": data, "label": data}
        for name, shown in wanted.items():
            self.fields[name].layout.display = None if shown else "none"
        for line in self.lines.values():
            for name in ("rule", "rate", "eta", "slider"):
                line[name].disabled = not line["on"].value

    def _train(self, work: Work) -> Iterator[None]:
        """Slices until all is done or stopped; after each, a pause for whoever waits."""
        try:
            while work.share < 1 and not self.stopped:
                work.advance()
                self.progress.value = work.share
                yield
            self._show(work)
        except Exception as error:
            self._fail(error)

    async def _go_on(self, steps: Iterator[None]) -> None:
        """The rest of a longer training, with its progress; Stop and new values come through."""
        self._wait(True)
        old = " The picture shows the last one that was finished." if self.data else ""
        self._say(f"Training …{old}")
        for _ in steps:
            await asyncio.sleep(0.001)
        self._wait(False)

    def _wait(self, on: bool) -> None:
        """Show the progress and fade what is old, or the other way round."""
        self.progress.layout.visibility = "visible" if on else "hidden"
        for part in (self.image, self.tabs):
            part.add_class(OLD) if on else part.remove_class(OLD)
        self.task = self.task if on else None

    def _leave(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self._wait(False)

    # --- what is shown ------------------------------------------------------------------------

    def _show(self, work: Work) -> None:
        setup, data = work.setup, work.data
        for letter, name in code.names(setup).items():
            data["lines"][letter]["name"] = name
        self.image.value = quick_png(self.bench.pixels(data))
        self.setup, self.data, self.work, self.error = setup, data, work, ""
        sentences, stopped = ranking.verdicts(data), None
        if work.share < 1:
            sentences = [f"Stopped when {100 * work.share:.0f} % was done: not ranked."]
            stopped = {letter: run.step for letter, run in work.runs.items()}
        if setup.problem == "data":
            sentences.insert(0, f"Your data: {user_data.described(setup.loaded_problem)}.")
        self._say(" ".join(sentences), unseen=drawing.alt(data))
        self.ranking.value = _table(ranking.rows(data, stopped))
        self.text.value = setup.to_text()
        self._tell()

    def _tell(self) -> None:
        """Fill the tab that is looked at; texts that nobody looks at are not made."""
        if self.setup is not None and self.tabs.selected_index == 2:
            self.code.value = _preformatted(code.script(self.setup))
        if self.setup is not None and self.tabs.selected_index == 3:
            letter = self.which.value
            if letter in self.setup.methods:
                history = self.work.runs[letter].history
                self.torch.value = _preformatted(code.torch_text(self.setup, letter, history))
            else:
                self.torch.value = f"Line {letter} is off."

    def _fail(self, error: Exception) -> None:
        still = " The picture still shows the last one that worked." if self.data else ""
        message = " ".join(str(error).split()) or type(error).__name__
        message = re.sub(r"\bhidden(\[\d+\])? must", "hidden layers must", message)
        self.error = f"{message.replace('batch_size must', 'batch must')}.{still}"
        self._say(f"⚠ {self.error}", "alert")

    def _say(self, text: str, role: str = "status", unseen: str = "") -> None:
        unseen = f"<span style='{UNSEEN}'>{html.escape(unseen)}</span>"
        self.message.value = f"<div role='{role}' style='{TEXT}'>{html.escape(text)}{unseen}</div>"

    def close(self) -> None:
        """Halt, and take the widgets away."""
        self._leave()
        close_all(self.box)

    def __repr__(self) -> str:
        return "The workbench (its fields need a running notebook)"

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": view, "text/plain": repr(self)}
        if self.data is None:
            return bundle, {}
        pixels = self.bench.pixels(self.data)
        bundle["image/png"] = base64.b64encode(drawing.still_png(pixels)).decode()
        return bundle, {"image/png": {"alt": drawing.alt(self.data)}}


def _wide(width: str) -> w.Layout:
    return w.Layout(width=width)


def _text(label: str, tip: str, width: str) -> w.Text:
    style = {"description_width": "initial"}
    return w.Text(
        description=label, tooltip=tip, continuous_update=False, style=style, layout=_wide(width)
    )


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} must be a whole number, got {text[:40]!r}") from None


def _choice(options: Iterable[tuple[str, str]], tip: str | None, width: str, **more) -> w.Dropdown:
    return w.Dropdown(options=list(options), tooltip=tip, layout=_wide(width), **more)


def _offer(dropdown: w.Dropdown, value: str) -> None:
    """Choose a value, adding it to those on offer where it is new."""
    if value not in [offered for _, offered in dropdown.options]:
        dropdown.options = [*dropdown.options, (value, value)]
    dropdown.value = value


def _preformatted(text: str) -> str:
    return f"<pre style='line-height:1.3;user-select:all'>{html.escape(text)}</pre>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    cell = "<td style='padding:0 1em 0 0'>{}</td>"
    cells = ["".join(cell.format(html.escape(text)) for text in row) for row in rows]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
