"""``course-lr lab`` in a real browser: the course opens at once, quietly, and asks nobody."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import urllib.parse

import pytest

from tests.conftest import browser_path

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(params=["lab", "playground"])
def address(tmp_path, request):
    """A server for a newcomer, in a home of its own; the address that it prints."""
    own = {name: str(tmp_path) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    command = [sys.executable, "-m", "course_lr.cli", request.param, "--no-browser", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True
    )
    printed = (re.search(r"http://\S+/tree/\S+token=\S+", line) for line in server.stderr)
    yield next(filter(None, printed))[0]
    server.send_signal(signal.SIGTERM)
    server.communicate()


def test_the_course_opens_without_a_question_or_a_foreign_request(address, page):
    asked = []
    page.on("request", lambda request: asked.append(urllib.parse.urlparse(request.url)))
    page.goto(address)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    assert page.locator(".jp-NotebookPanel .jp-Cell").count() > 0
    assert page.locator(".jp-Dialog").all_inner_texts() == []
    assert page.locator(".Toastify__toast").all_inner_texts() == []
    assert {each.hostname for each in asked if each.scheme.startswith("http")} == {"127.0.0.1"}


def test_without_a_browser_a_test_skips_but_fails_in_ci(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium"):
        browser_path()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="chromium"):
        browser_path()
