"""The SQL that opens, resolves and reopens tickets.

Each statement takes arrays, a place in them for each ticket that is asked for: one that serves many requests costs
little more than one for itself. It returns the place, the ticket's id and JSON, and whether anybody is owed an event.
"""

from tickets.models import Change, Ticket
from tickets.representation import TICKET_JSON
from webhooks.models import EventType
from webhooks.outbox import IS_OWED, record_events

OUTCOME = f"SELECT place, id, body, {IS_OWED} FROM rendered"

# The planner can count a parameter's elements, but not a subquery's: it would find plans for so many worth the making,
# each time, which takes as long as the statement itself.
HIDDEN = "(SELECT %({})s::{}[])"


# A contact that exists is only read: an upsert that "updates" it would write a new row version for every ticket. The
# lock is the one that the ticket's foreign key takes anyway; taken first, it waits for somebody who erases or corrects
# the contact and then looks again whose address it is. New ones come in the order of their addresses, so that of two
# such statements one at most waits for the other.
def opening(condition: str = "") -> str:
    """The common table expressions that open tickets; none where the condition, of SQL, is not met."""
    return f"""
asked AS MATERIALIZED (
    SELECT nextval('tickets_id_seq') AS id, asked.*
    FROM unnest(
        {HIDDEN.format("full_name", "text")}, %(email)s::text[], %(issue_description)s::text[], %(actor)s::text[],
        %(request_id)s::text[]
    ) WITH ORDINALITY AS asked (full_name, email, issue_description, actor, request_id, place)
    {condition}
),
known AS (
    SELECT id, email, json FROM contacts WHERE email = ANY (ARRAY(SELECT email FROM asked)) FOR KEY SHARE
),
fresh AS (
    INSERT INTO contacts (full_name, email)
    SELECT DISTINCT ON (email) full_name, email FROM asked
    WHERE email <> ALL (ARRAY(SELECT email FROM known)) ORDER BY email, place
    ON CONFLICT (email) DO NOTHING
    RETURNING id, email, json
),
contact AS (
    SELECT asked.id AS ticket_id, issue_description, actor, request_id, place, contact.id, json
    FROM asked JOIN (TABLE known UNION ALL TABLE fresh) AS contact USING (email)
),
ticket AS (
    INSERT INTO tickets (id, contact_id, issue_description) SELECT ticket_id, id, issue_description FROM contact
    RETURNING *
),
rendered AS (
    SELECT ticket.id, actor, request_id, place, {TICKET_JSON} AS body FROM ticket JOIN contact ON ticket_id = ticket.id
),
{record_events(EventType.TICKET_CREATED)}
"""


NOTE_CHANGE = """
noted AS (
    INSERT INTO ticket_changes (ticket_id, kind, actor) SELECT id, '{kind}', actor FROM rendered {condition}
)
"""
NOTE_OPENING = NOTE_CHANGE.format(kind=Change.Kind.OPENED, condition="WHERE actor <> ''")

OPEN = f"WITH {opening()}, {NOTE_OPENING} {OUTCOME}"
# Even what writes nothing gets ready to: for nobody the note is left out.
OPEN_FOR_NOBODY = f"WITH {opening()} {OUTCOME}"


def _change_status(before: str, after: str, resolved_at: str, resolved_by: str, kind: str, event: str) -> str:
    return f"""
WITH asked AS (
    SELECT * FROM unnest({HIDDEN.format("id", "bigint")}, %(user)s::bigint[], %(actor)s::text[], %(request_id)s::text[])
    WITH ORDINALITY AS asked (id, "user", actor, request_id, place)
),
locked AS (  -- in the order of their ids, so that two such statements do not wait for each other
    SELECT asked.* FROM asked JOIN tickets ON tickets.id = asked.id AND status = '{before}'
    ORDER BY asked.id FOR NO KEY UPDATE OF tickets
),
ticket AS (
    UPDATE tickets SET status = '{after}', resolved_at = {resolved_at}, resolved_by_id = {resolved_by}
    FROM locked WHERE tickets.id = locked.id AND status = '{before}'
    RETURNING tickets.*, actor, request_id, place
),
rendered AS (
    SELECT ticket.id, actor, request_id, place, {TICKET_JSON} AS body
    -- An erasure that this statement waited for is seen, not only the ticket's new text.
    FROM ticket, LATERAL (SELECT * FROM contacts WHERE id = ticket.contact_id FOR KEY SHARE) AS contact
),
{NOTE_CHANGE.format(kind=kind, condition="")},
{record_events(event)}
{OUTCOME}
"""


OPEN_STATUS, RESOLVED_STATUS = Ticket.Status.OPEN, Ticket.Status.RESOLVED
RESOLVE = _change_status(
    OPEN_STATUS, RESOLVED_STATUS, "statement_timestamp()", '"user"', Change.Kind.RESOLVED, EventType.TICKET_RESOLVED
)
REOPEN = _change_status(RESOLVED_STATUS, OPEN_STATUS, "NULL", "NULL", Change.Kind.REOPENED, EventType.TICKET_REOPENED)
