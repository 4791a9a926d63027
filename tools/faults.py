"""Break the product in many ways, one at a time: the test that a fault names must catch it.

    python -m tools.faults                  all faults, two at a time; ends with 1 if one gets by
    python -m tools.faults --only ID        this one (may be given several times)
    python -m tools.faults --table          write tools/FAULTS.md, run nothing

A fault is an entry in ``tools/faults/*.toml``: a text that stands once in a file of the product,
and the text to put in its place. Copies of the tree are broken, never the tree itself. Each named
test runs once unbroken, and must pass; then once with every fault, and a test in it must fail: a
file that can't be imported, an unknown test or a run that hangs count as not caught.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER, TABLE = ROOT / "tools" / "faults", ROOT / "tools" / "FAULTS.md"
SECONDS = 300  # for one run of pytest, before it counts as hanging
QUICK = ("playwright", "base_url", "xdist", "nbval")  # plugins that no named test needs
FAILED, ENDS = 1, {2: "tests can't be imported", 4: "pytest refused to run", 5: "no test selected"}
HEAD = """# Seeded faults

`make faults` breaks a copy of the product in each of these ways, and the test named in the last
column must fail. Written from `tools/faults/*.toml` by `python -m tools.faults --table`.
"""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to break the product.

    Attributes:
        id: a few words with dashes between.
        breaks: what is wrong then, in words.
        file: the file that is edited, as seen from the root.
        old, new: the text that stands once in it, and what takes its place.
        test: the test file that must catch it.
        only: which of its tests, an expression for pytest's ``-k``; empty for all.
        area: the part of the product, the name of the list that it stands in.
    """

    id: str
    breaks: str
    file: str
    old: str
    new: str
    test: str
    only: str = ""
    area: str = ""

    def broken(self, text: str) -> str:
        """``text`` with the fault in it.

        Raises:
            ValueError: the old text does not stand in it exactly once, or is the new one.
        """
        if self.old == self.new or text.count(self.old) != 1:
            raise ValueError(
                f"{self.id}: the old text must differ from the new one and stand once in "
                f"{self.file}, where it stands {text.count(self.old)} times: {self.old!r}"
            )
        return text.replace(self.old, self.new)


@dataclasses.dataclass(frozen=True)
class Ran:
    """What a run of pytest came to: its exit status, the first failure, all it said."""

    status: int | None
    failure: str
    said: str

    @property
    def missed(self) -> str:
        """Why a fault counts as not caught; empty where a test failed."""
        if self.status is None:
            return f"hung for {SECONDS} s"
        if self.status == 0:
            return "all tests passed"
        if self.status != FAILED or not self.failure:
            return ENDS.get(self.status, "no test failed, though something went wrong")
        return ""


def known(folder: pathlib.Path = FOLDER) -> list[Fault]:
    """All faults, in the order of their files."""
    lists = (
        (path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))
    )
    return [
        Fault(**entry, area=re.sub(r"^\d+_", "", name))
        for name, text in lists
        for entry in tomllib.loads(text)["fault"]
    ]


def table(faults: Iterable[Fault]) -> str:
    """The faults as a page of Markdown."""
    lines = [HEAD]
    area = None
    for fault in faults:
        if fault.area != area:
            lines.append(f"\n## {fault.area.replace('_', ' ').capitalize()}\n")
            lines.append(
                "| fault | what is wrong then | broken file | caught by |\n|---|---|---|---|"
            )
        area = fault.area
        which = f', `-k "{fault.only}"`' if fault.only else ""
        test = f"`{fault.test}`{which}"
        lines.append(f"| {fault.id} | {fault.breaks} | `{fault.file}` | {test} |")
    return "\n".join(lines) + "\n"


