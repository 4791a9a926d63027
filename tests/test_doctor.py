"""``course-lr doctor`` and ``course-lr reset``."""

import argparse
import importlib.metadata
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import webbrowser

import pytest

from course_lr import cli
from course_lr.teaching import doctor, reset

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


# --- doctor -----------------------------------------------------------------------------------


def test_it_asks_for_what_pyproject_asks_for():
    wanted = dict(each.split(">=") for each in PROJECT["dependencies"])
    assert doctor.LEAST == wanted
    assert PROJECT["requires-python"] == ">=" + ".".join(map(str, doctor.PYTHON))


def test_a_line_a_check_and_a_status(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "browser", lambda: [doctor.Found(True, "browser: one")])
    monkeypatch.setattr(
        doctor, "CHECKS", (doctor.python, doctor.packages, doctor.fonts, doctor.course)
    )
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert stopped.value.code == 0 and lines[-1].startswith("All is well")
    assert len(lines) == 1 + 6 + 1 + 1 + 1 and all(line.startswith("ok ") for line in lines[:-1])
    version = importlib.metadata.version("numpy")
    assert f"ok       numpy {version}" in lines
    monkeypatch.setattr(doctor, "LEAST", {"numpy": "99.0", "no_such_package": "1.0"})
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor"])
    out = capsys.readouterr().out
    assert stopped.value.code == 1 and "2 of 5 need attention." in out
    assert f"MISSING  numpy {version} is older than 99.0: in the course's folder run:" in out
    assert "MISSING  no_such_package is not installed: " in out


def test_an_old_python_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    (found,) = doctor.python()
    assert (
        not found.well and "Python 3.10.4" in found.what and "install Python 3.11" in found.advice
    )


@pytest.mark.parametrize(
    ("version", "numbers"), [("3.11.0rc1", (3, 11)), ("2.0", (2, 0)), ("2026.1.2", (2026, 1))]
)
def test_versions_are_compared_as_numbers(version, numbers):
    assert doctor._numbers(version) == numbers


class Specs:
    """A machine whose kernel python3 starts with this program; without one there is no kernel."""

    program = None

    def get_kernel_spec(self, name):
        assert name == "python3"
        if self.program is None:
            raise KeyError(name)
        return argparse.Namespace(argv=[self.program, "-m", "ipykernel_launcher"])


@pytest.mark.parametrize(
    ("program", "well", "said"),
    [
        (None, False, "no kernel python3"),
        ("python", True, sys.executable),
        (sys.executable, True, sys.executable),
        ("/elsewhere/bin/python3.9", False, "another Python than this; run: "),
    ],
)
def test_the_kernel(monkeypatch, program, well, said):
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager", Specs)
    monkeypatch.setattr(Specs, "program", program)
    (found,) = doctor.kernel()
    assert found.well == well and said in str(found)


def test_no_browser(monkeypatch, tmp_path):
    def none():
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", none)
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = doctor.browser()
    assert not found.well and "--no-browser" in found.advice


def test_a_font_that_lacks_a_sign(monkeypatch):
    assert doctor.fonts()[0].well
    monkeypatch.setattr(doctor, "GLYPHS", "η\U00100000")
    (found,) = doctor.fonts()
    assert not found.well and "lacks \U00100000" in found.what


def test_a_damaged_notebook_and_a_folder_without_the_course(monkeypatch, tmp_path):
    (tmp_path / cli.START).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [found.well for found in doctor.course()] == [True]
    (tmp_path / "03_broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    (found,) = doctor.course()
    assert not found.well and found.advice.endswith("course-lr reset 03")
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "x" / "y" / "cli.py"))
    monkeypatch.chdir("/")
    (found,) = doctor.course()
    assert not found.well and "cd there" in found.advice


# --- reset ------------------------------------------------------------------------------------

FRESH, WORK = '{"cells": []}', '{"cells": ["my answer"]}'
NAME, KEPT = "02_two.ipynb", "my_02_two.ipynb"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A git checkout with a chapter that the learner has changed."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in (cli.START, NAME):
        (folder / name).write_text(FRESH, encoding="utf-8")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    (folder / NAME).write_text(WORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def texts(folder):
    """What each notebook of a folder holds; no other file may lie there."""
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_a_fresh_copy_and_the_work_kept(course, capsys):
    cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: FRESH, KEPT: WORK}
    assert f"{NAME} is fresh again; your work is in {KEPT}" in capsys.readouterr().out
    cli.main(["reset", "02"])
    assert "nothing to do" in capsys.readouterr().out
    (course / NAME).write_text("more", encoding="utf-8")
    cli.main(["reset", "02"])
    assert texts(course) == {
        cli.START: FRESH, NAME: FRESH, KEPT: WORK, "my_02_two_2.ipynb": "more"
    }  # fmt: skip


