"""A search trained by an executor: other processes, the same bits.

The Dask cluster is a real one, of two worker processes on this machine; nothing outside is asked.
"""

import concurrent.futures
import contextlib
import multiprocessing
import os
import pickle

import numpy as np
import pytest

from course_lr import (
    BoldDriver,
    CosineDecay,
    Momentum,
    Quadratic,
    digits,
    grid_search,
    mnist1d,
    successive_halving,
)
from course_lr.search import candidates

NET = digits(hidden=(8,), batch_size=32, samples=128)
BOWL = Quadratic([1.0, 20.0], noise=0.1)
RATES = np.geomspace(1e-3, 300.0, 12)  # the last ones diverge


@contextlib.contextmanager
def process_pool():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        yield pool


@contextlib.contextmanager
def dask_cluster():
    try:
        import distributed
    except ImportError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Dask's distributed")
    local = {"processes": True, "host": "127.0.0.1", "dashboard_address": None}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **local) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert len({os.getpid(), *client.run(os.getpid).values()}) == 3
        yield client.get_executor()


@pytest.fixture(scope="module", params=[process_pool, dask_cluster])
def executor(request):
    with request.param() as pool:
        yield pool


def grid(executor):
    """Arrays in the schedule, in the rule and in the start; measures, and weights at each step."""
    return grid_search(
        NET,
        CosineDecay(RATES, steps=20),
        update=Momentum(np.linspace(0, 0.9, 12)),
        steps=20,
        seeds=[3, 1, 4, 15, 9, 2, 6],
        record=("path", "grad_cosine", "test_accuracy"),
        record_every=7,
        start=NET.start(np.arange(12)),
        executor=executor,
    )


def halving(executor):
    return successive_halving(NET, RATES, steps=30, seeds=8, factor=2, executor=executor)


def controlled(executor):
    """What a controller noted of each row comes back too."""
    eta = BoldDriver(RATES, eta_max=1e3)
    search = grid_search(BOWL, eta, steps=40, seeds=8, executor=executor)
    assert len(search.history.log) > 100 and search.history.rescues.any()
    return search


def controlled_halving(executor):
    eta = BoldDriver(RATES, eta_max=1e3)
    search = successive_halving(BOWL, eta, steps=40, seeds=8, factor=2, executor=executor)
    assert len(search.history.log) > 10
    return search


def bits(search):
    """All numbers of a search as bytes, by name."""
    arrays = {f"record {name}": values for name, values in search.history.records.items()}
    for name in ("record_steps", "diverged_at", "w", "rescues", "events"):
        arrays[name] = getattr(search.history, name)
    arrays |= {name: getattr(search, name) for name in ("validation", "failures", "wins")}
    arrays |= {f"order {number}": round.order for number, round in enumerate(search.rounds)}
    return {name: (values.shape, values.tobytes()) for name, values in arrays.items()}


@pytest.mark.parametrize("search", [grid, halving, controlled, controlled_halving])
def test_other_processes_give_the_same_bits(executor, search, monkeypatch):
    monkeypatch.setattr(candidates, "ROWS", 20)  # several parts, and none of the same size
    serial, parallel = search(None), search(executor)
    assert bits(parallel) == bits(serial)
    assert repr(parallel) == repr(serial) and parallel.reason == serial.reason
    assert parallel.evaluations == serial.evaluations


class Noting(concurrent.futures.Executor):
    """Runs each call at once, as it would arrive in another process, and notes its size."""

    def __init__(self):
        self.sizes, self.bytes = [], []

    def map(self, function, parts, *arguments):
        sent = [pickle.dumps(part) for part in parts]
        self.bytes += map(len, sent)
        arrived = [pickle.loads(part) for part in sent]
        self.sizes += [part.size for part in arrived]
        return map(pickle.loads(pickle.dumps(function)), arrived, *arguments)


def test_candidates_are_cut_into_parts_of_some_64_rows(capsys):
    noted = Noting()
    grid_search(BOWL, np.full(61, 0.01), steps=1, seeds=10, executor=noted)
    assert sum(noted.sizes) == 61 and len(noted.sizes) == 10 and set(noted.sizes) == {6, 7}
    few = Noting()
    grid_search(BOWL, [0.01, 0.02], steps=1, seeds=200, executor=few, progress=True)
    assert few.sizes == [1, 1] and "/2 [" in capsys.readouterr().err
    survivors = Noting()
    search = successive_halving(BOWL, RATES, steps=40, seeds=40, factor=3, executor=survivors)
    assert sum(survivors.sizes) == sum(len(round.candidates) for round in search.rounds) == 17


def test_what_is_sent_is_small():
    for problem in (digits(), mnist1d(), BOWL):
        noted = Noting()
        grid_search(problem, [0.01, 0.02], steps=1, seeds=2, executor=noted)
        assert max(noted.bytes) < 3e6


def test_what_is_no_executor_is_refused():
    for executor in ("processes", 2, map, concurrent.futures.ProcessPoolExecutor):
        with pytest.raises(TypeError, match=r"executor must be .*get_executor\(\)"):
            grid_search(BOWL, [0.01, 0.02], steps=1, executor=executor)


def test_an_error_in_a_part_comes_through():
    with pytest.raises(ValueError, match="a name in record must be one of"):
        grid_search(BOWL, [0.1, 0.2], steps=1, record=("lost",), executor=Noting())
