"""Ctrl-C during a long training stops it, whatever drives it, and what comes after works."""

import os
import pathlib
import signal
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
    runs, threads, progress = map(int, sys.argv[1:])
    loop.THREADS = threads
    problem, batch = digits(), digits().batch

    def telling(step, seed):
        if step == 20:
            os.write(1, b"running\n")
        return batch(step, seed)

    problem.batch = telling
    rates = np.geomspace(1e-4, 0.1, runs)
    run = begin(problem, rates, record=())
    print(len(run.blocks), "blocks", flush=True)
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
    arguments = map(str, (runs, threads, progress))
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        try:
            blocks = int(child.stdout.readline().split()[0])
            assert (blocks > 1) == (runs > 1)
            assert child.stdout.readline() == "running\n"
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()
    lines = [line for line in out.splitlines() if line != "running"]
    assert lines[0] == "stopped with 1 thread" or progress and lines[0].startswith("stopped with")
    assert "interrupted" in lines[1] and "begin it again" in lines[1]
    assert lines[2] == f"then (4, {runs})"
    assert child.returncode == 0
    assert progress or err == ""
