"""The workbench: what is typed, what is trained, what is drawn and said, and what is taken away."""

import asyncio
import dataclasses
import itertools
import json
import random
import runpy

import numpy as np
import pytest

import course_lr
from course_lr.teaching.workbench import (
    Line,
    Setup,
    code,
    compute,
    drawing,
    from_text,
    load,
    page,
    ranking,
    settings,
    training,
    user_data,
)
from course_lr.teaching.workbench.page import PROBLEMS, Page

BOWL = Setup("Quadratic([1, 20])", steps=30, seeds=2, lines=[Line(eta=0.05), Line(eta=0.3)])
SMALL = Setup(hidden=(4,), batch_size=128, steps=24, seeds=3)


@pytest.fixture
def flowers(tmp_path):
    """A CSV with names, three classes in words, and columns of very different units."""
    rng = np.random.default_rng(0)
    rows = ["kind;width;height;constant"]
    for i in range(90):
        width, height = rng.normal(i % 3, 0.3), 1e4 * rng.normal(-(i % 3), 0.3)
        rows.append(f"{('red', 'blue', 'green')[i % 3]};{width:.4f};{height:.1f};7")
    return written(tmp_path / "flowers.csv", "\n".join(rows) + "\n")


def written(path, content):
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    return path


def finished(setup):
    """A workbench's trainings, done, and what share was done after each slice."""
    work, shares = training.Work(setup), []
    while work.share < 1:
        work.advance()
        shares.append(work.share)
    return work, shares


# --- what is typed ----------------------------------------------------------------------------


