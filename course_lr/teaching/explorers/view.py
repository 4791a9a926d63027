"""The widget around an explorer: its goal and controls, the picture, and what the picture says."""

import asyncio
import base64
import html
from collections.abc import Callable
from typing import Any

import ipywidgets as w
from IPython import get_ipython

from course_lr.teaching.explorers.declaration import Control, Data, Explorer, reports_to
from course_lr.teaching.explorers.picture import Picture, quick_png, small_png

UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
TEXT = "line-height:1.5;white-space:normal"
SIDE_BY_SIDE = {"flex_flow": "row wrap", "align_items": "flex-end", "grid_gap": "0 2em"}


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Debouncer:
    """Calls ``work`` once for all requests that wait together, always in the same thread.

    The messages of a dragged slider queue up in a busy kernel, which takes one of them at each
    turn of its loop: ``work`` waits until a few turns brought no more, so that it sees the last
    position only. Without a running loop, as in a test, it is called at once.

    JupyterLab has messages of widgets handled in a thread of their own, a subshell, and ipykernel
    7.4 some of them in the main one. The loop that runs where this is made is its home; what is
    asked for elsewhere is handed to it, so that two trainings or drawings never overlap.
    """

    TURNS, ROUNDS = 3, 1000  # turns of the loop without news; never wait longer than ROUNDS times

    def __init__(self, work: Callable[[], None]):
        self.work, self.requests, self.task, self.home = work, 0, None, running_loop()

    def is_home(self) -> bool:
        """Whether the home loop runs in this thread; without one, the loop here becomes it."""
        here = running_loop()
        if self.home is None or self.home.is_closed():
            self.home = here
        return self.home is here

    def at_home(self, call: Callable[[], object]) -> None:
        """Have ``call`` done at home: now if that is here, soon if it is another thread's."""
        if self.is_home():
            call()
        else:
            self.home.call_soon_threadsafe(call)

    def request(self) -> None:
        """Have ``work`` done soon, once, at home."""
        if not self.is_home():
            self.home.call_soon_threadsafe(self.request)
            return
        self.requests += 1
        if self.home is None:
            self.work()
        elif self.task is None:
            self.task = self.home.create_task(self._wait_until_quiet())

    async def _wait_until_quiet(self) -> None:
        for _ in range(self.ROUNDS):
            before = self.requests
            for _ in range(self.TURNS):
                await asyncio.sleep(0)
            if self.requests == before:
                break
        self.task = None
        self.work()


def widget(control: Control) -> w.Widget:
    """The slider or the buttons of a control; its ``value`` is the control's."""
    common = {"options": list(zip(control.texts, control.values)), "value": control.default}
    common |= {"description": control.label, "tooltip": control.tooltip}
    if control.slider:
        wide, style = w.Layout(width="min(100%, 44em)"), {"description_width": "initial"}
        return w.SelectionSlider(**common, style=style, layout=wide, continuous_update=True)
    tooltips, narrow = [control.tooltip] * len(control.values), w.Layout(width="auto")
    style = {"button_width": "auto"}
    return w.ToggleButtons(**common, style=style, layout=narrow, tooltips=tooltips)


