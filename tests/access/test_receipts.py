"""Receipts: who may open, resolve or reopen tickets and not read them learns nothing that it did not send."""

import re
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from jsonschema_rs import Draft202012Validator
from pytest_django import Settings

from access import keys
from contacts.models import Contact
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SENT = {
    "full_name": " <b>O'Brien</b> ",
    "email": " ADA@Example.com ",
    "issue_description": ' It\'s "broken" & <on fire> ',
}
ECHOED: dict[str, Any] = {
    "issue_description": "It&#x27;s &quot;broken&quot; &amp; &lt;on fire&gt;",
    "contact": {"full_name": "&lt;b&gt;O&#x27;Brien&lt;/b&gt;", "email": "ada@example.com"},
}


class Client:
    """A client of the API, with a key of these scopes or, without any, anonymous."""

    def __init__(self, service: Service, *scopes: str) -> None:
        key = {"Authorization": f"Api-Key {keys.create('client', scopes)[1]}"} if scopes else {}
        self.headers, self.service = key, service

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.service.request(method, path, headers=headers, **options)

    def open(self, **headers: str) -> requests.Response:
        return self.request("POST", "/api/v1/tickets", json=SENT, headers=headers)


@pytest.fixture
def intake(service: Service, settings: Settings) -> Service:
    """`API_ACCESS=intake`, and a contact with another name than the requests say."""
    service.open_ticket(full_name="Ada Lovelace", email="ada@example.com")
    settings.API_ACCESS = "intake"
    return service


def staff(service: Service, *permissions: str) -> Staff:
    member = Staff(service, "eve")
    user = get_user_model().objects.get(username="eve")
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return member


def assert_open_receipt(response: requests.Response) -> None:
    ticket = Ticket.objects.latest("id")
    receipt = response.json()
    assert (response.status_code, response.headers["Location"]) == (201, f"/api/v1/tickets/{ticket.pk}")
    assert TIME.fullmatch(receipt.pop("created_at"))
    assert receipt == {"id": ticket.pk, "status": "open", **ECHOED}
    assert "Lovelace" not in response.text


def assert_change_receipt(response: requests.Response, ticket: int, status: str) -> None:
    receipt = response.json()
    assert response.status_code == 200
    assert TIME.fullmatch(receipt.pop("created_at"))
    resolved_at = receipt.pop("resolved_at")
    assert TIME.fullmatch(resolved_at) if status == "resolved" else resolved_at is None
    assert receipt == {"id": ticket, "status": status}


@pytest.mark.parametrize("scopes", [(), ("tickets:create",), ("tickets:create", "tickets:resolve")])
def test_who_may_open_and_not_read_gets_back_what_it_sent(intake: Service, scopes: tuple[str, ...]) -> None:
    assert_open_receipt(Client(intake, *scopes).open())


def test_of_a_new_contact_they_learn_as_little(intake: Service) -> None:
    Contact.objects.update(email="somebody.else@example.com")
    assert_open_receipt(Client(intake).open())


@pytest.mark.parametrize("scopes", [(), ("tickets:create",)])
def test_a_replay_says_the_same_as_the_first_answer(intake: Service, scopes: tuple[str, ...]) -> None:
    client = Client(intake, *scopes)
    first, again = (client.open(**{"Idempotency-Key": "k"}) for _ in range(2))
    assert_open_receipt(again)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content


def test_who_may_resolve_and_not_read_learns_when_it_was_resolved(intake: Service) -> None:
    ticket = Ticket.objects.get().pk
    client = Client(intake, "tickets:resolve")
    for deed, status in (("resolve", "resolved"), ("resolve", "resolved"), ("reopen", "open"), ("reopen", "open")):
        assert_change_receipt(client.request("PATCH", f"/api/v1/tickets/{ticket}/{deed}"), ticket, status)


def test_who_may_read_gets_the_whole_ticket(intake: Service) -> None:
    client = Client(intake, "tickets:create", "tickets:read", "tickets:resolve")
    opened = client.open()
    path = opened.headers["Location"]
    assert opened.json()["contact"]["full_name"] == "Ada Lovelace"
    assert opened.content == client.request("GET", path).content
    resolved = client.request("PATCH", f"{path}/resolve")
    assert resolved.content == client.request("GET", path).content


def test_a_key_without_read_gets_a_receipt_where_anonymous_clients_may_read(service: Service) -> None:
    assert_open_receipt(Client(service, "tickets:create").open())
    assert Client(service).open().json()["contact_id"]


def test_staff_whose_role_may_not_see_tickets_get_receipts(intake: Service) -> None:
    member = staff(intake, "add_ticket", "change_ticket")
    assert_open_receipt(member.request("POST", "/api/v1/tickets", json=SENT))
    ticket = Ticket.objects.latest("id").pk
    resolved = member.request("PATCH", f"/api/v1/tickets/{ticket}/resolve")
    assert_change_receipt(resolved, ticket, "resolved")


def test_staff_whose_role_may_see_tickets_get_the_whole_one(intake: Service) -> None:
    member = staff(intake, "add_ticket", "view_ticket")
    assert member.request("POST", "/api/v1/tickets", json=SENT).json()["contact"]["full_name"] == "Ada Lovelace"


def test_at_the_desk_too_they_do_not_learn_the_name_of_a_known_contact(intake: Service) -> None:
    member = staff(intake, "add_ticket")
    opened = member.post("/admin/tickets/ticket/add/", **SENT)
    assert (opened.status_code, opened.headers["Location"]) == (302, "/admin/")
    home = member.get("/admin/").text
    assert f"Ticket #{Ticket.objects.latest('id').pk} was opened." in home
    assert "Lovelace" not in home


def test_receipts_are_what_the_document_says(intake: Service) -> None:
    document = intake.request("GET", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    opened = Client(intake).open()
    resolved = Client(intake, "tickets:resolve").request("PATCH", f"{opened.headers['Location']}/resolve")
    for operation, schema, receipt in (("Opened", "OpenReceipt", opened), ("Changed", "ChangeReceipt", resolved)):
        whole = {"components": document["components"], **schemas[schema]}
        Draft202012Validator(whole, validate_formats=True).validate(receipt.json())
        assert set(schemas[schema]["properties"]) == set(receipt.json())
        alternatives = [each["$ref"].rpartition("/")[2] for each in schemas[f"{operation}Ticket"]["anyOf"]]
        assert alternatives == ["Ticket", schema]
