"""The command line: which notebook it opens, and with which settings."""

import os
import subprocess
import sys

import pytest

from course_lr import cli


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with three notebooks, to start from."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in (cli.START, "01_one.ipynb", "02_two.ipynb"):
        (folder / name).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def served(monkeypatch):
    """What JupyterLab was started with, instead of starting it."""
    started = []
    monkeypatch.setattr("jupyterlab.labapp.main", started.append)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    return started


def test_lab_opens_the_first_notebook_for_this_machine_alone(course, served):
    cli.main(["lab"])
    (arguments,) = served
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert f"--ServerApp.root_dir={course}" in arguments
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in arguments
    assert "--no-browser" not in arguments and not any("port" in each for each in arguments)
    assert not any("token" in each or "password" in each for each in arguments)


@pytest.mark.parametrize("user", [0, 1000])
def test_root_alone_is_let_in_as_root(course, served, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    cli.main(["lab", "--no-browser", "--port", "9000"])
    assert ("--allow-root" in served[0]) == (user == 0)
    assert {"--no-browser", "--ServerApp.port=9000"} <= set(served[0])


@pytest.mark.parametrize("name", ["02", "02_two.ipynb", "notebooks/02_two.ipynb"])
def test_a_notebook_is_named_as_people_name_it(course, served, name):
    cli.main(["lab", name])
    assert "--LabApp.default_url=/lab/tree/02_two.ipynb" in served[0]


@pytest.mark.parametrize("name", ["7", "07", "two", ""])
def test_a_name_that_means_none_or_several_is_refused(course, served, name):
    with pytest.raises(SystemExit, match=r"name one of 00_start_here.ipynb, 01_one.ipynb"):
        cli.main(["lab", name])
    assert not served


def test_the_notebooks_are_found_from_within_and_from_anywhere(course, monkeypatch, tmp_path):
    assert cli.notebooks_folder() == course
    monkeypatch.chdir(course)
    assert cli.notebooks_folder() == course
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "course_lr" / "cli.py"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cli.notebooks_folder() == course


def test_a_folder_without_the_course_is_named(monkeypatch, tmp_path, served):
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "course_lr" / "cli.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=f"no {cli.START} in {tmp_path}"):
        cli.main(["lab"])


def test_jupyterlab_reads_the_courses_settings(course, served, tmp_path):
    from jupyterlab_server.config import get_page_config

    cli.main(["lab"])
    config = get_page_config([], app_settings_dir=str(tmp_path))
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]


# --- evidence -------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that holds the package, with ``experiments`` beside it; and what was run there."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__main__.py").touch()
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "course_lr" / "cli.py"))
    ran = []

    def run(command, cwd):
        ran.append((command, cwd))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run)
    return tmp_path, ran


@pytest.mark.parametrize("said", ["", "--claim S2 --quick", "--help", "-h", "--jobs=2 S5"])
def test_evidence_hands_everything_over_to_the_experiments_of_the_checkout(checkout, said):
    root, ran = checkout
    with pytest.raises(SystemExit) as ended:
        cli.main(["evidence", *said.split()])
    assert ran == [([sys.executable, "-m", "experiments", *said.split()], root)]
    assert ended.value.code == 3


@pytest.mark.parametrize("said", ["", "--claim S2", "--help"])
def test_evidence_outside_a_checkout_says_what_it_needs(checkout, said):
    root, ran = checkout
    (root / "experiments" / "__main__.py").unlink()
    with pytest.raises(SystemExit, match="course-lr: .* takes a checkout of the course") as ended:
        cli.main(["evidence", *said.split()])
    assert not ran and "\n" not in ended.value.code  # a text ends with status 1
