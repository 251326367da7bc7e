"""The list of tickets."""

from contacts.filters import EMAIL, EXACT_EMAIL, MATCHING_CONTACT
from core.pagination.collection import Collection, Filter
from core.pagination.query_parameters import DATE_TIME, MAX_ID, SEARCH, choice, whole_number
from tickets.models import Ticket
from tickets.representation import TICKET_JSON

MATCHING_TEXT = "UPPER(ticket.issue_description) LIKE UPPER(%(value)s)"
# Ids by way of either search index: no index could serve an OR across two tables.
MATCHING_TICKETS = f"""
SELECT ticket.id FROM tickets AS ticket WHERE {MATCHING_TEXT}
UNION ALL
SELECT ticket.id FROM contacts AS contact JOIN tickets AS ticket ON ticket.contact_id = contact.id
WHERE {MATCHING_CONTACT}
"""
OF_EMAIL = "ticket.contact_id = (SELECT id FROM contacts WHERE email = %(value)s)"
BY_CREATED = ("created_at",)
BY_BOTH = ("id", "created_at")

TICKETS = Collection(
    table="tickets",
    row="ticket",
    body=TICKET_JSON,
    # Contacts are looked up one by one (OFFSET keeps the planner from looking further), in the order of the tickets and
    # no more of them than it takes to fill the page. A plain JOIN lets it read and hash the whole table instead.
    join="CROSS JOIN LATERAL (SELECT * FROM contacts WHERE id = ticket.contact_id OFFSET 0) AS contact",
    filters={
        "status": Filter(choice(*Ticket.Status.values), "In this status.", "ticket.status = %(value)s", BY_BOTH),
        "email": Filter(EMAIL, EXACT_EMAIL, OF_EMAIL, BY_BOTH),
        "contact_id": Filter(whole_number(MAX_ID), "Of this contact.", "ticket.contact_id = %(value)s", BY_BOTH),
        "created_after": Filter(DATE_TIME, "Opened later than this.", "ticket.created_at > %(value)s", BY_CREATED),
        "created_before": Filter(DATE_TIME, "Opened earlier than this.", "ticket.created_at < %(value)s", BY_CREATED),
        "resolved_after": Filter(DATE_TIME, "Resolved later than this.", "ticket.resolved_at > %(value)s"),
        "resolved_before": Filter(DATE_TIME, "Resolved earlier than this.", "ticket.resolved_at < %(value)s"),
        "q": Filter(
            SEARCH,
            "Contained in the text or in the contact's name or address, in any case, as it was typed.",
            f"{MATCHING_TEXT} OR {MATCHING_CONTACT}",
            lookup=f"ticket.id IN ({MATCHING_TICKETS})",
        ),
    },
)
