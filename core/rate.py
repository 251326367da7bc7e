"""A limit for requests."""

from typing import NamedTuple


class Rate(NamedTuple):
    """So many requests within so many seconds."""

    requests: int
    seconds: int
