"""What a training leaves: named arrays, a file that is never half written, strict JSON."""

import copy
import json
import pathlib
import pickle
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
    made = train(digits(**NETWORK), [0.01, 0.05, 1e9], steps=9, seeds=[3, 1], record=RECORD)
    assert made.diverged[2].all() and not made.diverged[:2].any()
    return made


def same(one, other):
    assert list(one.records) == list(other.records)
    for name, values in {**one.records, "w": one.w}.items():
        found = getattr(other, name)
        np.testing.assert_array_equal(found, values, strict=True)
    for name in ("record_steps", "diverged_at"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), strict=True)
    assert (one.axes, one.steps, one.seeds) == (other.axes, other.steps, other.seeds)
    assert repr(one) == repr(other)


# --- the object ---------------------------------------------------------------------------------


def test_attributes(history):
    assert history.axes == ("step", "run", "seed")
    assert history.seeds == (3, 1) and history.steps == 9
    assert history.record_steps.tolist() == [4, 8, 9]
    assert history.loss is history.records["loss"]
    assert set(RECORD) <= set(dir(history)) and "to_dict" in dir(history)


def test_repr(history):
    assert repr(history) == (
        "<History of 9 steps, 3 runs × 2 seeds: loss, path, eta, grad_cosine, "
        "validation_loss, validation_accuracy; 2 diverged>"
    )
    one = train(Quadratic([1.0]), 0.1, steps=3)
    assert repr(one) == "<History of 3 steps, 1 run: loss; 0 diverged>"
    assert "3 steps, 4 seeds: loss" in repr(train(Quadratic([1.0]), 0.1, steps=3, seeds=4))


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
    made = method(history)
    same(history, made)
    assert made is not history


def test_arrays_are_contiguous_in_the_order_of_the_axes(history):
    for values in history.records.values():
        assert values.flags.c_contiguous


# --- JSON ---------------------------------------------------------------------------------------


def test_to_dict_is_strict_json(history):
    text = json.dumps(history.to_dict(), allow_nan=False)
    found = json.loads(text)
    assert found["axes"] == ["step", "run", "seed"] and found["seeds"] == [3, 1]
    assert found["steps"] == 9 and found["record_steps"] == [4, 8, 9]
    assert set(found) == {"axes", "seeds", "steps", "record_steps", "diverged_at", "w", *RECORD}
    for name in (*RECORD, "w"):
        values = getattr(history, name)
        read = np.array(found[name], dtype=np.float64)  # None becomes NaN
        np.testing.assert_array_equal(read, np.where(np.isfinite(values), values, np.nan))
    assert found["diverged_at"] == history.diverged_at.tolist()
    assert found["loss"][-1][2] == [None, None]


def test_to_dict_without_axes():
    found = train(Quadratic([1.0]), 0.5, steps=1, record=("loss", "train_loss")).to_dict()
    assert found == {
        "axes": ["step"],
        "steps": 1,
        "seeds": [0],
        "record_steps": [1],
        "diverged_at": -1,
        "w": [0.5],
        "loss": [0.5, 0.125],
        "train_loss": [0.125],
    }
    json.dumps(found, allow_nan=False)


# --- the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run.npz", "run", "a name.with ümlaut.npz"])
def test_save_and_load(history, tmp_path, name):
    path = tmp_path / name
    history.save(path)
    same(history, History.load(path))
    same(history, History.load(str(path)))
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    """What new files are masked with; asked of a child, since asking sets it."""
    return int(subprocess.check_output([sys.executable, "-c", "import os; print(os.umask(0))"]))


def test_save_and_load_without_axes_and_records(tmp_path):
    for made in (
        train(Quadratic([1.0]), 0.5, steps=2),
        train(Quadratic([1.0]), [0.5], steps=0, record=()),
        begin(Quadratic([1.0]), 0.5, seeds=2).history,
    ):
        made.save(tmp_path / "file")
        same(made, History.load(tmp_path / "file"))


def test_saving_replaces(history, tmp_path):
    path = tmp_path / "run.npz"
    train(Quadratic([1.0]), 0.5, steps=2).save(path)
    history.save(path)
    same(history, History.load(path))


