"""Texts are stored as typed and returned HTML-escaped exactly once, the same bytes everywhere."""

import html
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Event

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXTS.filter(str.strip), description=TEXTS.filter(str.strip))
def test_any_text_is_stored_true_and_escaped_at_the_exit(service: Service, name: str, description: str) -> None:
    created = service.open_ticket(full_name=name, email="x@example.com", issue_description=description)
    ticket = created.json()
    stored = Ticket.objects.get(pk=ticket["id"])
    assert stored.issue_description == description.strip()
    assert ticket["issue_description"] == html.escape(description.strip())
    assert ticket["contact"]["full_name"] == html.escape(stored.contact.full_name)
    # Compact JSON in UTF-8, as Python writes it (but for DEL and the like, which need no escape).
    assert created.content == json.dumps(ticket, ensure_ascii=False, separators=(",", ":")).encode()
    assert Event.objects.get(ticket_id=ticket["id"]).payload.encode() == created.content


def test_what_is_escaped_already_is_escaped_again(service: Service) -> None:
    assert service.open_ticket(issue_description="&amp;").json()["issue_description"] == "&amp;amp;"
