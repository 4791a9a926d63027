"""Chapter 05: the nearest rate among those that were trained."""

import numpy as np


def nearest(rates: np.ndarray, wanted) -> np.ndarray:
    """Places of the rates nearest to the wanted ones on a log axis; same shape as ``wanted``.

    >>> nearest(np.array([0.1, 1.0, 10.0]), [0.2, 9.0])
    array([0, 2])
    """
    return np.abs(np.log(rates) - np.log(np.asarray(wanted))[..., None]).argmin(axis=-1)
