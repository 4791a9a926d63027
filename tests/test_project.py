"""The project around the package: dependencies, make, sizes, and what may stand in a file."""

import ast
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from tools import notebooks, readme_picture

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def ci_or_skip(reason: str):
    """A tool is missing: a reason to skip on a learner's machine, a failure in CI."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


# --- dependencies ---------------------------------------------------------------------------


def test_what_is_locked_is_what_pyproject_admits():
    course, test, bridges = (
        (ROOT / f"requirements/{name}.txt").read_text("utf-8")
        for name in ("course", "test", "bridges")
    )
    pins = re.findall(r"^\S+==.*$", course + test, re.MULTILINE)
    assert all(pin.endswith("\\") for pin in pins)  # its hashes follow
    groups = (PROJECT["dependencies"], EXTRAS["test"], EXTRAS["bridges"])
    for group, text in zip(groups, (course, course + test, bridges)):
        for requirement in map(Requirement, group):
            versions = re.findall(rf"^{requirement.name}==(\S+)", text, re.MULTILINE)
            assert versions and all(map(requirement.specifier.contains, versions)), requirement


def test_python_s_lowest_version_is_the_same_everywhere():
    needed = PROJECT["requires-python"].removeprefix(">=")
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    script = (ROOT / "tools/install.sh").read_text(encoding="utf-8")
    assert f"- python>={needed}\n" in conda and "- -e .[test]\n" in conda
    assert f"version_info < ({needed.replace('.', ', ')})" in script
    assert set(re.findall(r"Python (3\.\d+) or newer", script)) == {needed}


def test_the_course_itself_needs_little():
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert names == {"numpy", "matplotlib", "ipywidgets", "jupyterlab", "tqdm", "threadpoolctl"}


def test_import_brings_numpy_alone():
    code = (
        "import sys, numpy, numpy.linalg, numpy.random; before = set(sys.modules);"
        "import course_lr; print(*sorted(set(sys.modules) - before), sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "course_lr" in loaded
    foreign = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert foreign <= {"course_lr", "numpy"}
    late = ("course_lr.teaching", "course_lr.interop", "course_lr.cli")
    assert not [name for name in loaded if name.startswith(late)]


# --- make -----------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path):
    """What ``make`` needs of the project, in a folder without an environment."""
    if not (shutil.which("make") and os.name == "posix"):
        ci_or_skip("needs make and a POSIX shell")
    for name in ("Makefile", "pyproject.toml", "tools/install.sh", "requirements/course.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(path: pathlib.Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def make(folder: pathlib.Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """``make`` in ``folder``, with its ``bin`` before the system's programs."""
    path = f"{folder / 'bin'}{os.pathsep}{os.defpath}"
    environment |= {"PATH": path, "HOME": str(folder), "MAKEFLAGS": ""}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("target", "change", "message"),
    [
        ("lab", "sys.version_info = (3, 9, 2)", "3.11 or newer is needed, and python3 is 3.9.2"),
        ("test", "sys.version_info = (2, 7, 18)", "3.11 or newer is needed"),
        ("lab", "sys.modules['ensurepip'] = None", "apt install python3-venv"),
        ("test", "sys.modules['venv'] = None", "apt install python3-venv"),
        ("lab", "sys.exit(127)", "3.11 or newer is needed, and there is no working python3"),
    ],
)
def test_make_says_in_one_line_what_the_interpreter_lacks(clone, target, change, message):
    real = shutil.which("python3") or sys.executable
    program(clone / "bin/python3", f'shift; exec "{real}" -c "import sys; {change}\n$1"')
    run = make(clone, target)
    lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert run.returncode != 0 and len(lines) == 1 and message in lines[0]
    assert not (clone / ".venv").exists()


CALLS = 'echo "$@" >> calls; case "$1" in -c) echo 3.11;; esac; '


def installs(folder: pathlib.Path, *arguments: str) -> list[str]:
    """The installations that ``make`` asks ``.venv/bin/python`` for."""
    calls = folder / "calls"
    calls.write_text("", encoding="utf-8")
    assert make(folder, *arguments).returncode == 0
    return re.findall(r"^-m (.* install .*)$", calls.read_text(encoding="utf-8"), re.MULTILINE)


