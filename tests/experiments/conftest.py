"""Tests of this folder share what test_trial.py makes up."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
