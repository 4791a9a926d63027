"""The seeded faults and the mutants: all can still be made, and the driver tells what a test did.

None is made here; ``make faults`` and ``make mutants`` take minutes.
"""

import ast
import re

import pytest

from tools import faults


@pytest.mark.parametrize(("table", "count"), [("faults", 30), ("mutants", 50)])
def test_every_quoted_text_occurs_once_in_its_file(table, count):
    """If not, the product was edited: edit the entry in tools/ so that it fits again."""
    entries = faults.read_table(table)
    assert len(entries) == len({entry.id for entry in entries}) == count
    for entry in entries:
        broken = entry.applied((faults.ROOT / entry.file).read_text(encoding="utf-8"))
        if entry.file.endswith(".py"):
            ast.parse(broken)  # a file that can't be parsed would be caught by anything
        for test in entry.test.split():
            file, _, name = test.partition("::")
            text = (faults.ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {name}\(" if name else "^def test", text, re.M), entry.id


OUTCOMES = {
    "x / 3": "",
    "2 * x / 4": "passed",
    "x /": "broken",
    "half(x)\n\n\nwhile True:\n    pass\n": "hung",
}


@pytest.mark.parametrize("new", OUTCOMES)
def test_only_a_test_that_fails_catches_a_fault(tmp_path, monkeypatch, new):
    (tmp_path / "product.py").write_text("def half(x):\n    return x / 2\n")
    (tmp_path / "test_product.py").write_text(
        "import product\n\n\ndef test_half():\n    assert product.half(4) == 2\n"
    )
    monkeypatch.setattr(faults, "SECONDS", 5 if OUTCOMES[new] == "hung" else 60)
    fault = faults.Fault("a-fault", "", "product.py", "x / 2", new, "test_product.py")
    assert faults.survives(fault, tmp_path) == OUTCOMES[new]
    assert (tmp_path / "product.py").read_text() == "def half(x):\n    return x / 2\n"


def test_a_text_that_does_not_occur_once_is_refused():
    for old, count in (("x", 2), ("y", 0)):
        fault = faults.Fault("a-fault", "", "product.py", old, "z", "")
        with pytest.raises(ValueError, match=f"a-fault: '{old}' .* occurs {count} times"):
            fault.applied("x + x")


def test_an_unknown_id_is_named(capsys):
    with pytest.raises(SystemExit):
        faults.main(["mutants", "nothing-of-the-kind"])
    assert "tools/mutants.toml has no 'nothing-of-the-kind'" in capsys.readouterr().err