def test_every_schedule_on_offer_can_be_made_and_ends_with_the_training():
    for rate in page.RATES:
        line = Line("Adam()", rate, 0.01)
        assert Setup("Saddle()", steps=320, lines=[line]).methods["A"]
        try:  # a fraction of one step is none: said, not raised otherwise
            Setup("Saddle()", steps=1, lines=[line])
        except ValueError as error:
            assert str(error).startswith("line A: schedule '")
    warming = [rate for rate in page.RATES if rate.startswith("Warmup")]
    for rate, steps in itertools.product(warming, (100, 320, 333)):
        _, eta = Setup("Saddle()", steps=steps, lines=[Line("SGD()", rate)]).methods["A"]
        assert eta(steps) == 0 < eta(steps - 1) < 0.01 and eta(steps // 10) == 0.1


@pytest.mark.parametrize("problem", [name for name in PROBLEMS.values() if name != "data"])
def test_every_problem_and_rule_on_offer_trains(problem):
    for rule in page.RULES:
        setup = Setup(problem, hidden=(3,), steps=2, seeds=1, lines=[Line(rule, eta=0.01)])
        data = compute(setup)
        assert data["lines"]["A"]["loss"][1].shape == (3, 1)
        assert data["measure"] == ("accuracy" if problem in settings.NETWORKS else "loss")


def test_the_text_is_strict_and_short_and_comes_back():
    for setup in (Setup(), BOWL, SMALL, Setup(batch_size=None, hidden=())):
        text = setup.to_text()
        assert from_text(text) == setup and len(text) < 400 and "\n" not in text
        json.loads(text, parse_constant=pytest.fail)
    assert "hidden" not in BOWL.to_text() and "file" not in SMALL.to_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no strict JSON"),
        ('{"steps": NaN}', "NaN is no number"),
        ('{"steps": 1, "steps": 2}', "twice"),
        ("[" * 9000, "JSON|nested"),
        ("[]", "what a Setup has"),
        ('{"step": 5}', "did you mean 'steps'"),
        ('{"steps": 20001}', "steps must be at most 20000"),
        ('{"seeds": 1.5}', "seeds must be a whole number"),
        ('{"hidden": [1, 2, 3, 4, 5]}', "at most 4 layers"),
        ('{"hidden": [1000]}', "at most 256"),
        ('{"batch_size": 5000}', "at most 1077 training examples"),
        ('{"lines": []}', "one to four lines"),
        ('{"lines": [{"eta": "fast"}]}', "line A: eta must be a finite rate"),
        ('{"lines": [{}, {"update": "Adm()"}]}', r"line B: .*did you mean 'Adam'"),
        ('{"lines": [{"schedule": "Constant([0.1, 1])"}]}', "line A: .*no lists over runs"),
        ('{"lines": [{"schedule": "SGD()"}]}', "line A: schedule 'SGD"),
        ('{"lines": [{"schedule": "0.1"}]}', "line A: schedule must be a call of one of"),
        ('{"lines": [{"schedule": "1e300 * Constant(1e300)"}]}', "exceeds the largest float"),
        ('{"lines": [{"schedule": "Constant(eta) * 2"}]}', "only numbers can be"),
        ('{"lines": [{"schedule": "CosineDecay(eta, 9**9**9)"}]}', "only calls, names"),
        ('{"lines": [{"schedule": "__import__(\'os\')"}]}', "a call in it must be one of"),
        ('{"lines": [{"schedule": "eta.real"}]}', "only calls, names"),
        ('{"problem": "digts"}', "problem must be one of digits, mnist1d, data, or a call of Quad"),
        ('{"lines": [{"update": "Adam"}]}', r"must be one of .*did you mean 'Adam\(\)'"),
        ('{"problem": "Quadratic([])"}', "problem 'Quadratic"),
        ('{"problem": "data"}', "file must name a .csv"),
        ('{"problem": "data", "file": "nowhere.csv"}', "can't be read: No such file"),
        ('{"problem": 5}', "problem must be a text"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text, message):
    with pytest.raises(ValueError, match=message) as raised:
        from_text(text)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


WORDS = ["", "nan", "1e999", "-1", "ä", "x" * 400, "Adam(", "Adam()", "Constant(eta)", "()", "\0",
         "Warmup(Constant(eta), steps)", "Join(((Constant(eta), 1), Constant(0.1)))", "eta / 0",
         "Momentum(beta=eta)", "ripples()", "Ripples(height=1e308)", "Quadratic([-1, 1e9])",
         "Saddle(noise=1e300)", "Rosenbrock()", "data", "digits", "mnist1d", "GradientWatch(eta)",
         "BoldDriver(1e-8)", "PerEpoch(Constant(eta), epoch)", "Triangular(0, eta, 1)"]  # fmt: skip
ODD = [None, True, [], {}, [1], [0], [64, "a"], -1, 0, 1, 2, 3, 1.5, 1e308, 2**70, *WORDS]


def random_text(rng: random.Random) -> str:
    """A small valid configuration; in one of three, something was replaced by something else."""
    landscapes = [name for name in PROBLEMS.values() if name not in settings.NETWORKS]
    values = json.loads(Setup(hidden=(2,), batch_size=512).to_text())
    values["problem"] = "digits" if rng.random() < 0.05 else rng.choice(landscapes)
    values |= {"steps": 9, "seeds": rng.randint(1, 3)}
    values["lines"] = lines = [
        {"update": rng.choice(page.RULES), "schedule": rng.choice(page.RATES), "eta": 10**u}
        for u in (rng.uniform(-9, 0) for _ in range(rng.randint(1, 2)))
    ]
    for _ in range(rng.choice([0, 0, 0, 0, 1, 2])):
        place = rng.choice([values, lines[0]])
        place[rng.choice([*place, "other"])] = rng.choice(ODD)
    text = json.dumps(values)
    if rng.random() < 0.1:
        i = rng.randrange(len(text))
        text = text[:i] + rng.choice(['"', "{", "]", "9", ",", ""]) + text[i + rng.randint(0, 3) :]
    return text


def test_hundreds_of_random_texts_are_trained_or_refused_in_a_sentence():
    rng, trained, refused, bench = random.Random(7), 0, 0, drawing.Bench()
    while trained < 250 or refused < 100:
        text = random_text(rng)
        try:
            setup = from_text(text)
        except ValueError as error:
            assert "\n" not in str(error) and 5 < len(str(error)) < 700, text
            refused += 1
            continue
        if setup.steps > 9 or setup.seeds > 3:  # a digit more: right, and slow
            continue
        data = compute(setup)
        trained += 1
        assert len(ranking.ranked(data)) == len(setup.lines) and ranking.verdicts(data) is not None
        assert all(low < high for _, low, high in drawing.frame(data).values()), text
        assert from_text(setup.to_text()) == setup
        if trained % 50 == 0:
            assert bench.pixels(data).shape == (540, 1200, 3)


# --- what is trained --------------------------------------------------------------------------


def test_it_is_the_training_of_the_package_in_whatever_slices(monkeypatch):
    whole = compute(SMALL)
    problem = course_lr.digits(hidden=(4,), batch_size=128)
    options = dict(record=("loss", "validation_accuracy"), record_every=1, steps=24, seeds=3)
    for letter, update, eta in (("A", course_lr.SGD(), 0.5), ("B", course_lr.Adam(), 0.01)):
        history = course_lr.train(problem, eta, update=update, **options)
        line = whole["lines"][letter]
        assert np.array_equal(line["loss"][1], history.loss)
        assert np.array_equal(line["accuracy"][1], 100 * history.validation_accuracy)
    training._finished.clear()
    monkeypatch.setattr(training, "SLICE", 0.0)  # one step a slice from the second on
    work, shares = finished(SMALL)
    assert shares == sorted(shares) and len(shares) > 20 and shares[-1] == 1
    for letter, name in itertools.product("AB", training.SIGNALS):
        values, cut = (data["lines"][letter][name][1] for data in (whole, work.data))
        assert np.array_equal(values, cut, equal_nan=True)


def test_stop_shows_what_is_there():
    training._finished.clear()
    work = training.Work(Setup(hidden=(4,), batch_size=128, steps=400, seeds=3))
    work.advance()
    data = work.data
    steps = [len(line["loss"][0]) - 1 for line in data["lines"].values()]
    assert 0 < sum(steps) < 800 and data["steps"] == max(steps)
    parts = parts_of(data)
    assert parts["accuracy A"].get_marker() == "o" and parts["loss A"].get_marker() != "o"
    for line in data["lines"].values():
        line["name"] = "name"
    head, *rows = ranking.rows(data, {"A": 8, "B": 0})
    assert head[0] == "at step, not a ranking"
    assert [row[:2] for row in rows] == [("8", "A  name"), ("0", "B  name")]


def test_only_the_line_that_changed_is_trained_again(monkeypatch):
    training._finished.clear()
    began, begin = [], course_lr.begin
    monkeypatch.setattr(training, "begin", lambda *a, **k: began.append(a) or begin(*a, **k))
    compute(BOWL)
    compute(dataclasses.replace(BOWL, lines=[Line(eta=0.05), Line(eta=0.2)]))
    assert [eta.eta for _, eta in began] == [0.05, 0.3, 0.2]
    shorter = dataclasses.replace(BOWL, steps=20, lines=[Line(eta=0.05)])
    assert compute(shorter)["steps"] == 20 and len(began) == 4
    for i in range(30):
        compute(Setup("Saddle()", steps=1, seeds=1, lines=[Line(eta=i / 100)]))
    assert len(training._finished) <= training.KEPT


def test_means_of_blocks():
    values = np.arange(321.0)[:, None]
    x, means = training.averaged(values)
    assert x[0] == means[0, 0] == 0 and np.array_equal(x, means[:, 0]) and len(x) <= 162
    values[200] = np.inf
    x, means = training.averaged(values)
    assert np.isnan(means).sum() == 1 and 199 <= x[np.isnan(means[:, 0])][0] <= 201


# --- what the seeds say -----------------------------------------------------------------------


def judged(measure="accuracy", **finals):
    """Data with these final values by line; infinite where diverged."""
    lines = {
        letter: {"final": np.array(values, float), "diverged_at": np.where(np.isinf(values), 3, -1)}
        for letter, values in finals.items()
    }
    return {"lines": lines, "seeds": len(next(iter(finals.values()))), "measure": measure}


def test_intervals_are_students():
    low, high = ranking.interval(np.array([90.0, 92.0, 94.0, 91.0, 93.0]))
    half = 2.7764 * np.std([90, 92, 94, 91, 93], ddof=1) / 5**0.5  # t(0.975, 4)
    assert np.allclose([low, high], [92 - half, 92 + half], atol=1e-3)


def test_who_can_be_told_apart_in_numbers_that_can_be_read():
    data = judged(A=[90, 91, 92, 91, 90], B=[91, 90, 92, 90, 92], C=[70, 71, 70, 72, 71])
    first, second = ranking.verdicts(data)
    assert [place.letter for place in ranking.ranked(data)] == ["B", "A", "C"]
    apart = "B and A cannot be told apart with 5 seeds (difference −2.1 to 2.5 points)."
    assert first == apart and second.startswith("B is better than C (difference ")
    assert ranking.verdicts(judged(A=[1.0, 2.0])) == ["Switch on a second line to compare."]
    for low, high, unit, text in (
        (-0.0624, 2.41, " points", "−0.1 to 2.4 points"),
        (0.0324, 123.4, " points", "0.03 to 123.4 points"),
        (-1e-5, 123.4, " in the loss", "−1e-05 to 123 in the loss"),
    ):
        assert ranking._bounds(low, high, unit) == f" (difference {text})"


def test_differences_are_taken_seed_by_seed_and_corrected_for_many_pairs():
    seeds = np.array([10.0, 50.0, 90.0])  # seeds differ much more than lines
    assert "better" in ranking.verdicts(judged(A=seeds, B=seeds + [1.0, 1.1, 1.2]))[0]
    gain = np.array([0.2, 1.0, 1.5, 0.6, 1.9])
    two = judged(A=np.zeros(5), B=gain)
    four = judged(A=np.zeros(5), B=gain, C=gain - 50, D=gain - 60)
    assert "B is better than A" in ranking.verdicts(two)[0]
    assert "B and A cannot be told apart" in ranking.verdicts(four)[0]


def test_a_smaller_loss_is_better_and_a_diverged_line_is_last():
    data = judged("loss", A=[np.inf, 0.0], B=[2.0, 2.1], C=[1.0, 1.1])
    assert [place.letter for place in ranking.ranked(data)] == ["C", "B", "A"]
    assert ranking.verdicts(data) == [
        "C is better than B: every seed gives the same difference.",
        "A diverged with 1 of 2 seeds: C is better.",
    ]
    assert "nothing is ranked" in ranking.verdicts(judged("loss", A=[np.inf], B=[np.inf]))[0]
    assert "can't say what is chance" in ranking.verdicts(judged(A=[1.0], B=[2.0]))[0]
    assert "cannot be told apart" in ranking.verdicts(judged(A=[1.0, 1.0], B=[1.0, 1.0]))[0]


# --- what is drawn ----------------------------------------------------------------------------


def parts_of(data):
    """The artists of these data by name, with the figure."""
    bench = drawing.Bench()
    bench.pixels(data)
    return bench.artists | {"figure": bench.figure}


def test_median_and_band_are_drawn():
    parts = parts_of(data := compute(SMALL))
    loss = data["lines"]["B"]["loss"][1]
    assert np.allclose(parts["loss B"].get_ydata(), np.median(loss, axis=1))
    (path,) = parts["band loss B"].get_paths()
    assert path.get_extents().ymax == pytest.approx(loss.max())
    assert not len(parts["loss C"].get_xdata()) and not len(parts["key C"].get_xdata())
    assert parts["figure"].axes[1].get_visible()


def test_a_diverged_line_is_drawn_as_diverged():
    fast = Setup("Quadratic([1, 20])", steps=400, seeds=2, lines=[Line(eta=0.05), Line(eta=1.0)])
    parts = parts_of(data := compute(fast))
    at = data["lines"]["B"]["diverged_at"]
    assert (at > 0).all()
    assert parts["end B"].get_xdata().tolist() == [at[0]] and not len(parts["end A"].get_xdata())
    assert parts["end B"].get_ydata()[0] == parts["figure"].axes[0].get_ylim()[1]
    assert "diverged: 2 of 2" in parts["name B"].get_text()
    assert "diverged" not in parts["name A"].get_text()
    loss, accuracy = parts["figure"].axes[:2]
    assert not accuracy.get_visible()
    assert drawing.alt(data).startswith("5 panels against the step: training loss, rate η")
    assert loss.get_position().x1 == pytest.approx(accuracy.get_position().x1)


def test_no_entry_of_the_legend_runs_into_another():
    data = compute(Setup("Saddle()", steps=9, seeds=1, lines=[Line()] * 4))
    for length in (20, 48, 62, 69, 200):
        for line in data["lines"].values():
            line["name"] = ("SGD() · WarmupMomentum(0.5, steps=200) " * 9)[:length]
        parts = parts_of(data)
        boxes = [parts[f"{x} {y}"].get_window_extent() for x in ("key", "name") for y in "ABCD"]
        edge = parts["figure"].bbox
        for i, box in enumerate(boxes):
            assert box.x1 <= edge.x1 and box.y1 <= edge.y1 + 1
            flat = [other for other in boxes[:i] if abs(other.y0 + other.y1 - box.y0 - box.y1) < 8]
            assert not any(box.x0 < other.x1 and other.x0 < box.x1 for other in flat)


def test_a_small_change_draws_no_axis_anew():
    bench, near = drawing.Bench(), [Line(eta=0.051), Line(eta=0.3)]
    bench.pixels(compute(BOWL))
    kept = bench.background
    bench.pixels(compute(dataclasses.replace(BOWL, lines=near)))
    assert bench.background is kept
    bench.pixels(compute(dataclasses.replace(BOWL, problem="wells('wide')", lines=near)))
    assert bench.background is not kept and bench.figure.axes[0].get_yscale() == "linear"


# --- your own data ----------------------------------------------------------------------------


def test_a_csv_is_loaded_split_and_standardised(flowers):
    data = load(str(flowers), "kind")
    assert data.inputs.shape == (90, 3) and data.classes == 3 and data.name == "flowers"
    problem = course_lr.MLP(data, (4,), 16)
    train = problem.inputs["train"][:, :-1]
    assert np.allclose(train.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(train.std(axis=0), [1, 1, 0], atol=1e-5)
    assert abs(problem.inputs["validation"][:, 0].mean()) > 1e-4  # not of its own mean
    described = user_data.described(problem)
    assert described == "90 examples, 3 columns, 3 classes (54 to train, 18 to validate)"
    setup = Setup("data", hidden=(8,), batch_size=16, file=str(flowers), label="kind", steps=100,
                  lines=[Line("Adam()", eta=0.01)])  # fmt: skip
    assert ranking.ranked(compute(setup))[0].mean > 90


def test_few_examples_are_one_batch_unless_another_is_typed(flowers):
    written(flowers, "\n".join(flowers.read_text("utf-8").splitlines()[:61]))
    few = dict(file=str(flowers), label="kind", steps=2, seeds=1)
    setup = Setup("data", **few)
    assert setup.batch_size is None and setup == from_text(setup.to_text())
    assert "batch_size=None" in code.script(setup)
    described = user_data.described(setup.loaded_problem)
    assert described.endswith("12 to validate), each step sees all to train")
    with pytest.raises(ValueError, match="at most 36 training examples, got 65"):
        Setup("data", batch_size=65, **few)


def test_numpy_files_are_loaded(tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 2, 2)), np.arange(40) % 2
    np.savez(tmp_path / "a.npz", X=x, y=y)
    np.save(tmp_path / "b.npy", np.column_stack([x.reshape(40, 4), y]))
    first, second = load(str(tmp_path / "a.npz")), load(str(tmp_path / "b.npy"))
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.labels, y) and np.array_equal(second.labels, y)


