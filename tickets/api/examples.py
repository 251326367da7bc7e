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
OPEN_RECEIPT: dict[str, Any] = {
    "id": 17,
    "issue_description": TICKET["issue_description"],
    "status": "open",
    "created_at": TICKET["created_at"],
    "contact": {"full_name": "Ada Lovelace", "email": "ada@example.com"},
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


def _receipt(value: dict[str, Any], status: int) -> OpenApiExample:
    return OpenApiExample("Without permission to read", value=value, response_only=True, status_codes=[str(status)])


def _change_receipt(ticket: dict[str, Any]) -> OpenApiExample:
    return _receipt({name: ticket[name] for name in ("id", "status", "created_at", "resolved_at")}, 200)


OPEN_RECEIPT_EXAMPLE = _receipt(OPEN_RECEIPT, 201)
RESOLVE_RECEIPT_EXAMPLE = _change_receipt(RESOLVED_TICKET)
REOPEN_RECEIPT_EXAMPLE = _change_receipt(TICKET)
