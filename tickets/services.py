"""Opens, resolves and reopens tickets: each in one statement that also records the event for the receivers.

A statement on its own is its own transaction, committed when it returns; inside `atomic` it joins that.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from django.db import connection

from core import request_id
from core.batching import Batcher
from core.raw_sql import fetch_all, is_refused
from tickets.actors import NOBODY, Actor
from tickets.sql import OPEN, OPEN_FOR_NOBODY, REOPEN, RESOLVE
from webhooks.outbox import nudge_after_commit


class RenderedTicket(NamedTuple):
    """A ticket's id and its JSON representation, in UTF-8."""

    id: int
    body: bytes


class Opening(NamedTuple):
    """A ticket to open, as the statement takes it."""

    full_name: str
    email: str
    issue_description: str
    actor: str
    request_id: str


class Changing(NamedTuple):
    """A ticket to resolve or to reopen, as the statement takes it."""

    id: int
    user: int | None
    actor: str
    request_id: str


Asked = TypeVar("Asked", Opening, Changing)


def open_ticket(full_name: str, email: str, issue_description: str, by: Actor = NOBODY) -> RenderedTicket:
    """Opens a ticket for the contact with this normalised address, who is created if there is none yet.

    An existing contact keeps its first `full_name`. The texts are stored as given, already validated.
    """
    opening = Opening(full_name, email, issue_description, by.name, request_id.current.get())
    opened = None
    # Nothing comes back when somebody else created the contact since this statement began: the next one sees it.
    while opened is None:
        opened = _together(_OPEN, opening)
    return opened


def resolve_ticket(id: int, by: Actor = NOBODY) -> RenderedTicket | None:
    """Resolves the ticket and returns it; None where there is no such open ticket."""
    return _together(_RESOLVE, _changing(id, by))


def reopen_ticket(id: int, by: Actor = NOBODY) -> RenderedTicket | None:
    """Reopens the ticket and returns it; None where there is no such resolved ticket."""
    return _together(_REOPEN, _changing(id, by))


def resolve_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Resolves those of the tickets that are open, and returns them; the others stay as they are."""
    return [ticket for ticket in run(RESOLVE, [_changing(each, by) for each in ids]) if ticket]


def reopen_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Reopens those of the tickets that are resolved, and returns them; the others stay as they are."""
    return [ticket for ticket in run(REOPEN, [_changing(each, by) for each in ids]) if ticket]


def run(statement: str, asked: Sequence[Asked], **values: object) -> list[RenderedTicket | None]:
    """Runs a statement for what is asked, and wakes a worker where anybody is owed an event.

    Returns as many tickets as are asked for, None where the statement left one alone.
    """
    if not asked:
        return []
    columns = zip(asked[0]._fields, map(list, zip(*asked, strict=True)), strict=True)
    rows = fetch_all(statement, {**dict(columns), **values})
    if rows and rows[0][3] == b"t":
        nudge_after_commit()
    tickets: list[RenderedTicket | None] = [None] * len(asked)
    for place, ticket, body, _ in rows:
        tickets[int(place) - 1] = RenderedTicket(int(ticket), body)
    return tickets


def _changing(id: int, by: Actor) -> Changing:
    return Changing(id, by.user, by.name, request_id.current.get())


def _open(openings: Sequence[Opening]) -> list[RenderedTicket | None]:
    return run(OPEN if any(opening.actor for opening in openings) else OPEN_FOR_NOBODY, openings)


def _together(batcher: "Batcher[Asked, RenderedTicket | None]", asked: Asked) -> RenderedTicket | None:
    """With what other threads ask for at the moment, but for itself where it must join a transaction."""
    return batcher.run([asked])[0] if connection.in_atomic_block else batcher(asked)


_OPEN = Batcher(_open, is_refused)
_RESOLVE = Batcher(partial(run, RESOLVE), is_refused)
_REOPEN = Batcher(partial(run, REOPEN), is_refused)