def rows(cell="1", number=30, head=""):
    return head + "".join(f"{i},{cell},{i % 2}\n" for i in range(number))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", rows(), "must end in .csv, .npy or .npz"),
        ("a.csv", "", "it holds no rows"),
        ("a.csv", "x,y,c\n", "no rows below the heading"),
        ("a.csv", rows("", head="x,y,c\n"), "row 2, column 'y': the value is missing"),
        ("a.csv", rows("one"), "row 1, 'column 2': 'one' is no number; if 'column 2' is the class"),
        ("a.csv", rows("inf"), "example 1, feature 2 is not finite"),
        ("a.csv", rows("nan"), "row 1, column 'column 2': the value is missing .'nan'"),
        ("a.csv", rows() + "1,2,NA\n", "row 31, column 'column 3': the value is missing .'NA'"),
        ("a.csv", "1,2,\n" + rows(), "row 1, column 'column 3': the value is missing .''"),
        ("a.csv", rows().replace(",", ";").replace(";1;", ";0,1;"), "decimal.*, write 0.1$"),
        ("a.csv", rows() + "1,2\n", "row 31 has 2 columns, the first has 3"),
        ("a.csv", rows(number=9), "9 examples are too few"),
        ("a.csv", "".join(f"{i},{i}\n" for i in range(30)), "labels take 30 values.*a number to"),
        ("a.csv", "".join(f"{i},n{i}\n" for i in range(30)), "labels take 30 values.*average$"),
        ("a.csv", rows("1").replace("3", "\udce4"), "save it as UTF-8"),
        ("a.csv", "".join(f"{i},1\n" for i in range(30)), "labels take 1 values"),
        ("a.csv", "".join(f"{i % 2}\n" for i in range(30)), "row 1 has one column; comma"),
        ("a.npy", "no array", "a.npy: it is no .npy file"),
        ("a.npz", "no archive", "a.npz: it is no .npz file"),
        ("a.npz", "PK\3\4no archive", "a.npz: File is not a zip file"),
    ],
)
def test_data_that_cannot_be_used_are_refused_in_one_sentence(tmp_path, name, content, message):
    path = written(tmp_path / name, content)
    with pytest.raises(ValueError, match="file .*" + message) as raised:
        load(str(path))
    assert "\n" not in str(raised.value)


