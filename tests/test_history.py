"""What a training leaves: named arrays, a file that is never half written, strict JSON."""

import copy
import io
import json
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest

from course_lr import History, Quadratic, begin, digits, train
from course_lr.history import Record

ROOT = pathlib.Path(__file__).resolve().parents[1]
NETWORK = {"hidden": (8,), "batch_size": 32, "samples": 128, "loss": "squared_error"}
RECORD = ("loss", "path", "eta", "grad_cosine", "validation_loss", "validation_accuracy")


@pytest.fixture(scope="module")
def history():
    history = train(digits(**NETWORK), [0.01, 0.05, 1e9], steps=9, seeds=[3, 1], record=RECORD)
    assert history.diverged[2].all() and not history.diverged[:2].any()
    return history


def short(**options):
    return train(Quadratic([1.0]), 0.5, steps=2, **options)


def same(one, other):
    assert list(one.records) == list(other.records)
    for name in (*one.records, "w", "record_steps", "diverged_at"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), strict=True)
    assert (one.axes, one.steps, one.seeds) == (other.axes, other.steps, other.seeds)


# --- the object ---------------------------------------------------------------------------------


def test_records_are_attributes_contiguous_in_the_order_of_the_axes(history):
    assert history.loss is history.records["loss"]
    assert set(RECORD) <= set(dir(history)) and "to_dict" in dir(history)
    assert all(values.flags.c_contiguous for values in history.records.values())


def test_repr(history):
    assert repr(history) == (
        "<History of 9 steps, 3 runs × 2 seeds: loss, path, eta, grad_cosine, "
        "validation_loss, validation_accuracy; 2 diverged>"
    )
    assert repr(short()) == "<History of 2 steps, 1 run: loss; 0 diverged>"
    assert "2 steps, 4 seeds: loss" in repr(short(seeds=4))


def test_what_was_not_recorded_is_named_with_the_remedy(history):
    with pytest.raises(AttributeError) as caught:
        _ = history.grad_norm
    message = str(caught.value)
    assert "'grad_norm' was not recorded" in message and "loss, path, eta" in message
    assert "record=('loss', 'grad_norm')" in message
    with pytest.raises(AttributeError, match="'lossy'") as caught:
        _ = history.lossy
    assert "record=" not in str(caught.value)
    assert not hasattr(history, "_repr_html_") and not hasattr(history, "__array__")


@pytest.mark.parametrize(
    "method", [copy.copy, copy.deepcopy, lambda h: pickle.loads(pickle.dumps(h))]
)
def test_copies(history, method):
    again = method(history)
    same(history, again)
    assert again is not history


# --- JSON ---------------------------------------------------------------------------------------


def test_to_dict_is_strict_json(history):
    values = json.loads(json.dumps(history.to_dict(), allow_nan=False))
    assert values.pop("axes") == ["step", "run", "seed"] and values.pop("seeds") == [3, 1]
    assert values.pop("steps") == 9 and values.pop("record_steps") == [4, 8, 9]
    assert values.pop("diverged_at") == history.diverged_at.tolist()
    assert values["loss"][-1][2] == [None, None] and set(values) == {"w", *RECORD}
    for name, read in values.items():
        wanted = getattr(history, name)
        read = np.array(read, dtype=np.float64)  # None becomes NaN
        np.testing.assert_array_equal(read, np.where(np.isfinite(wanted), wanted, np.nan))


def test_to_dict_without_axes():
    values = train(Quadratic([1.0]), 0.5, steps=1, record=("loss", "train_loss")).to_dict()
    assert values == {
        "axes": ["step"],
        "steps": 1,
        "seeds": [0],
        "record_steps": [1],
        "diverged_at": -1,
        "w": [0.5],
        "loss": [0.5, 0.125],
        "train_loss": [0.125],
    }


# --- the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run.npz", "run", "a name.with ümlaut.npz"])
def test_save_and_load(history, tmp_path, name):
    path = tmp_path / name
    history.save(path)
    same(history, History.load(path))
    same(history, History.load(str(path)))
    assert [p.name for p in tmp_path.iterdir()] == [name]
    umask = subprocess.check_output([sys.executable, "-c", "import os; print(os.umask(0))"])
    assert path.stat().st_mode & 0o777 == 0o666 & ~int(umask)  # asked of a child: asking sets it


def test_save_and_load_without_axes_and_records(tmp_path):
    empty = train(Quadratic([1.0]), [0.5], steps=0, record=())
    for saved in (short(), empty, begin(Quadratic([1.0]), 0.5, seeds=2).history):
        saved.save(tmp_path / "file")
        same(saved, History.load(tmp_path / "file"))


