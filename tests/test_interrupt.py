"""Ctrl-C during a long training stops it, whatever drives it, and what comes after works."""

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHILD = r"""
    import os, signal, sys, threading
    import numpy as np
    from course_lr import begin, digits, loop, train

    signal.signal(signal.SIGINT, signal.default_int_handler)
    runs, loop.THREADS, progress = map(int, sys.argv[1:])
    problem, batch, once = digits(), digits().batch, iter([True])

    def telling(step, seed):
        if step == 20 and next(once, False):
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)).start()
        return batch(step, seed)

    problem.batch = telling
    rates = np.geomspace(1e-4, 0.1, runs)
    run = begin(problem, rates, record=())
    print(len(run.blocks) > 1)
    try:
        run.advance(10**8, progress=bool(progress))
    except KeyboardInterrupt:
        for thread in threading.enumerate():  # one that was just being started may end a step later
            if thread is not threading.main_thread() and not progress:
                thread.join(20)
        print("stopped with", threading.active_count(), "thread")
    try:
        run.advance(1)
    except RuntimeError as error:
        print(error)
    print("then", train(digits(), rates, steps=3).loss.shape)
"""


@pytest.mark.skipif(os.name == "nt", reason="a child gets no Ctrl-C of its own on Windows")
@pytest.mark.parametrize(
    ("runs", "threads", "progress"),
    [(1, 2, 0), (1, 2, 1), (300, 2, 0), (300, 1, 0), (300, 3, 1)],
)
def test_ctrl_c(runs, threads, progress):
    command = [sys.executable, "-c", textwrap.dedent(CHILD), *map(str, (runs, threads, progress))]
    child = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    blocks, stopped, error, then = child.stdout.splitlines()
    assert blocks == str(runs > 1) and child.returncode == 0
    assert stopped == "stopped with 1 thread" or progress and stopped.startswith("stopped with")
    assert "interrupted" in error and "begin it again" in error
    assert then == f"then (4, {runs})" and (progress or child.stderr == "")
