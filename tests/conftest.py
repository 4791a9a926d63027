"""The browser for the tests that need one: the Chromium of the system, found on the PATH."""

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """Where the browser is; without one the test is skipped, or fails where ``CI`` is set."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop("no Chromium on the PATH (Debian package: chromium)")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """What pytest-playwright starts: the system's browser, silent; root needs it unsandboxed."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {
        **browser_type_launch_args,
        "executable_path": browser_path(),
        "args": [*QUIET, *(["--no-sandbox"] if root else [])],
    }
