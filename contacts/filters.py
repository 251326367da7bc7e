"""The list of contacts and its filters."""

from contacts.email import normalise_email
from contacts.representation import CONTACT_JSON
from core.pagination.collection import Collection, Filter, ParameterType
from core.pagination.query_parameters import DATE_TIME, HOW_TEXTS_MATCH, SEARCH

EMAIL = ParameterType(normalise_email, {"type": "string", "format": "email"})
EXACT_EMAIL = "Exact address; it is normalised as on opening a ticket."
MATCHING_CONTACT = "contact.search_text LIKE search_pattern(%(value)s)"

CONTACTS = Collection(
    table="contacts",
    row="contact",
    body=CONTACT_JSON,
    filters={
        "email": Filter(EMAIL, EXACT_EMAIL, "contact.email = %(value)s", indexed=("id", "created_at")),
        "created_after": Filter(
            DATE_TIME, "Created after this time.", "contact.created_at > %(value)s", indexed=("created_at",)
        ),
        "created_before": Filter(
            DATE_TIME, "Created before this time.", "contact.created_at < %(value)s", indexed=("created_at",)
        ),
        "q": Filter(SEARCH, f"Text contained in the name or address{HOW_TEXTS_MATCH}", MATCHING_CONTACT),
    },
)
