"""The one representation of a ticket, as SQL: API answers, lists and webhooks carry the same bytes."""

from contacts.representation import CONTACT_JSON
from core.sql_json import choice_json, escaped_json, object_json, time_json
from tickets.models import Ticket

# A JSON text of the rows `ticket` and `contact`.
TICKET_JSON = object_json(
    {
        "id": "ticket.id",
        "contact_id": "ticket.contact_id",
        "issue_description": escaped_json("ticket.issue_description"),
        "status": choice_json("ticket.status", Ticket.Status.values),
        "created_at": time_json("ticket.created_at"),
        "contact": CONTACT_JSON,
        "resolved_at": time_json("ticket.resolved_at"),
    }
)
TICKETS = "FROM tickets AS ticket JOIN contacts AS contact ON contact.id = ticket.contact_id"
ONE_TICKET = f"SELECT {TICKET_JSON} {TICKETS} WHERE ticket.id = %(id)s::bigint"
