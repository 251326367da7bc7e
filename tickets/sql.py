"""SQL that opens, resolves and reopens tickets: one statement each, with history, event and deliveries."""

from contacts.representation import IS_ERASED
from tickets.models import ERASED_TEXT, Change, Ticket
from tickets.representation import TICKET_JSON
from webhooks.models import EventType
from webhooks.outbox import IS_OWED, record_events

SELECT_RENDERED = f"SELECT id, body, {IS_OWED} FROM rendered"


# No upsert (ON CONFLICT DO UPDATE): it would write a new row version of the contact for every ticket. FOR KEY SHARE is
# the lock that the ticket's foreign key takes anyway; taken first, it waits for a concurrent erasure or correction of
# the contact and then checks the address again.
def open_ticket_ctes(condition: str = "true") -> str:
    """The common table expressions that open a ticket if the SQL `condition` holds."""
    return f"""
known AS (
    SELECT id, full_name, email, created_at FROM contacts
    WHERE email = %(email)s::text AND {condition} FOR KEY SHARE
),
created AS (
    INSERT INTO contacts (full_name, email)
    SELECT %(full_name)s::text, %(email)s::text WHERE NOT EXISTS (SELECT FROM known) AND {condition}
    ON CONFLICT (email) DO NOTHING
    RETURNING id, full_name, email, created_at
),
contact AS (TABLE known UNION ALL TABLE created),
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


RECORD_OPENED = _record_change(Change.Kind.OPENED)
OPEN = f"WITH {open_ticket_ctes()}, {RECORD_OPENED} {SELECT_RENDERED}"
# An INSERT CTE costs start-up even without rows, so anonymous opens use a statement without it.
OPEN_ANONYMOUSLY = f"WITH {open_ticket_ctes()} {SELECT_RENDERED}"

BY_ID = "tickets.id = %(id)s::bigint"
# Lock order: by id, so that two such statements cannot deadlock.
BY_IDS = """tickets.id IN (
    SELECT id FROM tickets WHERE id = ANY (%(ids)s::bigint[]) AND status = '{before}' ORDER BY id FOR NO KEY UPDATE
)"""


def _change_status(condition: str, before: str, after: str, changes: str, kind: str, event: EventType) -> str:
    return f"""
WITH ticket AS (
    UPDATE tickets SET status = '{after}', {changes}
    WHERE {condition.format(before=before)} AND status = '{before}'
    RETURNING id, contact_id, issue_description, status, created_at, resolved_at
),
rendered AS (
    SELECT ticket.id, %(request_id)s::text AS request_id, {TICKET_JSON} AS body
    -- The lock waits for the beginning of an erasure and then reads the erased contact.
    FROM ticket AS changed CROSS JOIN LATERAL (
        SELECT * FROM contacts WHERE id = changed.contact_id FOR KEY SHARE
    ) AS contact CROSS JOIN LATERAL (
        SELECT changed.id, changed.contact_id, changed.status, changed.created_at, changed.resolved_at,
               CASE WHEN {IS_ERASED} THEN '{ERASED_TEXT}' ELSE changed.issue_description END AS issue_description
    ) AS ticket
),
{_record_change(kind)},
{record_events(event)}
{SELECT_RENDERED}
"""


def _resolve(condition: str) -> str:
    changes = "resolved_at = statement_timestamp(), resolved_by_id = %(user)s::bigint"
    before, after = Ticket.Status.OPEN, Ticket.Status.RESOLVED
    return _change_status(condition, before, after, changes, Change.Kind.RESOLVED, EventType.TICKET_RESOLVED)


def _reopen(condition: str) -> str:
    changes = "resolved_at = NULL, resolved_by_id = NULL"
    before, after = Ticket.Status.RESOLVED, Ticket.Status.OPEN
    return _change_status(condition, before, after, changes, Change.Kind.REOPENED, EventType.TICKET_REOPENED)


RESOLVE, RESOLVE_MANY = _resolve(BY_ID), _resolve(BY_IDS)
REOPEN, REOPEN_MANY = _reopen(BY_ID), _reopen(BY_IDS)
