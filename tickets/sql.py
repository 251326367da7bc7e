"""The SQL that opens, resolves and reopens tickets: each in one statement, with its history, event and deliveries."""

from tickets.models import Change, Ticket
from tickets.representation import TICKET_JSON
from webhooks.models import EventType
from webhooks.outbox import IS_OWED, record_events

OUTCOME = f"SELECT id, body, {IS_OWED} FROM rendered"


# A contact that exists is only read: an upsert that "updates" it would write a new row version for every ticket. The
# lock is the one that the ticket's foreign key takes anyway; taken first, it waits for somebody who erases or corrects
# the contact and then looks again whose address it is.
def opening(condition: str = "true") -> str:
    """The common table expressions that open a ticket; none where the condition, of SQL, is not met."""
    return f"""
known AS (
    SELECT id, full_name, email, created_at FROM contacts
    WHERE email = %(email)s::text AND {condition} FOR KEY SHARE
),
fresh AS (
    INSERT INTO contacts (full_name, email)
    SELECT %(full_name)s::text, %(email)s::text WHERE NOT EXISTS (SELECT FROM known) AND {condition}
    ON CONFLICT (email) DO NOTHING
    RETURNING id, full_name, email, created_at
),
contact AS (TABLE known UNION ALL TABLE fresh),
ticket AS (
    INSERT INTO tickets (contact_id, issue_description) SELECT id, %(issue_description)s::text FROM contact
    RETURNING id, contact_id, issue_description, status, created_at, resolved_at
),
rendered AS (
    SELECT ticket.id, %(request_id)s::text AS request_id, {TICKET_JSON} AS body FROM ticket CROSS JOIN contact
),
{record_events(EventType.TICKET_CREATED)}
"""


def _record_change(kind: str) -> str:
    return f"""
change AS (
    INSERT INTO ticket_changes (ticket_id, kind, actor) SELECT id, '{kind}', %(actor)s::text FROM rendered
)
"""


RECORD_OPENING = _record_change(Change.Kind.OPENED)
OPEN = f"WITH {opening()}, {RECORD_OPENING} {OUTCOME}"
# An INSERT CTE costs start-up even without rows, so anonymous opens use a statement without it.
OPEN_ANONYMOUSLY = f"WITH {opening()} {OUTCOME}"

ONE = "tickets.id = %(id)s::bigint"
# In the order of their ids, so that two such statements cannot deadlock.
MANY = """tickets.id IN (
    SELECT id FROM tickets WHERE id = ANY (%(ids)s::bigint[]) AND status = '{before}' ORDER BY id FOR NO KEY UPDATE
)"""


def _change_status(which: str, before: str, after: str, changes: str, kind: str, event: EventType) -> str:
    return f"""
WITH ticket AS (
    UPDATE tickets SET status = '{after}', {changes}
    WHERE {which.format(before=before)} AND status = '{before}'
    RETURNING id, contact_id, issue_description, status, created_at, resolved_at
),
rendered AS (
    SELECT ticket.id, %(request_id)s::text AS request_id, {TICKET_JSON} AS body
    -- An erasure that this statement waited for is seen, not only the ticket's new text.
    FROM ticket, LATERAL (SELECT * FROM contacts WHERE id = ticket.contact_id FOR KEY SHARE) AS contact
),
{_record_change(kind)},
{record_events(event)}
{OUTCOME}
"""


def _resolve(which: str) -> str:
    changes = "resolved_at = statement_timestamp(), resolved_by_id = %(user)s::bigint"
    before, after = Ticket.Status.OPEN, Ticket.Status.RESOLVED
    return _change_status(which, before, after, changes, Change.Kind.RESOLVED, EventType.TICKET_RESOLVED)


def _reopen(which: str) -> str:
    changes = "resolved_at = NULL, resolved_by_id = NULL"
    before, after = Ticket.Status.RESOLVED, Ticket.Status.OPEN
    return _change_status(which, before, after, changes, Change.Kind.REOPENED, EventType.TICKET_REOPENED)


RESOLVE, RESOLVE_MANY = _resolve(ONE), _resolve(MANY)
REOPEN, REOPEN_MANY = _reopen(ONE), _reopen(MANY)
