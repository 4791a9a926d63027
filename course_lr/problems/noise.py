"""Gradient noise that depends on nothing but the seed and the step."""

import functools

import numpy as np

STREAM = 0x401CE  # keeps these numbers apart from others that are drawn from the same seed
LONGEST = 256  # steps in a chunk


@functools.lru_cache(maxsize=1024)
def _chunk(seed: int, chunk: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng([STREAM, seed, chunk]).standard_normal(shape)


class Noise:
    """Standard normal numbers for rows with these seeds, the same at every visit of a step.

    They are drawn in chunks of several steps, since a generator for each step would cost more than
    the step: a chunk is ``default_rng([STREAM, seed, chunk])``, and the current one is kept.

    >>> noise = Noise(np.array([7, 3, 7]), n=2)
    >>> first = noise.at(0, rows=3)
    >>> first.shape, bool(np.all(first[0] == first[2]))
    ((3, 2), True)
    """

    def __init__(self, seeds: np.ndarray, n: int):
        self.seeds, self.place = np.unique(np.asarray(seeds), return_inverse=True)
        self.shape = max(1, min(LONGEST, 4096 // n)), n
        self.chunk, self.values = None, None

    def at(self, step: int, rows: int) -> np.ndarray:
        """The numbers of ``step``, shape ``(rows, n)``; rows with one seed get the same ones."""
        if rows != len(self.place):
            raise ValueError(f"seeds must be one a row of w: {len(self.place)} for {rows} rows")
        chunk, step = divmod(int(step), self.shape[0])
        if chunk != self.chunk:
            self.values = np.stack([_chunk(int(seed), chunk, self.shape) for seed in self.seeds])
            self.chunk = chunk
        return self.values[self.place, step]
