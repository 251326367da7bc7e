"""XSS: payloads in any field are shown as typed on every page, and nothing of them runs.

The pages' Content-Security-Policy is switched off here, so that it hides no mistake;
`test_pages_keep_to_their_policy` visits every other page with it on.
"""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, Dialog, Page, Request, Route

from access.models import ApiKey
from contacts.models import Contact
from tests.desk.hostile import PAYLOADS, lines
from tests.desk.pages import sign_in
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Delivery, Event, Receiver

ENTITIES = ("&lt;", "&gt;", "&amp;", "&quot;", "&#x27;", "&#39;")


class ScriptWatch:
    """A page, and a record of the payloads that ran on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ran: list[str] = []
        page.on("dialog", self._record_dialog)
        page.on("request", self._record_request)

    def visit(self, path: str) -> str:
        """The visible text of the page; records what ran."""
        response = self.page.goto(path, wait_until="load")
        assert response is not None
        assert response.status == 200, path
        if self.page.evaluate("window.hacked !== undefined"):
            self.ran.append(f"a script on {path}")
        links = self.page.locator("a[href^='javascript:'], a[href^='data:']")
        assert links.count() == 0, path
        text: str = self.page.evaluate("document.body.innerText")
        assert [entity for entity in ENTITIES if entity in text] == [], path
        return text

    def visit_all(self, paths: list[str]) -> None:
        for path in paths:
            self.visit(path)
        assert self.ran == []

    def _record_dialog(self, dialog: Dialog) -> None:
        self.ran.append(f"a dialog on {self.page.url}")
        dialog.dismiss()

    def _record_request(self, request: Request) -> None:
        if "hacked" in request.url:
            self.ran.append(f"{request.url} from {self.page.url}")


@pytest.fixture
def watch(browser: Browser, service: Service) -> Iterator[ScriptWatch]:
    context = browser.new_context(base_url=service.url, bypass_csp=True)
    sign_in(context, service, "root", is_superuser=True)
    yield ScriptWatch(context.new_page())
    context.close()


def without_assets(page: Page) -> None:
    """Blocks scripts and styles, which take most of the time: the page's own HTML is under test."""

    def drop(route: Route) -> None:
        route.abort()

    page.context.route("**/static/**", drop)


def test_every_payload_in_every_list(watch: ScriptWatch, service: Service) -> None:
    now = timezone.now()
    for number, payload in enumerate(PAYLOADS):
        contact = Contact.objects.create(full_name=payload, email=f"{number}@example.com")
        ticket = Ticket.objects.create(contact=contact, issue_description=payload)
        receiver = Receiver.objects.create(
            url="https://example.com/", description=payload, enabled=False, disabled_reason=payload, disabled_at=now
        )
        event = Event.objects.create(type="ticket.created", payload="{}", ticket_id=ticket.pk)
        Delivery.objects.create(event=event, receiver=receiver)
        ApiKey.objects.create(name=payload, prefix=f"{number:08}", digest="0" * 64, scopes=["tickets:read"])
        get_user_model().objects.create(username=f"{payload}{number}", first_name=payload, last_name=payload)
    for path in ("tickets/ticket", "contacts/contact", "webhooks/receiver", "webhooks/delivery", "access/apikey"):
        text = watch.visit(f"/admin/{path}/")
        assert PAYLOADS[-1] in text, path
        assert PAYLOADS[-9] in text, path
    watch.visit_all(["/admin/", "/admin/access/staffmember/"])


def test_every_payload_on_the_pages_of_single_objects(watch: ScriptWatch, service: Service) -> None:
    without_assets(watch.page)
    user = get_user_model().objects.create(username="hostile")
    everything = "\n".join(PAYLOADS)
    delivery = None
    for number, text in enumerate(lines(255)):
        contact = Contact.objects.create(full_name=text, email=f"{number}@example.com")
        ticket = Ticket.objects.create(contact=contact, issue_description=everything)
        receiver = Receiver.objects.create(url="https://example.com/", description=text)
        receiver.headers = {"X-Hostile": text.encode("ascii", "replace").decode()}
        receiver.save()
        event = Event.objects.create(type="ticket.created", payload="{}", ticket_id=ticket.pk)
        delivery = Delivery.objects.create(event=event, receiver=receiver)
        get_user_model().objects.filter(pk=user.pk).update(first_name=text[:150], last_name=text[150:])
        shown = watch.visit(f"/admin/tickets/ticket/{ticket.pk}/change/")
        assert [payload for payload in PAYLOADS if " ".join(payload.split()) not in " ".join(shown.split())] == []
        own = [f"contacts/contact/{contact.pk}", f"webhooks/receiver/{receiver.pk}", f"access/staffmember/{user.pk}"]
        watch.visit_all([f"/admin/{path}/change/" for path in own])
    assert delivery
    attempt = {"started_at": timezone.now(), "duration": 1, "error": everything, "response": everything}
    delivery.attempts.create(receiver=delivery.receiver, **attempt)
    watch.visit_all([f"/admin/webhooks/delivery/{delivery.pk}/change/"])
