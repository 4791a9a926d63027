"""Break a copy of the product in one way after another: each time a test has to fail.

    python tools/faults.py [faults|mutants] [ID ...]

Runs all entries of ``tools/faults.toml`` (the default) or ``tools/mutants.toml``, or those named.
An entry quotes a text that occurs once in a file, the text to put in its place, and what must tell:
arguments for pytest, a file or a node id. It is caught where a test fails. An import that fails, a
test that is not there or a run that hangs catches nothing. The exit status is 1 if one survived.

To draw new mutants: ``pip install cosmic-ray`` in an environment of its own, ``cosmic-ray init``,
sample its table ``mutation_specs`` with a seed, one row per place in the source, and write down
what ``cosmic_ray.mutating.mutate_code(text, get_operator(name)(), occurrence)`` changes.
"""

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600  # for one run of pytest, before it counts as hanging
PYTEST = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "--hypothesis-seed=0"]
UNUSED = ("cacheprovider", "playwright", "base_url", "xdist", "nbval")  # plugins, slow to load


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to break the product.

    Attributes:
        id: a few words with dashes between.
        breaks: what is wrong then, in words.
        file: the file that is edited, relative to the root.
        old, new: the text that occurs once in it, and what takes its place.
        test: arguments for pytest, separated by spaces.
    """

    id: str
    breaks: str
    file: str
    old: str
    new: str
    test: str

    def applied(self, text: str) -> str:
        """``text`` with the fault in it.

        Raises:
            ValueError: the old text is not found in it exactly once, or equals the new one.
        """
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(
                f"{self.id}: {self.old!r} must differ from the new text and occur once in "
                f"{self.file}; it occurs {text.count(self.old)} times"
            )
        return text.replace(self.old, self.new)


def read_table(name: str) -> list[Fault]:
    """All entries of ``tools/<name>.toml``."""
    text = (ROOT / "tools" / f"{name}.toml").read_text(encoding="utf-8")
    return [Fault(**entry) for entry in tomllib.loads(text)["fault"]]


def copy_tree(target: Path) -> None:
    """Copy every file that git tracks or would track, as it is in the working tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def run_tests(tree: Path, tests: list[str], **environment: str) -> tuple[str, str]:
    """Run pytest in ``tree``: "passed", "failed", "hung" or "broken", and what it printed."""
    command = [*PYTEST, *(word for name in UNUSED for word in ("-p", f"no:{name}")), *tests]
    environment = {"PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"} | environment
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        options = {"cwd": tree, "env": os.environ | environment, "stdout": output}
        try:
            status = subprocess.run(command, **options, stderr=output, timeout=SECONDS).returncode
        except subprocess.TimeoutExpired:
            return "hung", ""
        output.seek(0)
        text = output.read()
    if status == 1 and "\nFAILED " in text:
        return "failed", text
    return "broken" if status else "passed", text


def survives(fault: Fault, tree: Path) -> str:
    """What the tests did instead of failing, empty if they failed; ``tree`` is restored."""
    path = tree / fault.file
    original, before = path.read_bytes(), path.stat()
    path.write_bytes(fault.applied(original.decode()).encode())  # a new date: not the kept bytecode
    try:
        outcome, _ = run_tests(tree, fault.test.split(), PYTHONDONTWRITEBYTECODE="1")
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return "" if outcome == "failed" else outcome


def main(arguments: list[str] | None = None) -> int:
    """0 where every fault was caught, 1 where one survived or a test fails unbroken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="?", default="faults", choices=("faults", "mutants"))
    parser.add_argument("id", nargs="*", help="take these entries only")
    options = parser.parse_args(arguments)
    faults = {fault.id: fault for fault in read_table(options.table)}
    if unknown := set(options.id) - set(faults):
        parser.error(f"tools/{options.table}.toml has no {unknown.pop()!r}")
    chosen = [faults[name] for name in options.id or faults]
    with tempfile.TemporaryDirectory(prefix="course_lr-faults-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        outcome, output = run_tests(tree, sorted({t for f in chosen for t in f.test.split()}))
        if outcome != "passed":
            print(f"{output}\nthe tests must pass before anything is broken: {outcome}")
            return 1
        survivors = []
        for fault in chosen:
            began = time.perf_counter()
            reason = survives(fault, tree)
            survivors += [fault.id] * bool(reason)
            seconds = f"{time.perf_counter() - began:.0f} s"
            print(f"{reason or 'caught':10} {fault.id:34} {seconds:>5}  {fault.test}", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} {options.table} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