ONES, LABELS = np.ones((30, 2)), np.arange(30) % 2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": ONES, "y": np.where(np.arange(30) == 7, np.nan, LABELS)}, "example 8 has no class"),
        ({"x": ONES, "y": np.where(LABELS, "a", "")}, "example 1 has no class"),
        ({"inputs": ONES}, "needs the arrays inputs and labels, has inputs"),
        ({"x": ONES, "y": np.array([{}])}, "file a.npz: .*allow_pickle"),  # none is opened
    ],
)
def test_arrays_that_cannot_be_used_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        load(str(tmp_path / "a.npz"))


def test_what_a_column_holds_and_is_called(tmp_path):
    """A heading may hold numbers, equal numbers are one class, a class column is named once."""
    path = tmp_path / "a.csv"
    for head in ("1,2,3,kind", "2019,2020,2021,kind", "a,b,c,kind", ""):
        lines = [head] * bool(head) + [f"{i},2,{i % 7},{'ab'[i % 2]}" for i in range(60)]
        written(path, "\n".join(lines))
        for label in ("", "kind" if head else "column 4"):
            data = load(str(path), label)
            assert data.inputs.shape == (60, 3) and data.classes == 2
    names = ("0", "1", "0.0", "one")
    assert (
        load(str(written(path, "".join(f"{i},{names[i % 4]}\n" for i in range(40))))).classes == 3
    )
    written(path, "a,a,b,kind\n" + "".join(f"{i % 2},1,2,{i % 2}\n" for i in range(30)))
    assert load(str(path), "kind").inputs.shape == (30, 3)
    for label, message in (
        ("a", "label 'a' must name one column, and 2 have it"),
        ("c", "label must be one of 'a', 'a', 'b', 'kind'"),
    ):
        with pytest.raises(ValueError, match=message):
            load(str(path), label)