class View:
    """An explorer joined to its widgets; a notebook shows it where it is a cell's last value.

    Attributes:
        controls: the widget of each control, by name.
        picture: the kept figure.
        data: what is shown now; ``None`` before anything was.
        error: the sentence that says what went wrong; empty where nothing did.
    """

    def __init__(self, explorer: Explorer):
        self.explorer, self.data, self.error = explorer, None, ""
        self.picture = Picture(explorer.make, explorer.draw)
        self.debouncer = Debouncer(self.update)
        self.controls = {control.name: widget(control) for control in explorer.controls}
        self._build()
        self.update()
        for control in self.controls.values():
            control.observe(lambda change: self.debouncer.request(), "value")

    def _build(self) -> None:
        width, height = self.picture.size
        fitting = w.Layout(max_width="100%", height="auto")
        self.image = w.Image(format="png", width=str(width), height=str(height), layout=fitting)
        below = w.Layout(width=f"min(100%, {width}px)", min_height="4.5em")
        self.goal, self.status = w.HTML(), w.HTML(layout=below)
        hidden = w.Layout(visibility="hidden", height="16px", width=f"min(100%, {width}px)")
        self.progress = w.FloatProgress(max=1.0, layout=hidden, tooltip="Training.")
        self.box = w.VBox([self.goal, *self._rows(), self.progress, self.image, self.status])

    def _rows(self) -> list[w.Widget]:
        """Each slider in a row of its own, then all buttons."""
        self.reset = self._button("Reset", "Back to where the controls started.", self._reset)
        sliders = [self.controls[c.name] for c in self.explorer.controls if c.slider]
        buttons = [self.controls[c.name] for c in self.explorer.controls if not c.slider]
        return [*sliders, w.Box([*buttons, self.reset], layout=w.Layout(**SIDE_BY_SIDE))]

    def _button(self, name: str, tooltip: str, act: Callable[[], None]) -> w.Button:
        button = w.Button(description=name, tooltip=tooltip)
        button.on_click(lambda button: self.debouncer.at_home(act))
        return button

    def update(self) -> None:
        """Compute and show what the controls ask for."""
        settings = {name: control.value for name, control in self.controls.items()}
        explorer = self.explorer
        try:
            with reports_to(self._show_progress):
                data = self.compute(settings)
            png = quick_png(self.picture.pixels(data))
            goal, state, alt = explorer.goal_line(data), explorer.state(data), explorer.alt(data)
        except Exception as error:
            self._fail(settings, error)
        else:
            self.data, self.error, self.image.value = data, "", png
            self.goal.value = f"<b style='{TEXT}'>{html.escape(goal)}</b>"
            unseen = f"<span style='{UNSEEN}'>{html.escape(alt)}</span>"
            seen = html.escape(state)
            self.status.value = f"<div role='status' style='{TEXT}'>{seen}{unseen}</div>"
        self.progress.layout.visibility = "hidden"

    def compute(self, settings: dict[str, Any]) -> Data:
        """What there is to show at these settings."""
        return self.explorer.data(**settings)

    def _show_progress(self, share: float) -> None:
        self.progress.layout.visibility = "visible"
        self.progress.value = share

    def _fail(self, settings: dict[str, Any], error: Exception) -> None:
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        still = "; the picture still shows the last one that worked" if self.data else ""
        controls = self.explorer.controls
        where = ", ".join(f"{c.label} = {c.show(settings[c.name])}" for c in controls)
        self.error = f"This could not be drawn for {where} ({what}){still}."
        self.status.value = f"<div role='alert' style='{TEXT}'>⚠ {html.escape(self.error)}</div>"

    def _reset(self) -> None:
        for control in self.explorer.controls:
            self.controls[control.name].value = control.default

    def close(self) -> None:
        """Close the widgets, so that the kernel forgets them and the figure."""
        close_all(self.box)

    @property
    def text(self) -> str:
        """What is shown where neither widgets nor pictures can be."""
        more = f" {self.error}" if self.error else ""
        return f"Explorer: {self.explorer.title} (its sliders need a running notebook){more}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        model = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        bundle = {"application/vnd.jupyter.widget-view+json": model, "text/plain": self.text}
        if self.data is None:
            return bundle, {}
        png = small_png(self.picture.pixels(self.data))
        bundle["image/png"] = base64.b64encode(png).decode()
        return bundle, {"image/png": {"alt": self.explorer.alt(self.data)}}


def close_all(closed: w.Widget) -> None:
    """Close a widget and everything in it."""
    for child in getattr(closed, "children", ()):
        close_all(child)
    for part in ("layout", "style"):
        if hasattr(closed, part):
            getattr(closed, part).close()
    closed.close()


_in_cell: dict[str, tuple[str, list[View]]] = {}
"""By cell: the execution that filled it, and the views it shows."""


def shown(view: View) -> View:
    """The view; those that the same cell showed when it was executed before are closed."""
    cell, execution = _place()
    if cell is not None:
        before, views = _in_cell.get(cell, (execution, []))
        if before != execution:
            for old in views:
                old.close()
            views = []
        _in_cell[cell] = execution, [*views, view]
    return view


def _place() -> tuple[str | None, str]:
    """The ids of the notebook cell that is running and of its execution, where there are any."""
    try:
        parent = get_ipython().kernel.get_parent()
        return parent["metadata"]["cellId"], parent["header"]["msg_id"]
    except (AttributeError, KeyError):
        return None, ""
