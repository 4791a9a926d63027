"""Call the learner's function and survive it: copies, a time limit, kept prints, told errors.

An endless loop is stopped after the limit. In the main thread of Linux and macOS that is done by
an alarm signal, which also ends a ``sleep``. On Windows and in other threads Python's trace hook
looks at the clock at every line; it can't stop a loop that catches every exception. Neither can
stop a single call into compiled code that does not come back, such as ``sum(itertools.count())``.
"""

import contextlib
import copy
import dataclasses
import io
import linecache
import os
import signal
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import course_lr

SECONDS = 5.0
"""How long one call of the learner's function may take."""
MOST_PRINTED = 1000
_PATHS = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
OURS = tuple(
    os.path.join(os.path.realpath(folder), "")
    for folder in (os.path.dirname(course_lr.__file__), *_PATHS)
)
"""Folders of code that is not the learner's; the first is this package."""


class NotAttempted(Exception):
    """What came back is the stub's placeholder."""


class Unreadable(Exception):
    """What came back can't be compared; the text says why."""


class TimeUp(BaseException):
    """Raised inside the learner's code when the limit is over; no ``except Exception`` holds it."""


@dataclasses.dataclass
class Call:
    """One call: what came back, or what went wrong in words, and what was printed."""

    value: Any = None
    trouble: str = ""
    printed: str = ""
    attempted: bool = True


class _Capped(io.StringIO):
    """Keeps the first characters that are printed, and drops the rest."""

    def write(self, text: str) -> int:
        room = MOST_PRINTED - self.tell()
        super().write(text if len(text) <= room else text[: max(0, room)] + " …" * (room > 0))
        return len(text)


def call(function: Callable, arguments: tuple, read: Callable, seconds: float = SECONDS) -> Call:
    """``read(function(*arguments))`` on copies of the arguments, whatever the function does.

    Args:
        read: turns what came back into something plain, or raises :class:`Unreadable` or
            :class:`NotAttempted`. It runs under the same protection.
        seconds: the time limit, > 0.

    >>> call(lambda w: w[0] / 0, ([1.0],), float).trouble.splitlines()[0]
    'It raised ZeroDivisionError: float division by zero'
    """
    reply, printed = Call(), _Capped()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            in_main = threading.current_thread() is threading.main_thread()
            limit = _alarm if in_main and hasattr(signal, "setitimer") else _trace
            with limit(seconds):
                reply.value = _guarded(function, copy.deepcopy(arguments), read)
    except KeyboardInterrupt:
        raise
    except NotAttempted:
        reply.attempted = False
    except Unreadable as error:
        reply.trouble = str(error)
    except TimeUp:
        reply.trouble = (
            f"It was still running after {seconds:g} s and was stopped: an endless loop?"
        )
    except BaseException as error:  # SystemExit and whatever else a learner's code may raise
        reply.trouble = _in_words(error)
    reply.printed = printed.getvalue()
    return reply


def _guarded(function, arguments, read):
    """All code that is not ours runs below this frame."""
    return read(function(*arguments))


def _in_words(error: BaseException) -> str:
    """The error in words, with the line of the learner's code that it came from."""
    lines = traceback.format_exception_only(type(error), error)
    text = f"It raised {lines[-1].strip()}"
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        name = frame.f_code.co_filename
        if not os.path.realpath(name).startswith(OURS):
            line = linecache.getline(name, number, frame.f_globals).strip()
            return f"{text}\nin line {number} of your code{': ' if line else ''}{line}"
    return text


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeUp` in code called from :func:`_guarded` once ``seconds`` are over."""

    def ring(number, frame):
        while frame is not None:  # rings again and again, but only in the learner's code
            if frame.f_code is _guarded.__code__:
                raise TimeUp
            frame = frame.f_back

    handler = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.01)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, left, interval)


@contextlib.contextmanager
def _trace(seconds: float) -> Iterator[None]:
    """The same where there is no alarm signal: a clock that is read at every line."""
    end, before = time.monotonic() + seconds, sys.gettrace()

    def look(frame, event, argument):
        if time.monotonic() > end:
            raise TimeUp
        return None if frame.f_code.co_filename.startswith(OURS[0]) else look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)
