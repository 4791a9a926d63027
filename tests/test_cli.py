"""The command line: which notebook it opens, with which settings, and what it hands over."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from course_lr import cli
from course_lr.teaching import places


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with three notebooks, to start from."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in (places.START, "02_two.ipynb", places.WORKBENCH):
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


@pytest.mark.parametrize(
    ("command", "address"),
    [
        ("lab", "/lab/tree/00_start_here.ipynb"),
        ("lab 2", "/lab/tree/02_two.ipynb"),
        ("lab 02_two.ipynb", "/lab/tree/02_two.ipynb"),
        ("lab notebooks/02", "/lab/tree/02_two.ipynb"),
        ("playground", "/doc/tree/10_playground.ipynb"),
    ],
)
def test_a_notebook_opens_for_this_machine_alone(course, served, command, address):
    cli.main(command.split())
    (arguments,) = served
    assert {
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={course}",
        f"--LabApp.default_url={address}",
    } <= set(arguments)
    unasked = ("token", "password", "port", "no-browser")
    assert not [argument for argument in arguments if any(word in argument for word in unasked)]


@pytest.mark.parametrize("user", [0, 1000])
def test_root_alone_is_let_in_as_root(course, served, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    cli.main(["lab", "--no-browser", "--port", "9000"])
    assert ("--allow-root" in served[0]) == (user == 0)
    assert {"--no-browser", "--ServerApp.port=9000"} <= set(served[0])


@pytest.mark.parametrize("name", ["7", "07", "two", ""])
def test_a_name_that_means_none_or_several_is_refused(course, served, name):
    with pytest.raises(SystemExit, match=r"name one of 00_start_here.ipynb, 02_two.ipynb"):
        cli.main(["lab", name])
    assert not served


def test_the_notebooks_are_found_from_within_and_from_anywhere(course, served, monkeypatch):
    assert places.notebooks_folder() == course
    monkeypatch.chdir(course)
    assert places.notebooks_folder() == course
    monkeypatch.setattr(places, "ROOT", course.parent)
    monkeypatch.chdir("/")
    assert places.notebooks_folder() == course
    monkeypatch.setattr(places, "ROOT", pathlib.Path("/nowhere"))
    with pytest.raises(SystemExit, match=f"no {places.START} in / nor below it"):
        cli.main(["lab"])
    assert not served


def test_jupyterlab_reads_the_courses_settings(course, served, tmp_path):
    from jupyterlab_server.config import get_page_config

    cli.main(["lab"])
    config = get_page_config([], app_settings_dir=str(tmp_path))
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]


def test_the_notebook_of_the_workbench_opens_it():
    text = (places.ROOT / "notebooks" / places.WORKBENCH).read_text("utf-8")
    sources = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    assert any("course_lr.playground()" in source for source in sources)


def test_alone_it_prints_an_example_of_each_subcommand(capsys):
    cli.main([])
    printed = capsys.readouterr().out
    usage = cli.parser().format_help()
    names = [example.split()[1] for example in cli.EXAMPLES]
    assert re.findall(r"^    (\w+)\s", usage, re.MULTILINE) == names
    for example in cli.EXAMPLES:  # each is a call that the parser takes
        assert f"  {example} " in printed and cli.parser().parse_args(example.split()[1:]).run


@pytest.mark.parametrize("arguments", ["", "--claim S2 --quick", "--help", "-h", "--jobs=2 S5"])
def test_evidence_hands_everything_over_to_the_experiments_of_a_checkout(
    arguments, tmp_path, monkeypatch
):
    (tmp_path / "experiments").mkdir()
    monkeypatch.setattr(places, "ROOT", tmp_path)
    ran = []

    def run(command, cwd):
        ran.append((command, cwd))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SystemExit, match=r"^course-lr: .* takes a checkout of the course.*$"):
        cli.main(["evidence", *arguments.split()])
    assert not ran
    (tmp_path / "experiments/__main__.py").touch()
    with pytest.raises(SystemExit, match="^3$"):
        cli.main(["evidence", *arguments.split()])
    assert ran == [([sys.executable, "-m", "experiments", *arguments.split()], tmp_path)]
