"""Paths of every page of the support desk, with data to show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page

from access.models import ApiKey
from contacts.models import Contact
from tests.service import Service
from tests.staff import session_key
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver


@dataclass(frozen=True)
class Texts:
    """Texts of each field that staff see."""

    name: str = "Ada Lovelace"
    description: str = "It does not print.\n\nSee https://example.com/ or ask me."
    receiver: str = "Warehouse"
    header: str = "Bearer s3cr3t"
    answer: str = "<h1>Internal Server Error</h1>"
    user: str = "Grace Hopper"
    key: str = "shop front end"


def sign_in(context: BrowserContext, service: Service, username: str, **values: Any) -> None:
    """Signs in a new member of staff; the values are those of `session_key`."""
    session = session_key(username, **values)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": service.url}])


def press(page: Page, name: str) -> None:
    """Clicks the button of exactly this name and waits for the next page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def fill(service: Service, texts: Texts) -> list[str]:
    """Creates an object of each kind; returns the paths of all pages that show one. Needs exactly one user."""
    receiver = Receiver.objects.create(url="https://example.com/hook", description=texts.receiver)
    receiver.headers = {"Authorization": texts.header}
    receiver.save()
    for _ in range(2):
        service.open_ticket(full_name=texts.name, issue_description=texts.description)
    ticket, resolved = Ticket.objects.order_by("pk")
    service.request("PATCH", f"/api/v1/tickets/{resolved.pk}/resolve")
    delivery = Delivery.objects.earliest("pk")
    attempt = {"duration": 0.1, "status": 500, "error": "It failed.", "response": texts.answer}
    delivery.attempts.create(receiver=receiver, started_at=timezone.now(), **attempt)
    user = get_user_model().objects.get()
    user.first_name = user.last_name = texts.user[:150]
    user.save()
    disabled = {"enabled": False, "disabled_reason": "It failed.", "disabled_at": timezone.now() - timedelta(hours=1)}
    Receiver.objects.create(url="https://example.net/", description=texts.receiver, **disabled)
    key = ApiKey.objects.create(name=texts.key[:100], prefix="abcdefgh", digest="0" * 64, scopes=["tickets:read"])
    contact = Contact.objects.get()
    for each in (ticket, contact, receiver, delivery, key):
        _log_change(each, user.pk)
    group = Group.objects.earliest("pk")
    return [
        "/admin/",
        *_pages("tickets/ticket", ticket, add=False),
        *_pages("contacts/contact", contact, add=False),
        *_pages("webhooks/receiver", receiver),
        *_pages("webhooks/delivery", delivery, add=False),
        *_pages("access/apikey", key),
        *_pages("access/staffmember", user),
        *_pages("access/role", group),
        f"/admin/tickets/ticket/{resolved.pk}/change/",
        *(f"/admin/webhooks/receiver/{receiver.pk}/{name}/" for name in ("rotate-secret", "replay", "delete")),
        f"/admin/access/staffmember/{user.pk}/password/",
        "/admin/password_change/",
    ]


def _pages(model: str, obj: Model, *, add: bool = True) -> list[str]:
    own = [f"/admin/{model}/", *(f"/admin/{model}/{obj.pk}/{name}/" for name in ("change", "history"))]
    return [*own, f"/admin/{model}/add/"] if add else own


def _log_change(obj: Model, user: int) -> None:
    """Adds an entry to the object's history."""
    LogEntry.objects.create(
        user_id=user,
        content_type=ContentType.objects.get_for_model(obj),
        object_id=str(obj.pk),
        object_repr=str(obj)[:200],
        action_flag=CHANGE,
        change_message="Changed it.",
    )