def test_a_damaged_copy_kept_aside_is_not_the_course_s(course):
    (course / NAME).write_text('{"cells": [', encoding="utf-8")
    assert doctor.course()[0].advice.endswith("course-lr reset 02")
    cli.main(["reset", "02"])
    assert [str(found) for found in doctor.course()] == [f"ok       2 notebooks in {course}"]


def test_a_chapter_that_was_deleted_is_told_and_brought_back(course):
    assert reset.missing(course) == []
    (course / NAME).unlink()
    (found,) = doctor.course()
    assert not found.well and found.what == f"{NAME} in {course}"
    assert found.advice == "course-lr reset 02"
    cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: FRESH} and doctor.course()[0].well
    (course / NAME).unlink()
    assert reset.reset(course / NAME).startswith(f"{NAME} is fresh again (close")
    assert texts(course) == {cli.START: FRESH, NAME: FRESH}


def test_nothing_is_missing_where_git_knows_nothing(course, monkeypatch, tmp_path):
    (course / NAME).unlink()
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        assert reset.missing(course) == []
    shutil.rmtree(tmp_path / ".git")
    assert reset.missing(course) == []


def test_what_is_staged_is_not_taken_for_fresh(course):
    subprocess.run(["git", "add", "."], cwd=course, check=True)
    cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: FRESH, KEPT: WORK}


def test_without_git_the_installed_tree_has_a_copy(course, monkeypatch, tmp_path, capsys):
    shutil.rmtree(tmp_path / ".git")
    tree = tmp_path / "installed"
    (tree / "notebooks").mkdir(parents=True)
    monkeypatch.setattr(cli, "__file__", str(tree / "course_lr" / "cli.py"))
    with pytest.raises(
        SystemExit, match="there is no fresh copy of 02_two.ipynb .this folder is no"
    ):
        cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: WORK}
    (tree / "notebooks" / NAME).write_text("installed", encoding="utf-8")
    cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: "installed", KEPT: WORK}


def test_git_that_is_not_installed_is_said(course, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cli, "__file__", str(course.parent / "course_lr" / "cli.py"))
    with pytest.raises(SystemExit, match="git is not installed"):
        cli.main(["reset", "02"])
    assert texts(course) == {cli.START: FRESH, NAME: WORK}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_loses_no_work(course, monkeypatch, failing):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(SystemExit, match="was left as it is: No space left on device"):
        cli.main(["reset", "02"])
    assert (course / NAME).read_text("utf-8") == WORK
    assert not [path for path in course.iterdir() if path.suffix == ".part"]


def test_an_unknown_chapter_is_refused(course):
    with pytest.raises(SystemExit, match="by '07': name one of 00_start_here.ipynb, 02_two.ipynb"):
        cli.main(["reset", "07"])


def test_a_chapter_has_a_number(course):
    assert cli.chapter(course, "2") == cli.chapter(course, "02") == "02_two.ipynb"


def test_a_name_that_is_taken_is_never_written_to(tmp_path):
    path = tmp_path / NAME
    (tmp_path / KEPT).symlink_to(tmp_path / "nowhere")
    assert reset.aside(path).name == "my_02_two_2.ipynb"


# --- the rest of the command line -------------------------------------------------------------


def test_alone_it_prints_an_example_of_each(capsys):
    cli.main([])
    told = capsys.readouterr().out
    for add in cli.COMMANDS:
        name = add.__name__.removeprefix("add_")
        assert f"  course-lr {name}" in told
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for add in cli.COMMANDS:
        add(commands)
    for example in cli.EXAMPLES:  # each is a call that the parser takes
        assert parser.parse_args(example.split()[1:]).run


def test_the_playground_opens_alone(monkeypatch):
    started = []
    monkeypatch.setattr("jupyterlab.labapp.main", started.append)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.chdir(ROOT)
    cli.main(["playground", "--no-browser", "--port", "9000"])
    (arguments,) = started
    assert "--LabApp.default_url=/doc/tree/10_playground.ipynb" in arguments
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser", "--ServerApp.port=9000"} <= set(arguments)
    assert not any("token" in each or "password" in each for each in arguments)
    cells = json.loads((ROOT / "notebooks" / cli.WORKBENCH).read_text("utf-8"))["cells"]
    assert any("course_lr.playground()" in "".join(cell["source"]) for cell in cells)
