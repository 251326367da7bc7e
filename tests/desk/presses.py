"""Everything that staff can press or save at the desk: where, with what, from which role on, and what it changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from access import keys
from access.models import BUILT_IN_ROLES, ApiKey
from contacts.models import Contact
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver

AGENT, LEAD, ADMINISTRATOR = ROLES = BUILT_IN_ROLES  # each may do what those before it may
TICKET, CONTACT = "tickets/ticket", "contacts/contact"
RECEIVER, DELIVERY = "webhooks/receiver", "webhooks/delivery"
KEY, STAFF, ROLE = "access/apikey", "access/staffmember", "access/role"


@dataclass(frozen=True)
class Press:
    """A POST to `page` below /admin/; `{open}` and the like are ids that `furnish` returns."""

    page: str
    least: str
    changes: set[str] = field(default_factory=set)  # names of `facts`
    fields: dict[str, str] = field(default_factory=dict)
    answer: str = ""  # what the answer to one that changes nothing contains

    def __str__(self) -> str:
        return self.page.replace("/", " ").strip() + f" {self.fields.get('action', '')}".rstrip()


URL = {"url": "https://example.org/", "description": "Shop", "body_format": "ticket", "timeout": "10"}
PERSON = {"full_name": "Eve", "email": "eve@example.com"}
PRESSES = [
    Press(f"{TICKET}/add/", AGENT, {"tickets", "contacts", "deliveries"}, {**PERSON, "issue_description": "Hum."}),
    Press(f"{TICKET}/{{open}}/resolve-one/", AGENT, {"tickets", "deliveries"}),
    Press(f"{TICKET}/{{resolved}}/reopen-one/", AGENT, {"tickets", "deliveries"}),
    Press(f"{TICKET}/", AGENT, {"tickets", "deliveries"}, {"action": "resolve", "_selected_action": "{open}"}),
    Press(f"{TICKET}/", AGENT, {"tickets", "deliveries"}, {"action": "reopen", "_selected_action": "{resolved}"}),
    Press(f"{CONTACT}/{{contact}}/change/", LEAD, {"contacts"}, PERSON),
    Press(f"{CONTACT}/{{contact}}/export/", LEAD, answer="ada@example.com"),
    Press(f"{CONTACT}/{{contact}}/erase/", LEAD, {"contacts", "deliveries"}, {"sure": "on"}),
    Press(f"{DELIVERY}/{{dead}}/resend/", LEAD, {"deliveries"}),
    Press(f"{DELIVERY}/{{pending}}/cancel/", LEAD, {"deliveries"}),
    Press(f"{DELIVERY}/", LEAD, {"deliveries"}, {"action": "resend_selected", "_selected_action": "{dead}"}),
    Press(f"{DELIVERY}/", LEAD, {"deliveries"}, {"action": "cancel_selected", "_selected_action": "{pending}"}),
    Press(f"{RECEIVER}/{{enabled}}/send-test-event/", LEAD, {"deliveries"}),
    Press(f"{RECEIVER}/{{enabled}}/replay/", LEAD, {"deliveries"}, {"since": "2026-01-01T00:00"}),
    Press(f"{RECEIVER}/{{disabled}}/enable/", ADMINISTRATOR, {"receivers"}),
    Press(f"{RECEIVER}/{{disabled}}/leave-disabled/", ADMINISTRATOR, {"receivers"}),
    Press(f"{RECEIVER}/{{enabled}}/disable/", ADMINISTRATOR, {"receivers"}),
    Press(f"{RECEIVER}/{{enabled}}/show-secret/", ADMINISTRATOR, answer="whsec_"),
    Press(f"{RECEIVER}/{{enabled}}/rotate-secret/", ADMINISTRATOR, {"receivers"}, {"hours": "1"}),
    Press(f"{RECEIVER}/add/", ADMINISTRATOR, {"receivers"}, {**URL, "events": "ticket.created"}),
    Press(f"{RECEIVER}/{{enabled}}/change/", ADMINISTRATOR, {"receivers"}, {**URL, "events": "ticket.created"}),
    Press(f"{RECEIVER}/{{enabled}}/delete/", ADMINISTRATOR, {"receivers", "deliveries"}, {"post": "yes"}),
    Press(f"{KEY}/add/", ADMINISTRATOR, {"keys"}, {"name": "phone", "scopes": "tickets:read"}),
    Press(f"{KEY}/{{key}}/change/", ADMINISTRATOR, {"keys"}, {"name": "phone", "scopes": "tickets:read"}),
    Press(f"{KEY}/{{key}}/revoke/", ADMINISTRATOR, {"keys"}),
    Press(f"{STAFF}/add/", ADMINISTRATOR, {"staff"}, {"username": "eve", "is_active": "on", "role": "{role}"}),
    Press(f"{STAFF}/{{person}}/change/", ADMINISTRATOR, {"staff"}, {"username": "rob", "role": "{role}"}),
    Press(f"{ROLE}/add/", ADMINISTRATOR, {"roles"}, {"name": "Night shift", "permissions": "{permission}"}),
    Press(f"{ROLE}/{{role}}/change/", ADMINISTRATOR, {"roles"}, {"name": "Night shift", "permissions": "{permission}"}),
    Press(f"{ROLE}/{{role}}/delete/", ADMINISTRATOR, {"roles"}, {"post": "yes"}),
]


def furnish(service: Service) -> dict[str, int]:
    """One of everything that can be pressed; returns the ids."""
    enabled = Receiver.objects.create(url="https://example.com/")
    numbers = [service.open_ticket(full_name="Ada", email="ada@example.com").json()["id"] for _ in range(2)]
    service.request("PATCH", f"/api/v1/tickets/{numbers[1]}/resolve")
    contact = Contact.objects.get()
    dead, pending, *_ = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=dead.pk).update(state="dead", finished_at=timezone.now())
    off = {"enabled": False, "disabled_reason": "It failed.", "disabled_at": timezone.now()}
    key, _ = keys.create("shop", ["tickets:create"])
    role = Group.objects.create(name="Day shift")
    return {
        "open": numbers[0],
        "resolved": numbers[1],
        "contact": contact.pk,
        "dead": dead.pk,
        "pending": pending.pk,
        "enabled": enabled.pk,
        "disabled": Receiver.objects.create(url="https://example.net/", **off).pk,
        "key": key.pk,
        "role": role.pk,
        "permission": Permission.objects.get(codename="view_ticket").pk,
        "person": get_user_model().objects.create_user("bob", is_staff=True).pk,
    }


def facts() -> dict[str, list[Any]]:
    """What there is, as far as somebody can change it at the desk."""
    roles = Group.objects.exclude(name__in=ROLES)
    rows: dict[str, Iterable[Any]] = {
        "tickets": Ticket.objects.order_by("pk").values_list("pk", "status"),
        "contacts": Contact.objects.order_by("pk").values_list("pk", "full_name", "email"),
        "receivers": Receiver.objects.order_by("pk").values_list(
            *("pk", "url", "enabled", "disabled_at", "encrypted_secret")
        ),
        "deliveries": Delivery.objects.order_by("pk").values_list("pk", "state"),
        "keys": ApiKey.objects.order_by("pk").values_list("pk", "name", "revoked_at"),
        "staff": get_user_model().objects.order_by("pk").values_list("pk", "username", "is_active"),
        "roles": roles.order_by("pk").values_list("pk", "name"),
    }
    return {name: list(values) for name, values in rows.items()}


def changed(before: dict[str, list[Any]]) -> set[str]:
    """The names of the facts that are no longer what they were."""
    return {name for name, rows in facts().items() if rows != before[name]}
