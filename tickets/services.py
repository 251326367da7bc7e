"""Opens, resolves and reopens tickets: one statement each, which also records the event for the receivers.

Outside `atomic` each is its own transaction, committed on return; the changes of many tickets are several.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from core import request_id
from core.errors import DatabaseUnavailable
from core.raw_sql import fetch_all
from core.short_transaction import short_transaction
from tickets.actors import ANONYMOUS, Actor
from tickets.sql import OPEN, OPEN_ANONYMOUSLY, REOPEN, REOPEN_MANY, RESOLVE, RESOLVE_MANY
from webhooks.outbox import nudge_after_commit

MAX_TRIES = 5
BATCH = 200  # tickets changed in one transaction
PATIENCE = 5.0  # seconds to wait for somebody who is changing one of many tickets


class RenderedTicket(NamedTuple):
    """A ticket's id and its JSON representation."""

    id: int
    body: str


def open_ticket(full_name: str, email: str, issue_description: str, by: Actor = ANONYMOUS) -> RenderedTicket:
    """Opens a ticket for the contact with this normalised address, who is created if unknown.

    A known contact keeps their `full_name`. The caller has validated all values. Raises DatabaseUnavailable if
    others create and erase the contact again and again.
    """
    values = {"full_name": full_name, "email": email, "issue_description": issue_description}
    # No row comes back if a concurrent request created the contact after this statement began: the next one sees it,
    # unless the contact was erased meanwhile.
    for _ in range(MAX_TRIES):
        opened = run(OPEN if by.name else OPEN_ANONYMOUSLY, by, **values)
        if opened:
            return opened[0]
    raise DatabaseUnavailable


def resolve_ticket(id: int, by: Actor = ANONYMOUS) -> RenderedTicket | None:
    """Resolves the ticket and returns it; None if there is no such open ticket."""
    return next(iter(run(RESOLVE, by, id=id)), None)


def reopen_ticket(id: int, by: Actor = ANONYMOUS) -> RenderedTicket | None:
    """Reopens the ticket and returns it; None if there is no such resolved ticket."""
    return next(iter(run(REOPEN, by, id=id)), None)


def resolve_tickets(ids: Sequence[int], by: Actor = ANONYMOUS) -> list[RenderedTicket]:
    """Resolves the open ones of these tickets; returns them."""
    return _run_in_batches(RESOLVE_MANY, by, ids)


def reopen_tickets(ids: Sequence[int], by: Actor = ANONYMOUS) -> list[RenderedTicket]:
    """Reopens the resolved ones of these tickets; returns them."""
    return _run_in_batches(REOPEN_MANY, by, ids)


def _run_in_batches(statement: str, by: Actor, ids: Sequence[int]) -> list[RenderedTicket]:
    """Short transactions, so that nobody waits long for one of the tickets. If one fails, those before it stay."""
    changed = []
    for start in range(0, len(ids), BATCH):
        batch = list(ids[start : start + BATCH])
        changed += short_transaction(partial(run, statement, by, ids=batch), PATIENCE)
    return changed


def run(statement: str, by: Actor, **values: object) -> list[RenderedTicket]:
    """Runs a statement of `tickets.sql`, wakes a worker for its deliveries; returns the opened or changed tickets."""
    actor = {"actor": by.name, "user": by.user, "request_id": request_id.current.get()}
    rows = fetch_all(statement, {**actor, **values})
    if any(is_owed for _, _, is_owed in rows):
        nudge_after_commit()
    return [RenderedTicket(ticket, body) for ticket, body, _ in rows]
