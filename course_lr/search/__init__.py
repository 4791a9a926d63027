"""The search for a rate: grid, random, successive halving, and the range test."""

from course_lr.search.ramp import RangeTest, range_test
from course_lr.search.result import Halving, Round, Search
from course_lr.search.searches import (
    grid_search,
    log_uniform,
    random_search,
    successive_halving,
)

__all__ = [
    "Halving",
    "RangeTest",
    "Round",
    "Search",
    "grid_search",
    "log_uniform",
    "random_search",
    "range_test",
    "successive_halving",
]