def test_a_second_make_installs_nothing(clone):
    program(clone / ".venv/bin/python", CALLS)
    assert installs(clone, "lab") and not installs(clone, "lab")
    assert installs(clone, "test") and not installs(clone, "test") + installs(clone, "lab")
    shutil.rmtree(clone / ".venv")
    program(clone / ".venv/bin/python", CALLS)
    assert installs(clone, "test") and not installs(clone, "lab")
    for name in ("pyproject.toml", "requirements/course.txt"):
        with (clone / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert installs(clone, "lab") and not installs(clone, "lab")


@pytest.mark.parametrize("case", ["uv on the PATH", "uv by pip", "an index of pip's own", "no uv"])
def test_uv_and_pip_install_the_same_lock(clone, case):
    settings = 'case "$*" in *config*) echo "%s=\'...\'";; *"install --quiet uv") exit %d;; esac'
    own = "global.index-url" if "index" in case else "global.extra-index-url"
    program(clone / ".venv/bin/python", CALLS + settings % (own, case == "no uv"))
    if "PATH" in case:
        program(clone / "bin/uv", 'echo "-m uv $@" >> calls')
    asked = installs(clone, "lab")[-2:]
    lines = " ".join(asked)
    assert ("uv pip install --python .venv/bin/python" in lines) == ("uv" in case[:2])
    assert asked[0].endswith("--quiet --require-hashes -r requirements/course.txt")
    assert asked[1].endswith("--quiet --no-deps -e .")


def test_where_the_lock_does_not_fit_pyproject_s_bounds_are_installed_but_not_in_ci(clone):
    program(clone / ".venv/bin/python", 'case "$*" in *hashes*) exit 1;; esac')
    run = make(clone, "lab", CI="true")
    assert run.returncode != 0 and "could not be installed" in run.stderr
    run = make(clone, "lab")
    assert run.returncode == 0 and "do not install here: taking those" in run.stdout


def test_a_failed_install_is_tried_again(clone):
    program(clone / ".venv/bin/python", 'case "$*" in *install*) exit 1;; esac')
    first, second = make(clone, "lab"), make(clone, "lab")
    assert first.returncode != 0 and second.returncode != 0
    assert "could not be installed" in second.stderr


def test_make_alone_prints_every_target(clone):
    targets = re.search(r"^\.PHONY: (.*)$", (clone / "Makefile").read_text(), re.MULTILINE)
    printed = make(clone).stdout
    assert [line.split()[1] for line in printed.splitlines()] == targets[1].split()


def test_make_test_bridges_runs_all_that_looks_at_a_framework():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = re.search(r"^BRIDGES := ((?:.*\\\n)*.*)$", text, re.MULTILINE)[1].split()
    named = [ROOT / name for name in listed if name != "\\"]
    assert all(path.exists() for path in named)
    run = {path for name in named for path in (name, *name.rglob("test_*.py"))}
    looks = re.compile(r"(importorskip|for needed in).*(torch|jax|keras|optax)|^import torch", re.M)
    for path in (ROOT / "tests").rglob("test_*.py"):
        if path != pathlib.Path(__file__).resolve() and looks.search(path.read_text("utf-8")):
            assert path in run, path
    for path in notebooks.selected(notebooks.FOLDER, []):
        needs = notebooks.load(path).metadata.get("course_lr", {}).get("needs")
        assert bool(needs) == (path in run), path


def test_what_make_test_quick_leaves_out_is_there():
    for name in runpy.run_path(str(ROOT / "conftest.py"))["SLOW"]:
        path, _, test = name.partition("::")
        assert f"def {test}" in (ROOT / path).read_text(encoding="utf-8"), name


# --- what stands in the files ---------------------------------------------------------------


def test_no_file_names_a_package_registry():
    hosts = "pypi org, pythonhosted org, anaconda org, anaconda com, npmjs org, npmjs com"
    hosts = [host.replace(" ", ".") for host in f"{hosts}, deb debian org".split(", ")]
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        ci_or_skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    assert "pyproject.toml" in names
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        assert not [host for host in hosts if host in text], name


def test_every_notebook_is_saved_clean(capsys):
    status = notebooks.main(["--check"])
    assert (status, capsys.readouterr().err) == (0, "")


def code_lines(path: pathlib.Path) -> int:
    """Lines of code: blank lines, comments and docstrings are not counted."""
    text = path.read_text(encoding="utf-8")
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, nodes) and ast.get_docstring(node) is not None:
            docstrings.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    rows = enumerate(text.splitlines(), start=1)
    return sum(n not in docstrings and not re.match(r"\s*(#|$)", row) for n, row in rows)


AT_MOST = {
    "course_lr": 3_800,
    "course_lr/interop": 700,
    "course_lr/teaching": 2_400,
    "course_lr/teaching/chapters": 4_100,
    "course_lr/teaching/workbench": 1_100,
    "experiments": 2_100,
    "tests": 10700,
    "tools": 1_100,
}
"""Lines of code of each part, without the parts inside it that are listed themselves."""


@pytest.mark.parametrize("part", AT_MOST)
def test_the_code_stays_small(part):
    inside = [ROOT / other for other in AT_MOST if other.startswith(f"{part}/")]
    files = [path for path in (ROOT / part).rglob("*.py") if not {*inside} & {*path.parents}]
    sizes = {str(path.relative_to(ROOT)): code_lines(path) for path in files}
    assert sum(sizes.values()) <= AT_MOST[part], sizes


def test_the_readme_shows_the_picture_of_chapter_00_and_lists_every_chapter():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert readme_picture.TARGET.read_bytes() == readme_picture.first_picture()
    assert f"({readme_picture.TARGET.relative_to(ROOT)})" in readme
    chapters = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert chapters and re.findall(r"\(notebooks/(\S+\.ipynb)\)", readme) == chapters


def test_no_code_file_holds_two_ideas():
    for folder in ("course_lr", "tools", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path


def test_a_test_run_keeps_away_from_a_learners_progress(pytestconfig):
    scratch = pathlib.Path(os.environ["COURSE_LR_SCRATCH"])
    assert scratch == pathlib.Path(pytestconfig.course_lr_scratch) and scratch.is_dir()
    assert ROOT not in scratch.parents
