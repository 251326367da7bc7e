"""Requirement of an API action, declared by viewsets and enforced by `access`."""

from typing import NamedTuple


class Requirement(NamedTuple):
    """What an action of a viewset requires: a scope of an API key, a permission of a member of staff.

    A viewset declares them by action in its attribute `requirements`. An action without one is refused for everybody.
    """

    scope: str
    permission: str
