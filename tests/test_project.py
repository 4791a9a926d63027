"""The project around the package: dependencies, make, sizes, and what may stand in a file."""

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tools import notebooks, readme_picture

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}  # the same package without its desktop windows
HOSTS = [  # joined here, so that this file names none of them either
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
        ("anaconda", "com"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
    )
]


def ci_or_skip(reason: str):
    """A tool is missing: a reason to skip on a learner's machine, a failure in CI."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def split(requirement: str) -> tuple[str, str]:
    """``numpy>=2.0`` -> (``numpy``, ``>=2.0``)."""
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", requirement).groups()
    return CONDA_NAMES.get(name, name), bounds


# --- dependencies ---------------------------------------------------------------------------


def test_environment_yml_names_what_pyproject_names():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = re.findall(r"^ +- (\S+)$", text, flags=re.MULTILINE)
    conda = dict(split(each) for each in listed if each not in ("conda-forge", "pip", "pip:"))
    wanted = dict(split(each) for each in PROJECT["dependencies"] + EXTRAS["test"])
    wanted["python"] = PROJECT["requires-python"]
    assert conda == wanted
    assert "- -e .\n" in text and re.findall(r"channels:\n((?: +- .*\n)+)", text) == [
        "  - conda-forge\n"
    ]


def test_the_course_itself_needs_little():
    names = {split(each)[0] for each in PROJECT["dependencies"]}
    assert names == {"numpy", "matplotlib", "ipywidgets", "jupyterlab", "tqdm", "threadpoolctl"}


def test_import_brings_numpy_alone():
    code = (
        "import sys, numpy, numpy.linalg, numpy.random; before = set(sys.modules);"
        "import course_lr; print(*sorted(set(sys.modules) - before), sep='\\n')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
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
    for name in ("Makefile", "pyproject.toml", "tools/install.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(path: pathlib.Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def make(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    """``make`` in ``folder``, with its ``bin`` before the system's programs."""
    path = f"{folder / 'bin'}{os.pathsep}{os.defpath}"
    environment = {"PATH": path, "HOME": str(folder), "MAKEFLAGS": ""}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("target", ["lab", "test"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "sys.version_info = (3, 9, 2, 'final', 0)",
            "3.11 or newer is needed, and python3 is 3.9.2",
        ),
        ("sys.version_info = (2, 7, 18, 'final', 0)", "3.11 or newer is needed"),
        ("sys.modules['ensurepip'] = None", "apt install python3-venv"),
        ("sys.modules['venv'] = None", "apt install python3-venv"),
        ("sys.exit(127)", "3.11 or newer is needed, and there is no working python3"),
    ],
)
def test_make_says_in_one_line_what_the_interpreter_lacks(clone, target, change, said):
    real = shutil.which("python3") or sys.executable
    program(clone / "bin/python3", f'shift; exec "{real}" -c "import sys; {change}\n$1"')
    run = make(clone, target)
    told = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert run.returncode != 0 and len(told) == 1 and said in told[0]
    assert not (clone / ".venv").exists()


