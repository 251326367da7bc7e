"""Search for contacts by name and address."""

from contacts.models import Contact
from core.search import split_words


def newest_contacts(query: str, count: int) -> list[Contact]:
    """The newest contacts that contain every word of `query` (see `core.search`)."""
    found = Contact.objects.order_by("-pk")
    for word in split_words(query):
        found = found.filter(search_text__matches=word)
    return list(found[:count])
