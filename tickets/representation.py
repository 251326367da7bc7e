"""The one JSON representation of a ticket, as SQL: the API and webhooks send the same bytes."""

from contacts.representation import CONTACT_JSON
from core.sql_json import enum_json, escaped_json, object_json, time_json
from tickets.models import Ticket

# The JSON of the joined rows `ticket` and `contact`.
TICKET_JSON = object_json(
    {
        "id": "ticket.id",
        "contact_id": "ticket.contact_id",
        "issue_description": escaped_json("ticket.issue_description"),
        "status": enum_json("ticket.status", Ticket.Status.values),
        "created_at": time_json("ticket.created_at"),
        "contact": CONTACT_JSON,
        "resolved_at": time_json("ticket.resolved_at"),
    }
)
FROM_TICKETS = "FROM tickets AS ticket JOIN contacts AS contact ON contact.id = ticket.contact_id"
ONE_TICKET = f"SELECT {TICKET_JSON} {FROM_TICKETS} WHERE ticket.id = %(id)s::bigint"