def test_a_file_that_changed_is_read_again_and_a_large_one_refused_unread(flowers, monkeypatch):
    setup = dict(hidden=(2,), batch_size=8, file=str(flowers), label="kind", steps=2, seeds=1)
    first = Setup("data", **setup).loaded_problem
    assert Setup("data", **setup).loaded_problem is first
    written(flowers, "\n".join(flowers.read_text("utf-8").splitlines()[:61]))
    assert len(Setup("data", **setup).loaded_problem.data.labels) == 60
    monkeypatch.setattr(user_data, "LARGEST", 100)
    with pytest.raises(ValueError, match="larger than"):
        load(str(flowers), "kind")


# --- taken away -------------------------------------------------------------------------------

LINES = [
    Line("Momentum(0.9)", "Warmup(CosineDecay(eta, steps), 5)", 0.05),
    Line("AdamW()", "StepDecay(eta, every=steps // 3)", 0.01),
    Line("SGD()", "GradientWatch(eta)", 0.01),  # from a rate at which it takes nothing back
    Line("SGD()", "GradientWatch(eta)", 0.01),
]
TAKEN = [
    Setup(hidden=(8, 4), batch_size=128, steps=24, seeds=2, lines=LINES),
    Setup("Quadratic([1, 20], noise=0.5)", steps=24, seeds=2, lines=[None, *LINES[:3]]),
]


