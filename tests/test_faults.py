"""The seeded faults: each can still be made in the present tree, and their table is up to date.

None is made here; ``make faults`` makes them all and takes minutes.
"""

import ast
import collections
import re
import subprocess
import sys
import tomllib

import pytest

from tools import faults

KNOWN = faults.known()
PARAMETERS = ("quadratic", "parabola", "rate_trace")  # in the ids of tests, not in their names
every_fault = pytest.mark.parametrize("fault", KNOWN, ids=lambda fault: fault.id)


def test_there_are_enough_and_each_has_an_id_and_words_of_its_own():
    assert len(KNOWN) >= 25 and len({fault.area for fault in KNOWN}) >= 8
    for field in ("id", "breaks"):
        counts = collections.Counter(getattr(fault, field) for fault in KNOWN)
        assert [text for text, times in counts.items() if times > 1] == []
    for fault in KNOWN:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", fault.id), fault.id
        assert len(fault.breaks.split()) >= 4 and "|" not in fault.breaks, fault.id


@every_fault
def test_its_old_text_stands_once_in_its_file(fault):
    """Where not, the product was edited: edit the fault in tools/faults so that it fits again."""
    before = (faults.ROOT / fault.file).read_text(encoding="utf-8")
    after = fault.broken(before)
    assert after != before
    if fault.file.endswith(".py"):
        ast.parse(after)  # a file that can't be read would be caught by anything
    if fault.file.endswith(".toml"):
        tomllib.loads(after)


@every_fault
def test_it_breaks_the_product_and_names_a_test(fault):
    assert not fault.file.startswith(("tests/", "tools/faults"))
    assert fault.test.startswith("tests/") and (faults.ROOT / fault.test).is_file()


def test_the_table_is_up_to_date():
    """Where not: python -m tools.faults --table."""
    assert faults.TABLE.read_text(encoding="utf-8") == faults.table(KNOWN)


def test_the_names_of_tests_that_faults_use_select_something():
    for test, only in faults.together(KNOWN).items():
        names = re.findall(r"def (test_\w+)", (faults.ROOT / test).read_text(encoding="utf-8"))
        for word in re.findall(r"\w+", only):
            known = [*names, "and", "or", "not"]
            assert any(word in name for name in known) or word in PARAMETERS, (test, word)


# --- the script itself, on a tree of one module and one test --------------------------------------


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "product.py").write_text("def half(x):\n    return x / 2\n")
    test = "import product\n\n\ndef test_half():\n    assert product.half(4) == 2\n"
    (tmp_path / "test_product.py").write_text(test)
    return tmp_path


def fault(new, old="x / 2", **changes):
    fields = {"id": "a-fault", "breaks": "", "file": "product.py", "test": "test_product.py"}
    return faults.Fault(old=old, new=new, **fields | changes)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (fault("x / 3"), ""),
        (fault("2 * x / 4"), "all tests passed"),
        (fault("x /"), "tests can't be imported"),
    ],
)
def test_a_fault_is_caught_by_a_test_that_fails_and_by_nothing_else(tree, made, said):
    before = (tree / "product.py").read_bytes()
    found = faults.broken(made, tree)
    assert found.missed == said
    assert found.failure == ("test_half" if not said else "")
    assert (tree / "product.py").read_bytes() == before


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (2, "can't be imported"),
        (4, "refused to run"),
        (5, "no test selected"),
        (1, "no test failed"),
        (3, "no test failed"),
    ],
)
def test_a_run_that_ends_without_a_failed_test_has_caught_nothing(status, said):
    assert said in faults.Ran(status, "", "").missed


def test_a_run_that_hangs_is_ended_and_has_caught_nothing(tree, monkeypatch):
    monkeypatch.setattr(faults, "SECONDS", 1)
    endless = fault("half(x)\n\n\nwhile True:\n    pass", old="x / 2\n")
    assert faults.broken(endless, tree).missed == "hung for 1 s"


def test_a_text_that_does_not_stand_once_is_refused(tree):
    for old, times in (("x", 2), ("y", 0)):
        with pytest.raises(ValueError, match=f"a-fault: .* stands {times} times: '{old}'"):
            fault("z", old=old).broken((tree / "product.py").read_text())
    with pytest.raises(ValueError, match="must differ"):
        fault("x / 2").broken((tree / "product.py").read_text())


def test_what_git_ignores_is_not_copied(tmp_path, monkeypatch):
    root, target = tmp_path / "root", tmp_path / "target"
    root.mkdir()
    monkeypatch.setattr(faults, "ROOT", root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    (root / ".gitignore").write_text("/kept_out/\n")
    for name in ("kept_out/a.py", "folder/b.py"):
        (root / name).parent.mkdir()
        (root / name).write_text("1\n")
    faults.copy_tree(target)
    copied = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert copied == {".gitignore", "folder/b.py"}


def test_expressions_for_one_file_are_joined():
    some = [fault("1", only="a and b"), fault("2", only="c"), fault("3", only="c")]
    assert faults.together(some) == {"test_product.py": "(a and b) or (c)"}
    assert faults.together([*some, fault("4")]) == {"test_product.py": ""}


def test_an_unknown_id_is_named():
    ran = [sys.executable, "-m", "tools.faults", "--only", "nothing-of-the-kind"]
    said = subprocess.run(ran, cwd=faults.ROOT, capture_output=True, text=True)
    assert said.returncode == 1 and "no fault 'nothing-of-the-kind'" in said.stderr
