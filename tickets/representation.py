"""The one JSON representation of a ticket, as SQL: the API and webhooks send the same bytes.

Clients that may not read get a receipt: parts of it from which they learn nothing about the contact or the ticket.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

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


def open_receipt(ticket_json: str, sent: Mapping[str, str]) -> str:
    """The JSON that a client gets who opened this ticket and may not read it: the texts are what it sent itself."""
    ticket = orjson.loads(ticket_json)
    return _json(
        {
            "id": ticket["id"],
            "issue_description": escape(sent["issue_description"]),
            "status": ticket["status"],
            "created_at": ticket["created_at"],
            "contact": {"full_name": escape(sent["full_name"]), "email": sent["email"]},
        }
    )


def change_receipt(ticket_json: str) -> str:
    """The JSON that a client gets who resolved or reopened this ticket and may not read it."""
    ticket = orjson.loads(ticket_json)
    return _json({name: ticket[name] for name in ("id", "status", "created_at", "resolved_at")})


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
