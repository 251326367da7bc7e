"""The list of tickets and its filters."""

from contacts.filters import EMAIL, EXACT_EMAIL, MATCHING_CONTACT
from core.pagination.collection import Collection, Filter
from core.pagination.query_parameters import DATE_TIME, HOW_TEXTS_MATCH, MAX_ID, SEARCH, choice, whole_number
from tickets.models import Ticket
from tickets.representation import TICKET_JSON

MATCHING_TEXT = "ticket.search_text LIKE search_pattern(%(value)s)"
# UNION ALL, so that each branch uses its own search index: no index serves an OR across two tables.
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
    # A lateral subquery with OFFSET 0 (an optimisation fence) looks contacts up one by one, for the tickets of the page
    # alone. For a plain JOIN the planner may read and hash the whole table of contacts.
    join="CROSS JOIN LATERAL (SELECT * FROM contacts WHERE id = ticket.contact_id OFFSET 0) AS contact",
    filters={
        "status": Filter(choice(*Ticket.Status.values), "Status of the ticket.", "ticket.status = %(value)s", BY_BOTH),
        "email": Filter(EMAIL, EXACT_EMAIL, OF_EMAIL, BY_BOTH),
        "contact_id": Filter(whole_number(MAX_ID), "Id of the contact.", "ticket.contact_id = %(value)s", BY_BOTH),
        "created_after": Filter(DATE_TIME, "Created after this time.", "ticket.created_at > %(value)s", BY_CREATED),
        "created_before": Filter(DATE_TIME, "Created before this time.", "ticket.created_at < %(value)s", BY_CREATED),
        "resolved_after": Filter(DATE_TIME, "Resolved after this time.", "ticket.resolved_at > %(value)s"),
        "resolved_before": Filter(DATE_TIME, "Resolved before this time.", "ticket.resolved_at < %(value)s"),
        "q": Filter(
            SEARCH,
            f"Text contained in the description or the contact's name or address{HOW_TEXTS_MATCH}",
            f"{MATCHING_TEXT} OR {MATCHING_CONTACT}",
            # An array is made once: for an IN, a planner that takes the table for empty searches anew for each ticket.
            lookup=f"ticket.id = ANY (ARRAY({MATCHING_TICKETS}))",
        ),
    },
)