def test_a_second_make_installs_nothing(clone):
    body = 'echo "$@" >> calls; case "$1" in -c) echo 3.11;; esac'
    program(clone / ".venv/bin/python", body)
    done = clone / "calls"

    def installs(*arguments):
        done.write_text("", encoding="utf-8")
        assert make(clone, *arguments).returncode == 0
        return len(re.findall(r"^-m pip install", done.read_text(encoding="utf-8"), re.MULTILINE))

    assert (installs("lab"), installs("lab")) == (1, 0)
    assert (installs("test"), installs("test"), installs("lab")) == (1, 0, 0)
    shutil.rmtree(clone / ".venv")
    program(clone / ".venv/bin/python", body)
    assert (installs("test"), installs("lab")) == (1, 0)
    with (clone / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert (installs("lab"), installs("lab")) == (1, 0)


def test_a_failed_install_is_tried_again(clone):
    program(clone / ".venv/bin/python", 'case "$2" in pip) test "$3" = --version;; esac')
    first, second = make(clone, "lab"), make(clone, "lab")
    assert first.returncode != 0 and second.returncode != 0
    assert "could not be installed" in second.stderr


def test_make_alone_prints_every_target(clone):
    targets = re.search(r"^\.PHONY: (.*)$", (clone / "Makefile").read_text(), re.MULTILINE)
    told = make(clone).stdout
    assert [line.split()[1] for line in told.splitlines()] == targets[1].split()


def test_make_test_bridges_runs_all_that_looks_at_a_framework():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.search(r"^BRIDGES := ((?:.*\\\n)*.*)$", text, re.MULTILINE)[1]
    listed = [name for name in named.split() if name != "\\"]
    found = {path for name in listed for path in (ROOT / name, *(ROOT / name).rglob("test_*.py"))}
    assert all((ROOT / name).exists() for name in listed)
    looks = re.compile(r"(importorskip|for needed in).*(torch|jax|keras|optax)|^import torch", re.M)
    for path in (ROOT / "tests").rglob("test_*.py"):
        if path != pathlib.Path(__file__).resolve() and looks.search(path.read_text("utf-8")):
            assert path in found, path
    for path in notebooks.selected(notebooks.FOLDER, []):
        needs = notebooks.load(path).metadata.get("course_lr", {}).get("needs")
        assert bool(needs) == (path in found), path


def test_the_install_script_asks_for_the_python_of_pyproject():
    needed = PROJECT["requires-python"].removeprefix(">=")
    script = (ROOT / "tools/install.sh").read_text(encoding="utf-8")
    assert f"version_info < ({needed.replace('.', ', ')})" in script
    assert set(re.findall(r"Python (3\.\d+) or newer", script)) == {needed}


# --- what stands in the files ---------------------------------------------------------------


def test_no_file_names_a_package_registry():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        ci_or_skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    assert "pyproject.toml" in names
    texts = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in names}
    assert not [(name, host) for name, text in texts.items() for host in HOSTS if host in text]


def test_every_notebook_is_saved_clean(capsys):
    status = notebooks.main(["--check"])
    assert (status, capsys.readouterr().err) == (0, "")


def code_lines(path: pathlib.Path) -> int:
    """Lines of code: blank lines, comments and docstrings are not counted."""
    text = path.read_text(encoding="utf-8")
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, nodes) and ast.get_docstring(node) is not None:
            texts.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    rows = enumerate(text.splitlines(), start=1)
    return sum(n not in texts and not re.match(r"\s*(#|$)", row) for n, row in rows)


def test_the_code_stays_small():
    package = ROOT / "course_lr"
    sizes = {each.relative_to(package): code_lines(each) for each in package.rglob("*.py")}
    around = ("teaching", "interop", "cli.py")
    method = {each: n for each, n in sizes.items() if each.parts[0] not in around}
    machinery = {each: n for each, n in sizes.items() if not is_content(package / each)}
    assert sum(method.values()) <= 3700, method
    assert sum(machinery.values()) <= 7850, machinery


def is_content(path: pathlib.Path) -> bool:
    """What a chapter owns, its exercises, a figure's or an explorer's file: what lessons say."""
    figure = path.parent.name == "figures" and path.stem not in ("__init__", "style")
    explorer = path.parent.name == "explorers" and "\nEXPLORER = " in path.read_text("utf-8")
    return bool(re.match(r"ch\d\d", path.name)) or figure or explorer


def test_the_package_imports_nothing_that_stands_beside_it():
    beside = re.compile(r"^ *(from|import) (experiments|tools|tests|benchmarks)\b", re.MULTILINE)
    found = {path: path.read_text("utf-8") for path in (ROOT / "course_lr").rglob("*.py")}
    assert not [path for path, text in found.items() if beside.search(text)]


def test_the_readme_shows_the_picture_of_chapter_00():
    assert readme_picture.TARGET.read_bytes() == readme_picture.first_picture()
    assert f"({readme_picture.TARGET.relative_to(ROOT)})" in (ROOT / "README.md").read_text("utf-8")


def test_the_readme_lists_every_chapter():
    text = (ROOT / "README.md").read_text("utf-8")
    chapters = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert chapters and re.findall(r"\(notebooks/(\S+\.ipynb)\)", text) == chapters


def test_no_code_file_holds_two_ideas():
    folders = ("course_lr", "tools", "benchmarks")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    sizes = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in found
    }
    assert not {name: n for name, n in sizes.items() if n > 350}


def test_a_test_run_keeps_away_from_a_learners_progress(pytestconfig):
    scratch = pathlib.Path(os.environ["COURSE_LR_SCRATCH"])
    assert scratch == pathlib.Path(pytestconfig.course_lr_scratch) and scratch.is_dir()
    assert ROOT not in scratch.parents
