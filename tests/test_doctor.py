"""``course-lr doctor`` and ``course-lr reset``."""

import argparse
import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import webbrowser

import pytest

from course_lr import cli
from course_lr.teaching import doctor, places, reset

# --- doctor -----------------------------------------------------------------------------------


def findings(capsys):
    """What ``course-lr doctor`` prints, and its status."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor"])
    return capsys.readouterr().out.splitlines(), stopped.value.code


def test_a_line_a_finding_and_a_status(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (doctor.python, doctor.packages, doctor.fonts))
    project = tomllib.loads((places.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={doctor.PYTHON}"
    names = sorted(line.split(">=")[0] for line in project["dependencies"])
    lines, status = findings(capsys)
    assert status == 0 and lines[-1].startswith("All is well")
    assert all(line.startswith("ok ") for line in lines[:-1])
    versions = [f"ok       {name} {importlib.metadata.version(name)}" for name in names]
    assert sorted(lines[1:-2]) == versions

    wanted = ["numpy<100,>=99.0", "no_such_package>=1", "no_such_package>=1; extra == 'test'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: wanted)
    lines, status = findings(capsys)
    version = importlib.metadata.version("numpy")
    assert status == 1 and lines[-1] == "2 of 4 need attention."
    assert f"MISSING  numpy {version} is older than 99.0: in the course's folder run: " in lines[1]
    assert "MISSING  no_such_package is not installed: " in lines[2]


def test_an_uninstalled_course_and_an_old_python(monkeypatch):
    def none(name):
        raise importlib.metadata.PackageNotFoundError(name)

    for name in ("requires", "version"):
        monkeypatch.setattr(importlib.metadata, name, none)
    assert ["course_lr is not installed"] == [finding.what for finding in doctor.packages()]
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    (finding,) = doctor.python()
    assert "Python 3.10.4" in finding.what and "install Python 3.11" in finding.advice
    versions = {"3.11.0rc1": (3, 11), "2.0": (2, 0), "2026.1.2": (2026, 1)}
    assert {version: doctor._numbers(version) for version in versions} == versions


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (None, "MISSING  no kernel python3"),
        ("python", f"ok       kernel python3 runs {sys.executable}"),
        (sys.executable, f"ok       kernel python3 runs {sys.executable}"),
        ("/elsewhere/bin/python3.9", "MISSING  kernel python3 runs /elsewhere/bin/python3.9: "),
    ],
)
def test_the_kernel(monkeypatch, program, message):
    def kernel(manager, name):
        if program is None:
            raise KeyError(name)
        return argparse.Namespace(argv=[program, "-m", "ipykernel_launcher"])

    manager = "jupyter_client.kernelspec.KernelSpecManager"
    monkeypatch.setattr(f"{manager}.get_kernel_spec", kernel)
    (finding,) = doctor.kernel()
    assert str(finding).startswith(message)


def test_no_browser_and_a_font_that_lacks_a_sign(monkeypatch, tmp_path):
    def none():
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", none)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "GLYPHS", "η\U00100000")
    assert "--no-browser" in next(doctor.browser()).advice
    (finding,) = doctor.fonts()
    assert finding.advice and finding.what.endswith(" lacks \U00100000")


def test_a_damaged_notebook_and_a_folder_without_the_course(monkeypatch, tmp_path):
    (tmp_path / places.START).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [finding.advice for finding in doctor.course()] == [""]
    (tmp_path / "03_broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    assert next(doctor.course()).advice == "it is damaged: course-lr reset 03"
    monkeypatch.setattr(places, "ROOT", pathlib.Path("/nowhere"))
    monkeypatch.chdir("/")
    assert "cd there" in next(doctor.course()).advice


# --- reset ------------------------------------------------------------------------------------

FRESH, WORK = '{"cells": []}', '{"cells": ["my answer"]}'
NAME, KEPT = "02_two.ipynb", "my_02_two.ipynb"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A git checkout with a chapter that the learner has changed, and no other copy of it."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in (places.START, NAME):
        (folder / name).write_text(FRESH, encoding="utf-8")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    (folder / NAME).write_text(WORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "ROOT", tmp_path)
    return folder


def texts(folder):
    """What each notebook of a folder holds; no other file may lie there."""
    contents = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert contents.pop(places.START) == FRESH
    return contents


def test_a_fresh_copy_and_the_work_kept(course, capsys):
    subprocess.run(["git", "add", "."], cwd=course, check=True)  # what is staged is not fresh
    cli.main(["reset", "02"])
    assert texts(course) == {NAME: FRESH, KEPT: WORK}
    assert f"{NAME} is fresh again; your work is in {KEPT}" in capsys.readouterr().out
    cli.main(["reset", "02"])
    assert "nothing to do" in capsys.readouterr().out
    (course / NAME).write_text("more", encoding="utf-8")
    cli.main(["reset", "02"])
    assert texts(course) == {NAME: FRESH, KEPT: WORK, "my_02_two_2.ipynb": "more"}


def test_a_damaged_copy_kept_aside_is_not_the_course_s(course):
    (course / NAME).write_text('{"cells": [', encoding="utf-8")
    assert next(doctor.course()).advice.endswith("course-lr reset 02")
    cli.main(["reset", "02"])
    assert list(map(str, doctor.course())) == [f"ok       2 notebooks in {course}"]


def test_a_chapter_that_was_deleted_is_told_and_brought_back(course, capsys):
    assert reset.missing(course) == []
    (course / NAME).unlink()
    (finding,) = doctor.course()
    assert finding == (f"{NAME} in {course}", "course-lr reset 02")
    cli.main(["reset", "02"])
    assert f"{NAME} is fresh again (close" in capsys.readouterr().out
    assert texts(course) == {NAME: FRESH} and not next(doctor.course()).advice


def test_without_git_nothing_is_missing_and_the_installed_tree_has_a_copy(
    course, monkeypatch, tmp_path
):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        assert reset.missing(course) == []
        with pytest.raises(SystemExit, match="git is not installed"):
            cli.main(["reset", "02"])
    shutil.rmtree(tmp_path / ".git")
    assert reset.missing(course) == []
    installed = tmp_path / "installed/notebooks"
    installed.mkdir(parents=True)
    monkeypatch.setattr(places, "ROOT", installed.parent)
    with pytest.raises(SystemExit, match="no fresh copy of 02_two.ipynb .this folder is no git"):
        cli.main(["reset", "02"])
    assert texts(course) == {NAME: WORK}
    (installed / NAME).write_text("installed", encoding="utf-8")
    cli.main(["reset", "02"])
    assert texts(course) == {NAME: "installed", KEPT: WORK}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_loses_no_work(course, monkeypatch, failing):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(SystemExit, match="was left as it is: No space left on device"):
        cli.main(["reset", "02"])
    assert (course / NAME).read_text("utf-8") == WORK
    assert not [path for path in course.iterdir() if path.suffix == ".part"]


def test_a_name_that_is_taken_is_never_written_to(tmp_path):
    (tmp_path / KEPT).symlink_to(tmp_path / "nowhere")
    assert reset.aside(tmp_path / NAME).name == "my_02_two_2.ipynb"
