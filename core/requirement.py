"""What the API asks of its clients, in words that apps share without knowing each other."""

from typing import NamedTuple


class Requirement(NamedTuple):
    """What an action of a viewset asks for: of an API key a scope, of a member of staff a permission, as at the desk.

    A viewset has them by action in its attribute `requirements`. An action that is not there is refused to everybody.
    """

    scope: str
    permission: str
