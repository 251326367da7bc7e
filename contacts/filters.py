"""The list of contacts."""

from contacts.email import normalise_email
from contacts.representation import CONTACT_JSON
from core.pagination.collection import Collection, Filter, ParameterType
from core.pagination.query_parameters import DATE_TIME, SEARCH

EMAIL = ParameterType(normalise_email, {"type": "string", "format": "email"})
EXACT_EMAIL = "With exactly this address; it is normalised as when a ticket is opened."
MATCHING_CONTACT = "UPPER(contact.full_name) LIKE UPPER(%(value)s) OR UPPER(contact.email) LIKE UPPER(%(value)s)"

CONTACTS = Collection(
    table="contacts",
    row="contact",
    body=CONTACT_JSON,
    filters={
        "email": Filter(EMAIL, EXACT_EMAIL, "contact.email = %(value)s", indexed=("id", "created_at")),
        "created_after": Filter(
            DATE_TIME, "Created later than this.", "contact.created_at > %(value)s", indexed=("created_at",)
        ),
        "created_before": Filter(
            DATE_TIME, "Created earlier than this.", "contact.created_at < %(value)s", indexed=("created_at",)
        ),
        "q": Filter(SEARCH, "Contained in the name or the address, in any case, as it was typed.", MATCHING_CONTACT),
    },
)