def copy_tree(target: pathlib.Path) -> None:
    """Everything that git tracks or would track, as it stands in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        sys.exit(f"faults: git can't list the files of {ROOT}: {listed.stderr.strip()}")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


@contextlib.contextmanager
def applied(fault: Fault, tree: pathlib.Path) -> Iterator[None]:
    """Within the block, ``tree`` has the fault in it."""
    path = tree / fault.file
    before, when = path.read_bytes(), path.stat()
    path.write_bytes(fault.broken(before.decode()).encode())
    os.utime(path, ns=(when.st_atime_ns, when.st_mtime_ns + 10**10))  # no kept bytecode is taken
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(when.st_atime_ns, when.st_mtime_ns))


def run(tree: pathlib.Path, test: str, only: str, keep: bool = False) -> Ran:
    """Run one test file of ``tree``; bytecode is kept for the next run if ``keep``."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
    command += [word for name in QUICK for word in ("-p", f"no:{name}")]
    command += ["--hypothesis-seed=0", test, *(["-k", only] if only else [])]
    own = {"PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"}
    own |= {} if keep else {"PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile() as said:
        options = {"cwd": tree, "env": os.environ | own, "stdout": said, "stderr": said}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    failure = re.search(r"^FAILED \S+?::(.*?)(?: - |$)", text, re.MULTILINE)
    return Ran(status, failure[1] if failure else "", text)


def together(faults: Iterable[Fault]) -> dict[str, str]:
    """By test file, the expression that selects what its faults name, taken together."""
    named: dict[str, list[str]] = {}
    for fault in faults:
        named.setdefault(fault.test, []).append(fault.only)
    return {
        test: " or ".join(f"({only})" for only in dict.fromkeys(all_)) if all(all_) else ""
        for test, all_ in named.items()
    }


class Trees:
    """Copies of the tree for as many runs at a time."""

    def __init__(self, folder: pathlib.Path, jobs: int):
        self.jobs, self.free = jobs, queue.SimpleQueue()
        for number in range(jobs):
            copy_tree(folder / str(number))
            self.free.put(folder / str(number))

    def each(self, work: Callable, items: Iterable) -> Iterator[tuple]:
        """``(item, work(item, tree), seconds)`` as they end."""

        def one(item):
            tree, began = self.free.get(), time.perf_counter()
            try:
                return item, work(item, tree), time.perf_counter() - began
            finally:
                self.free.put(tree)

        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                for job in as_completed([pool.submit(one, item) for item in items]):
                    yield job.result()
            finally:
                pool.shutdown(cancel_futures=True)


def unbroken(item: tuple[str, str], tree: pathlib.Path) -> Ran:
    """Run a test file without any fault."""
    return run(tree, *item, keep=True)


def broken(fault: Fault, tree: pathlib.Path) -> Ran:
    """Run the test of a fault with the fault."""
    with applied(fault, tree):
        return run(tree, fault.test, fault.only)


def hunt(faults: list[Fault], jobs: int, verbose: bool) -> list[str]:
    """Run everything, print a row a fault; the ids of those that were not caught."""
    with tempfile.TemporaryDirectory(prefix="course_lr-faults-") as folder:
        trees, sick = Trees(pathlib.Path(folder), jobs), set()
        for (test, _), found, seconds in trees.each(unbroken, together(faults).items()):
            passed = found.status == 0
            print(
                f"{'passes' if passed else 'FAILS'} unbroken  {test}  {seconds:.0f} s", flush=True
            )
            if not passed:
                print(found.said)
                sick.add(test)
        sound = [fault for fault in faults if fault.test not in sick]
        missed = [fault.id for fault in faults if fault.test in sick]
        for fault, found, seconds in trees.each(broken, sound):
            word = "NOT CAUGHT" if found.missed else "caught"
            told = f"{found.missed or found.failure}  {seconds:.0f} s"
            print(f"{word:10}  {fault.id:34}  {fault.test}  {told}", flush=True)
            if found.missed:
                missed.append(fault.id)
            if verbose or found.missed:
                print(found.said)
    return missed


def chosen(names: list[str] | None) -> list[Fault]:
    """The faults with these ids; all without names."""
    faults = known()
    for name in names or []:
        if name not in [fault.id for fault in faults]:
            sys.exit(f"faults: there is no fault {name!r}")
    return [fault for fault in faults if not names or fault.id in names]


def main(arguments: list[str] | None = None) -> int:
    """0 where every fault was caught, 1 where one was not or a test fails unbroken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="ID", help="a fault, by its id")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (default: 2)")
    parser.add_argument("--verbose", action="store_true", help="show what pytest said")
    parser.add_argument("--table", action="store_true", help="write tools/FAULTS.md, run nothing")
    options = parser.parse_args(arguments)
    if options.table:
        TABLE.write_text(table(known()), encoding="utf-8")
        return 0
    faults, began = chosen(options.only), time.perf_counter()
    missed = hunt(faults, max(1, options.jobs), options.verbose)
    caught = len(faults) - len(missed)
    print(f"{caught} of {len(faults)} faults caught, {time.perf_counter() - began:.0f} s")
    print(*(f"not caught: {id}" for id in missed), sep="\n", end="\n" if missed else "")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
