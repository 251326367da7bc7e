"""Opens, resolves and reopens tickets: each in one statement that also records the event for the receivers.

A statement on its own is its own transaction, committed when it returns; inside `atomic` it joins that.
"""

from collections.abc import Sequence
from typing import NamedTuple

from core import request_id
from core.raw_sql import fetch_all
from tickets.actors import NOBODY, Actor
from tickets.sql import OPEN, OPEN_ANONYMOUSLY, REOPEN, REOPEN_MANY, RESOLVE, RESOLVE_MANY
from webhooks.outbox import nudge_after_commit


class RenderedTicket(NamedTuple):
    """A ticket's id and its JSON representation."""

    id: int
    body: str


def open_ticket(full_name: str, email: str, issue_description: str, by: Actor = NOBODY) -> RenderedTicket:
    """Opens a ticket for the contact with this normalised address, who is created if there is none yet.

    An existing contact keeps its first `full_name`. The texts are stored as given, already validated.
    """
    values = {"full_name": full_name, "email": email, "issue_description": issue_description}
    opened: list[RenderedTicket] = []
    # Nothing comes back when somebody else created the contact since this statement began: the next one sees it.
    while not opened:
        opened = run(OPEN if by.name else OPEN_ANONYMOUSLY, by, **values)
    return opened[0]


def resolve_ticket(id: int, by: Actor = NOBODY) -> RenderedTicket | None:
    """Resolves the ticket and returns it; None where there is no such open ticket."""
    return next(iter(run(RESOLVE, by, id=id)), None)


def reopen_ticket(id: int, by: Actor = NOBODY) -> RenderedTicket | None:
    """Reopens the ticket and returns it; None where there is no such resolved ticket."""
    return next(iter(run(REOPEN, by, id=id)), None)


def resolve_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Resolves those of the tickets that are open, and returns them; the others stay as they are."""
    return run(RESOLVE_MANY, by, ids=list(ids))


def reopen_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Reopens those of the tickets that are resolved, and returns them; the others stay as they are."""
    return run(REOPEN_MANY, by, ids=list(ids))


def run(statement: str, by: Actor, **values: object) -> list[RenderedTicket]:
    """The tickets that the statement (see `tickets.sql`) opened or changed; wakes a worker where an event is owed."""
    actor = {"actor": by.name, "user": by.user, "request_id": request_id.current.get()}
    rows = fetch_all(statement, {**actor, **values})
    if any(is_owed for _, _, is_owed in rows):
        nudge_after_commit()
    return [RenderedTicket(ticket, body) for ticket, body, _ in rows]
