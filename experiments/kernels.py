"""The BLAS kernels of this machine, asked in processes of their own: nothing here loads numpy."""

import os
import subprocess
import sys

ASK = "import numpy, threadpoolctl as t; print(*{i['architecture'] for i in t.threadpool_info()"
ASK += " if i['internal_api'] == 'openblas'})"
OTHERS = ("Haswell", "Sandybridge")
"""Kernels that every recent x86 processor can run; the first that is not its own is the second."""


def own_kernel(environment: dict[str, str] | None = None) -> str:
    """The kernel that this machine's OpenBLAS takes by itself, or in an environment."""
    found = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, env=environment, check=True
    )
    return found.stdout.strip()


def kernels(named: str | None) -> list[str]:
    """The kernels to measure with, each seen to be what runs.

    Raises:
        ValueError: two are the same, or this machine does not run one of them.
    """
    wanted = named.split(",") if named else []
    if not wanted:
        own = own_kernel({k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"})
        wanted = [own, next(name for name in OTHERS if name != own)]
    if len(set(wanted)) != len(wanted) or len(wanted) > 2:
        raise ValueError(f"--kernels must name one or two different kernels, got {named}")
    for name in wanted:
        if (got := own_kernel(os.environ | {"OPENBLAS_CORETYPE": name})) != name:
            raise ValueError(f"--kernels must name kernels that run here; {name} gives {got}")
    return wanted
