"""Examples for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from contacts.api.examples import CONTACT

TICKET: dict[str, Any] = {
    "id": 17,
    "contact_id": 4,
    "issue_description": "It&#x27;s &quot;broken&quot; &amp; &lt;b&gt;on fire&lt;/b&gt;",
    "status": "open",
    "created_at": "2026-11-23T20:38:11.448236Z",
    "contact": CONTACT,
    "resolved_at": None,
}

RESOLVED_TICKET = {**TICKET, "status": "resolved", "resolved_at": "2026-11-24T09:12:40.102938Z"}
OPEN_TICKET_EXAMPLE = OpenApiExample(
    "A new ticket",
    value={
        "full_name": "Ada Lovelace",
        "email": "ada@example.com",
        "issue_description": 'It\'s "broken" & <b>on fire</b>',
    },
    request_only=True,
)
TICKET_EXAMPLE = OpenApiExample("An open ticket", value=TICKET, response_only=True, status_codes=["200", "201"])
TICKETS_EXAMPLE = OpenApiExample("Tickets", value=TICKET, response_only=True, status_codes=["200"])
RESOLVED_EXAMPLE = OpenApiExample(
    "A resolved ticket",
    value=RESOLVED_TICKET,
    response_only=True,
    status_codes=["200"],
)