def test_a_failure_while_saving_leaves_the_old_file_and_nothing_else(
    history, tmp_path, monkeypatch
):
    path = tmp_path / "run.npz"
    old = train(Quadratic([1.0]), 0.5, steps=2)
    old.save(path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space left"):
        history.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    same(old, History.load(path))


KILLED = """
    import os, sys, numpy as np
    from course_lr import History

    def hang(*_):
        print("now", flush=True)
        sys.stdin.read()  # until killed

    def half(file, **arrays):
        file.write(b"PK half")
        file.flush()
        hang()

    old, new, moment = sys.argv[1:]
    if moment == "while writing":
        np.savez_compressed = half
    elif moment == "before fsync":
        os.fsync = hang
    elif moment == "before replacing":
        os.replace = hang
    else:
        replace = os.replace
        os.replace = lambda *paths: (replace(*paths), hang())
    History.load(new).save(old)
"""


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("while writing", "old"),
        ("before fsync", "old"),
        ("before replacing", "old"),
        ("after replacing", "new"),
    ],
)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_kill_leaves_the_old_file_or_the_new_one(history, tmp_path, moment, left):
    files = {"old": train(Quadratic([1.0]), 0.5, steps=2), "new": history}
    for name, made in files.items():
        made.save(tmp_path / name)
    arguments = [tmp_path / "old", tmp_path / "new", moment]
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdout.readline() == "now\n"
        child.kill()
        child.wait(timeout=60)
    assert child.returncode == -signal.SIGKILL
    same(files[left], History.load(tmp_path / "old"))
    history.save(tmp_path / "old")  # and what is left behind is in nobody's way
    same(history, History.load(tmp_path / "old"))


class Evil:
    """Unpickling it would be noticed."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def _saved(tmp_path, history):
    path = tmp_path / "good.npz"
    history.save(path)
    return path


def _edited(tmp_path, history, change):
    """A saved file whose arrays ``change`` has edited."""
    with np.load(_saved(tmp_path, history)) as file:
        arrays = dict(file)
    change(arrays)
    path = tmp_path / "edited.npz"
    with open(path, "wb") as file:
        np.savez(file, **arrays)
    return path


def _about(**changes):
    def change(arrays):
        about = json.loads(str(arrays["about"]))
        about.update(changes)
        arrays["about"] = np.array(json.dumps({k: v for k, v in about.items() if v != "gone"}))

    return change


FOREIGN = {
    "other arrays": lambda a: (a.clear(), a.update(x=np.ones(3))),
    "nothing": lambda a: a.clear(),
    "no about": lambda a: a.pop("about"),
    "about is no JSON": lambda a: a.update(about=np.array("{")),
    "about is a list": lambda a: a.update(about=np.array("[]")),
    "about is a number": lambda a: a.update(about=np.array(3.0)),
    "another format": _about(format="course_lr.History/99"),
    "no format": _about(format="gone"),
    "no axes": _about(axes="gone"),
    "axes are a number": _about(axes=3),
    "no steps": _about(steps="gone"),
    "steps are text": _about(steps="many"),
    "no seeds": _about(seeds="gone"),
    "no w": lambda a: a.pop("w"),
    "no diverged_at": lambda a: a.pop("diverged_at"),
    "diverged_at is text": lambda a: a.update(diverged_at=np.array(["a"])),
    "record_steps missing": lambda a: a.pop("record_steps"),
    "a record of another shape": lambda a: a.update({"record.loss": np.ones((2, 2))}),
    "a record cut short": lambda a: a.update({"record.loss": a["record.loss"][:-1]}),
    "a record without its prefix": lambda a: a.update(loss=a.pop("record.loss")),
    "an unknown record": lambda a: a.update({"record.nonsense": a["record.loss"]}),
    "a record of text": lambda a: a.update({"record.loss": a["record.loss"].astype(str)}),
    "w of another shape": lambda a: a.update(w=np.ones(3)),
}


@pytest.mark.parametrize("change", FOREIGN)
def test_a_foreign_file_is_refused(history, tmp_path, change):
    path = _edited(tmp_path, history, FOREIGN[change])
    with pytest.raises(ValueError, match="holds no History") as caught:
        History.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["record.loss", "about", "w", "anything"])
def test_pickles_are_refused(history, tmp_path, name):
    trap = np.array([Evil()], dtype=object)
    path = _edited(tmp_path, history, lambda arrays: arrays.update({name: trap}))
    with pytest.raises(ValueError, match="edited.npz") as caught:
        History.load(path)
    assert "damaged" in str(caught.value) and "allow_pickle" in str(caught.value)


def test_a_bare_pickle_and_a_bare_array_are_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="damaged or is no History"):
        History.load(path)
    with open(path, "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="damaged or is no History"):
        History.load(path)


@pytest.mark.parametrize("keep", [0, 1, 3, 10, 100, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(history, tmp_path, keep):
    path = _saved(tmp_path, history)
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(ValueError, match="damaged or is no History") as caught:
        History.load(path)
    assert str(path) in str(caught.value)


def test_any_changed_byte_of_the_arrays_is_noticed(tmp_path):
    path = _saved(tmp_path, train(Quadratic([1.0]), [0.5, 0.1], steps=5))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        packed = [
            (i.header_offset + 30 + len(i.filename), i.compress_size) for i in file.infolist()
        ]
    for begin_at, size in packed:
        for position in range(begin_at + 20, begin_at + size, 7):
            changed = bytearray(data)
            changed[position] ^= 0xFF
            path.write_bytes(changed)
            with pytest.raises(ValueError, match="damaged"):
                History.load(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY", b"PK\x03\x04", b"\x80\x04."])
def test_anything_else_is_refused(tmp_path, content):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged or is no History"):
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
