"""Values equal those of PyTorch, Optax, Keras and Transformers, stored and live."""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lr.schedules import Schedule, __all__

ROOT = Path(__file__).parents[2]
RECORDS = json.loads((ROOT / "tests/data/schedules.json").read_text(encoding="utf-8"))
LIBRARIES = ("torch", "optax", "keras", "transformers")


def agree(record: dict) -> None:
    """Our schedule gives the record's values within the record's tolerance."""
    ours = Schedule.from_dict(record["ours"])
    rates = ours(record["steps"])
    np.testing.assert_allclose(rates, record["values"], rtol=record["rtol"], err_msg=repr(ours))


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: f"{r['library']}-{r['name']}")
def test_equals_the_stored_values(record):
    assert record["rtol"] <= 1e-10 and len(record["steps"]) == len(record["values"]) >= 2
    agree(record)


ALONE = {"Schedule"}
"""What no library has: the base of all schedules."""


def test_the_records_cover_every_schedule_and_library():
    described = [record["ours"] for record in RECORDS]
    assert set(given(described, "type")) == set(__all__) - ALONE
    assert {record["library"] for record in RECORDS} == set(LIBRARIES)
    assert all(record["version"] for record in RECORDS) and len(RECORDS) >= 300
    for name in (
        "gamma every steps power eta_end period period_mult warm_fraction start_div end_div anneal "
        "half_cycle envelope milestones start shape warmup stable decay rate offset steps_per_epoch"
    ).split():
        assert len({json.dumps(value) for value in given(described, name)}) >= 2, name


def given(described, name):
    """All values of a parameter in a nested description."""
    if isinstance(described, list):
        return [value for item in described for value in given(item, name)]
    if not isinstance(described, dict):
        return []
    inside = [value for item in described.values() for value in given(item, name)]
    return inside + ([described[name]] if name in described else [])


@pytest.mark.parametrize("library", LIBRARIES)
def test_equals_the_installed_library(library):
    for needed in {"keras": ["keras", "jax"], "optax": ["optax", "jax"]}.get(library, [library]):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    fresh = fresh_records(library)
    assert len(fresh) >= 4
    for record in fresh:
        assert record["version"] == importlib.metadata.version(library)
        agree(record)


def fresh_records(library: str) -> list[dict]:
    """Every ninth record, made now in a process of its own (it sets JAX and Keras to float64)."""
    code = "import json; from tools import references; "
    code += f"print(json.dumps(references.schedules({library!r}, every=9)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])
