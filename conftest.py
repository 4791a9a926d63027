"""For every test and every notebook that pytest runs: a scratch folder of its own.

Progress and stored predictions go to ``COURSE_LR_SCRATCH`` instead of the folder beside the
notebooks, so that a test run neither reads nor changes what a learner has done.
"""

import os
import shutil
import tempfile


def pytest_configure(config):
    config.course_lr_scratch = tempfile.mkdtemp(prefix="course_lr-test-")
    os.environ["COURSE_LR_SCRATCH"] = config.course_lr_scratch


def pytest_unconfigure(config):
    shutil.rmtree(config.course_lr_scratch, ignore_errors=True)
