"""Opens, resolves and reopens tickets: each in one statement that also records the event for the receivers.

A statement on its own is its own transaction, committed when it returns; inside `atomic` it joins that.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ticketloop import request_id
from ticketloop.statements import fetch_all
from tickets.actors import NOBODY, Actor
from tickets.models import Change
from tickets.representation import TICKET_JSON
from webhooks.models import EventType
from webhooks.outbox import IS_OWED, RECORD_EVENTS, nudge_after_commit

NOTE_CHANGE = """
noted AS (
    INSERT INTO ticket_changes (ticket_id, kind, actor)
    SELECT id, %(kind)s::text, %(actor)s::text FROM ticket {condition}
)
"""

# A contact that exists is only read: an upsert that "updates" it would write a new row version for every ticket. The
# lock is the one that the ticket's foreign key takes anyway; taken first, it waits for somebody who erases or corrects
# the contact and then looks again whose address it is.
OPENING = f"""
known AS (
    SELECT id, json FROM contacts WHERE email = %(email)s {{condition}} FOR KEY SHARE
),
fresh AS (
    INSERT INTO contacts (full_name, email)
    SELECT %(full_name)s, %(email)s WHERE NOT EXISTS (SELECT FROM known) {{condition}}
    ON CONFLICT (email) DO NOTHING
    RETURNING id, json
),
contact AS (TABLE known UNION ALL TABLE fresh),
ticket AS (
    INSERT INTO tickets (contact_id, issue_description)
    SELECT id, %(issue_description)s FROM contact
    RETURNING *
),
rendered AS (
    SELECT ticket.id, {TICKET_JSON} AS body FROM ticket JOIN contact ON contact.id = ticket.contact_id
),
{RECORD_EVENTS}
"""
NOTE_OPENING = NOTE_CHANGE.format(condition="WHERE %(actor)s::text <> ''")
OUTCOME = f"SELECT id, body, {IS_OWED} FROM rendered"
# Even what writes nothing gets ready to: for nobody the note is left out.
OPEN_FOR_NOBODY = f"WITH {OPENING.replace('{condition}', '')} {OUTCOME}"
OPEN_TICKET = f"WITH {OPENING.replace('{condition}', '')}, {NOTE_OPENING} {OUTCOME}"

CHANGE_STATUS = f"""
WITH ticket AS (
    UPDATE tickets SET status = %(after)s, resolved_at = {{resolved_at}}, resolved_by_id = {{resolved_by}}
    WHERE {{which}} AND status = %(before)s
    RETURNING *
),
rendered AS (
    SELECT ticket.id, {TICKET_JSON} AS body FROM ticket JOIN contacts AS contact ON contact.id = ticket.contact_id
    FOR KEY SHARE OF contact  -- an erasure that this statement waited for is seen, not only the ticket's new text
),
{NOTE_CHANGE.format(condition="")},
{RECORD_EVENTS}
{OUTCOME} ORDER BY id
"""
# The planner cannot know how many ids an array will have. For one of its own it makes one plan for good.
ONE, MANY = "id = %(id)s", "id = ANY (%(ids)s::bigint[])"
RESOLVE = CHANGE_STATUS.replace("{resolved_at}", "statement_timestamp()").replace("{resolved_by}", "%(by)s")
REOPEN = CHANGE_STATUS.replace("{resolved_at}", "NULL").replace("{resolved_by}", "NULL")


class RenderedTicket(NamedTuple):
    """A ticket's id and its JSON representation, in UTF-8."""

    id: int
    body: bytes


def open_ticket(full_name: str, email: str, issue_description: str, by: Actor = NOBODY) -> RenderedTicket:
    """Opens a ticket for the contact with this normalised address, who is created if there is none yet.

    An existing contact keeps its first `full_name`. The texts are stored as given, already validated.
    """
    statement = OPEN_FOR_NOBODY if by == NOBODY else OPEN_TICKET
    values = {"full_name": full_name, "email": email, "issue_description": issue_description, "actor": by.name}
    rows: list[RenderedTicket] = []
    # Nothing comes back when somebody else created the contact since this statement began: the next one sees it.
    while not rows:
        rows = run(statement, {**values, "event": EventType.TICKET_CREATED, "kind": Change.Kind.OPENED})
    return rows[0]


def resolve_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Resolves those of the tickets that are open, and returns them; the others stay as they are."""
    values = {"before": "open", "after": "resolved", "event": EventType.TICKET_RESOLVED, "kind": Change.Kind.RESOLVED}
    return _change(RESOLVE, ids, {"actor": by.name, "by": by.user, **values})


def reopen_tickets(ids: Sequence[int], by: Actor = NOBODY) -> list[RenderedTicket]:
    """Reopens those of the tickets that are resolved, and returns them; the others stay as they are."""
    values = {"before": "resolved", "after": "open", "event": EventType.TICKET_REOPENED, "kind": Change.Kind.REOPENED}
    return _change(REOPEN, ids, {"actor": by.name, **values})


def _change(statement: str, ids: Sequence[int], values: dict[str, Any]) -> list[RenderedTicket]:
    if len(ids) == 1:
        return run(statement.replace("{which}", ONE), {"id": ids[0], **values})
    return run(statement.replace("{which}", MANY), {"ids": list(ids), **values})


def run(statement: str, values: dict[str, Any]) -> list[RenderedTicket]:
    """Runs a statement that returns the id and body of every ticket it changed, and whether anybody is owed an event.

    If so, a worker hears of it.
    """
    rows = fetch_all(statement, {**values, "request_id": request_id.current.get()})
    if rows and rows[0][2] == b"t":
        nudge_after_commit()
    return [RenderedTicket(int(ticket), body) for ticket, body, _ in rows]