@pytest.mark.parametrize("which", ["digits", "bowl", "own data"])
def test_the_script_writes_the_same_picture(which, flowers, tmp_path, monkeypatch, capsys):
    mine = Setup("data", (4,), 16, str(flowers), "kind", steps=6, seeds=2)
    setup = dict(zip(("digits", "bowl", "own data"), (*TAKEN, mine)))[which]
    shown, script = Page(setup), code.script(setup)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(written(tmp_path / "script.py", script)))
    assert (tmp_path / "workbench.png").read_bytes() == bytes(shown.image.value)
    assert capsys.readouterr().out.splitlines() == ranking.verdicts(shown.data)
    assert "(course_lr.Mom" not in script and ("(Momentum(0.9), " in script) == (setup != mine)


@pytest.mark.parametrize("setup", TAKEN, ids=["digits", "bowl"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_pytorch_trains_the_same(setup, number, capsys):
    pytest.importorskip("torch")
    letter = list(setup.methods)[number]
    history, names = finished(setup)[0].runs[letter].history, {}
    exec(code.torch_text(setup, letter, history), names)
    assert np.allclose(names["rates"], history.eta[:, 0], rtol=1e-10, atol=0)
    assert np.allclose(names["losses"], history.loss[:-1, 0], rtol=2e-3)
    printed = [float(line.partition(": ")[2]) for line in capsys.readouterr().out.splitlines()]
    expected = [names["losses"][-1]]
    expected += [history.validation_accuracy[-1, 0]] if setup.problem == "digits" else []
    assert printed == pytest.approx(expected, abs=0.003)  # of 360 examples one on the edge


def test_a_controller_that_moves_at_every_step_has_no_table():
    setup = Setup("Quadratic([1])", steps=300, seeds=1, lines=[Line(schedule="BoldDriver(eta)")])
    text = code.torch_text(setup, "A", finished(setup)[0].runs["A"].history)
    assert text.startswith("# BoldDriver(0.1) set ") and text.count("\n") == 0


# --- the page ---------------------------------------------------------------------------------


def test_the_page_shows_what_its_fields_say():
    shown = Page(SMALL)
    assert shown.error == "" and shown.setup == shown.read() == SMALL
    third = shown.lines["C"]
    third["on"].value, third["eta"].value = True, "0.02"
    third["rate"].value = "CosineDecay(eta, steps)"
    shown.fields["hidden"].value, shown.fields["batch_size"].value = "5 3", ""
    assert shown.setup.lines[2] == Line("SGD()", "CosineDecay(eta, steps)", 0.02)
    assert (shown.setup.hidden, shown.setup.batch_size, shown.error) == ((5, 3), None, "")
    first = shown.lines["A"]
    first["slider"].value = 1.0
    assert shown.setup.lines[0].eta == 1.0
    for text, near in (("0.051", 0.05), ("1e9", 10.0), ("0", 1e-5), ("fast", 1e-5)):
        first["eta"].value = text
        assert first["slider"].value == near and first["eta"].value == text
    assert [line["rule"].disabled for line in shown.lines.values()] == [False, False, False, True]


def test_a_text_opened_again_gives_the_same_bytes():
    shown = Page(SMALL)
    text, image = shown.text.value, bytes(shown.image.value)
    for setup in TAKEN[1], Setup("wells('wide')", steps=9, seeds=2):  # they leave no trace
        shown.open(setup)
        assert bytes(shown.image.value) != image
    shown.text.value = text
    shown.take.click()
    assert bytes(shown.image.value) == image and shown.text.value == text
    assert bytes(Page(from_text(text)).image.value) == image


def test_a_schedule_of_ones_own_comes_by_the_text():
    shown = Page(BOWL)
    own_line = Line("Adam(beta1=0.5)", "Join(((Constant(eta), 9), LinearDecay(eta, 21)))", 0.123456)
    shown.open(Setup("Ripples(height=0.5)", steps=30, seeds=2, lines=[own_line]).to_text())
    assert shown.error == "" and shown.read().lines == (own_line,)
    assert shown.problem.value == "Ripples(height=0.5)"
    shown.fields["steps"].value = "20"
    assert shown.setup.steps == 20 and shown.setup.lines == (own_line,)


def test_an_error_is_one_sentence_and_the_picture_stays():
    shown = Page(SMALL)
    image = bytes(shown.image.value)
    shown.lines["A"]["eta"].value = "fast"
    assert shown.error == (
        "line A: η must be a finite rate >= 0 such as 0.1, got 'fast'. "
        "The picture still shows the last one that worked."
    )
    assert "role='alert'" in shown.message.value and bytes(shown.image.value) == image
    shown.open("{")
    assert "no strict JSON" in shown.error
    shown.fields["hidden"].value, shown.lines["A"]["eta"].value = "8, 0", "0.5"
    assert shown.error.startswith("hidden layers must be a whole number >= 1, got 0")
    shown.fields["hidden"].value, shown.fields["batch_size"].value = "4", "5000"
    assert shown.error.startswith("batch must be")
    shown.fields["batch_size"].value = "128"
    assert shown.error == "" and "role='status'" in shown.message.value


def test_dozens_of_random_inputs_through_the_page():
    rng, shown = random.Random(3), Page(SMALL)
    places = [*shown.fields.values(), *(line["eta"] for line in shown.lines.values())]
    few = {
        shown.fields["steps"]: ["3", "1", "0", "nan"],
        shown.fields["seeds"]: ["2", "1", "-3", "²"],
    }
    for _ in range(60):
        place = rng.choice(places)
        place.value = rng.choice(few.get(place, ["0.1", "1e-9", "4 2", "64", *WORDS]))
        shown.problem.value = rng.choice([shown.problem.value] * 20 + list(PROBLEMS.values()))
        shown.tabs.selected_index = rng.randrange(4)
        line = rng.choice(list(shown.lines.values()))
        line["on"].value ^= rng.random() < 0.2
        alert = "role='alert'" in shown.message.value
        assert alert == bool(shown.error) and "\n" not in shown.error
    shown.open(SMALL)
    assert shown.error == ""


def test_switched_off_is_said():
    shown = Page(SMALL)
    for line in shown.lines.values():
        line["on"].value = False
    assert shown.error.startswith("Switch on at least one line.")
    shown.lines["D"]["on"].value = True
    assert shown.error == "" and list(shown.data["lines"]) == ["D"]  # its letter and colour stay
    assert shown.setup.lines == (None, None, None, Line("SGD()", "Constant(eta)", 0.1))
    assert from_text(shown.text.value) == shown.setup
    parts = shown.bench.artists
    assert len(parts["loss D"].get_xdata()) and not len(parts["loss A"].get_xdata())
    assert "Switch on a second line" in shown.message.value


def test_fields_that_mean_nothing_here_are_hidden():
    shown = Page(SMALL)
    for problem, hidden in (
        ("digits", {"file"}),
        ("Saddle()", {"file", "hidden"}),
        ("data", set()),
    ):
        shown.problem.value = problem
        displays = {name: shown.fields[name].layout.display for name in ("file", "hidden")}
        assert {name for name, display in displays.items() if display == "none"} == hidden
    assert "file must name" in shown.error


LONG = Setup(hidden=(32,), steps=20_000, seeds=3, lines=[Line(eta=0.1)])


def test_a_long_training_leaves_the_loop_free_and_can_be_stopped():
    async def play():
        shown = Page(SMALL)
        shown.open(LONG)
        assert shown.task is not None and shown.setup == SMALL
        for _ in range(3):
            await asyncio.sleep(0.001)
        assert shown.progress.layout.visibility == "visible" and 0 < shown.progress.value < 1
        assert "Training … The picture shows the last" in shown.message.value
        assert page.OLD in shown.image._dom_classes and page.OLD in shown.tabs._dom_classes
        shown.stop.click()
        await shown.task
        return shown

    shown = asyncio.run(play())
    assert shown.setup == LONG and 0 < shown.data["steps"] < 20_000
    assert "not a ranking" in shown.ranking.value
    assert page.OLD not in shown.image._dom_classes and page.OLD not in shown.tabs._dom_classes
    assert "Stopped when" in shown.message.value and shown.progress.layout.visibility == "hidden"


def test_a_new_value_gives_up_the_old_training_and_closing_leaves_none():
    async def play():
        shown = Page(SMALL)
        shown.open(LONG)
        first = shown.task
        shown.fields["steps"].value = "30"
        for _ in range(50):
            await asyncio.sleep(0.001)
            if shown.setup.steps == 30:
                break
        assert first.cancelled() and shown.setup.steps == 30
        shown.open(LONG)
        last = shown.task
        shown.close()
        await asyncio.sleep(0.01)
        assert last.cancelled()

    asyncio.run(play())


def test_without_a_kernel_there_is_a_picture_with_words():
    bundle, about = course_lr.playground(SMALL)._repr_mimebundle_()
    assert bundle["image/png"] and "In order of the final accuracy" in about["image/png"]["alt"]
    assert "SGD() · Constant(0.5)" in about["image/png"]["alt"]
    with pytest.raises(ValueError, match="no strict JSON"):
        course_lr.playground("{")