def test_a_failure_while_saving_leaves_the_old_file_and_nothing_else(
    history, tmp_path, monkeypatch
):
    path = tmp_path / "run.npz"
    short().save(path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space left"):
        history.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    same(short(), History.load(path))


KILLED = """
    import os, sys
    from course_lr import History

    def hang(*arguments):
        if left == "new":
            replace(*arguments)
        print("now", flush=True)
        sys.stdin.read()  # until killed

    old, new, function, left = sys.argv[1:]
    replace = os.replace
    setattr(os, function, hang)
    History.load(new).save(old)
"""


@pytest.mark.parametrize("moment", [("fsync", "old"), ("replace", "old"), ("replace", "new")])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_kill_leaves_the_old_file_or_the_new_one(history, tmp_path, moment):
    """Before the new file is on the disk, before it takes the old one's place, and after."""
    files = {"old": short(), "new": history}
    for name, saved in files.items():
        saved.save(tmp_path / name)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), *map(tmp_path.joinpath, files)]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *moment], stdin=pipe, stdout=pipe, cwd=ROOT) as child:
        assert child.stdout.readline() == b"now\n"
        child.kill()
        child.wait(timeout=60)
    assert child.returncode == -signal.SIGKILL
    same(files[moment[1]], History.load(tmp_path / "old"))
    history.save(tmp_path / "old")  # and what is left behind is in nobody's way
    same(history, History.load(tmp_path / "old"))


class Evil:
    """Unpickling it would be noticed."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def about(**changes):
    def change(arrays):
        arrays["about"] = np.array(json.dumps(json.loads(str(arrays["about"])) | changes))

    return change


def arrays(**changes):
    return lambda arrays: arrays.update(changes)


FOREIGN = {
    "other arrays": lambda a: (a.clear(), a.update(x=np.ones(3))),
    "about is no JSON": arrays(about=np.array("{")),
    "about is a list": arrays(about=np.array("[]")),
    "about is a number": arrays(about=np.array(3.0)),
    "about is empty": arrays(about=np.array("{}")),
    "another format": about(format="course_lr.History/99"),
    "axes are a number": about(axes=3),
    "steps are text": about(steps="many"),
    "no w": lambda a: a.pop("w"),
    "w of another shape": arrays(w=np.ones(3)),
    "diverged_at is text": arrays(diverged_at=np.array(["a"])),
    "a record of another shape": lambda a: a.update({"record.loss": a["record.loss"][:-1]}),
    "a record without its prefix": lambda a: a.update(loss=a.pop("record.loss")),
    "an unknown record": lambda a: a.update({"record.nonsense": a["record.loss"]}),
    "a record of text": lambda a: a.update({"record.loss": a["record.loss"].astype(str)}),
}
TRAP = np.array([Evil()], dtype=object)
PICKLES = {f"a pickle as {name}": arrays(**{name: TRAP}) for name in ("record.loss", "about", "x")}


@pytest.mark.parametrize(("name", "change"), [*FOREIGN.items(), *PICKLES.items()])
def test_a_file_with_other_arrays_is_refused(history, tmp_path, name, change):
    path = tmp_path / "edited.npz"
    history.save(path)
    with np.load(path) as file:
        edited = dict(file)
    change(edited)
    np.savez(path, **edited)
    message = "is damaged.*allow_pickle" if name in PICKLES else "holds no History"
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} {message}"):
        History.load(path)


def test_anything_else_is_refused(history, tmp_path):
    path, bare = tmp_path / "file", io.BytesIO()
    history.save(path)
    data = path.read_bytes()
    np.save(bare, np.ones(3))
    truncated = [data[:size] for size in (0, 1, 3, 10, 100, len(data) // 2, len(data) - 9)]
    others = (b"hello", b"\x93NUMPY", b"\x80\x04.", pickle.dumps({"a": 1}), bare.getvalue())
    for content in (*truncated, *others):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{re.escape(str(path))} is damaged or is no History"):
            History.load(path)


def test_any_changed_byte_of_the_arrays_is_noticed(tmp_path):
    path = tmp_path / "file"
    train(Quadratic([1.0]), [0.5, 0.1], steps=5).save(path)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        members = file.infolist()
    for member in members:
        packed = member.header_offset + 30 + len(member.filename)
        for position in range(packed + 20, packed + member.compress_size, 7):
            changed = bytearray(data)
            changed[position] ^= 0xFF
            path.write_bytes(changed)
            with pytest.raises(ValueError, match="damaged"):
                History.load(path)


def test_the_systems_own_errors_come_through(history, tmp_path):
    with pytest.raises(FileNotFoundError):
        History.load(tmp_path / "missing.npz")
    with pytest.raises(IsADirectoryError):
        History.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        history.save(tmp_path / "no folder" / "run.npz")
    with pytest.raises(OSError):
        history.save(tmp_path)
    assert not list(tmp_path.iterdir())


# --- one record of a block ----------------------------------------------------------------------


def test_a_record_grows_and_fills_in_what_is_missing():
    record = Record(3, -1.0)
    for step in range(40):
        record.append(np.array([0, 2]) if step % 2 else np.array([1]), float(step))
    odd = np.arange(40) % 2 == 1
    np.testing.assert_array_equal(record.values[:, 0], np.where(odd, np.arange(40), -1))
    np.testing.assert_array_equal(record.values[:, 1], np.where(odd, -1, np.arange(40)))
    assert record.values.shape == (40, 3) and len(record.data) < 100
    record.reserve(10)
    assert len(record.data) >= 50 and record.values.shape == (40, 3)
    assert record.bytes_for(10) == 50 * 3 * 8
