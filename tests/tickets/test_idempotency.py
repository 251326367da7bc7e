"""`Idempotency-Key`: however often a request is sent, and whatever crashes meanwhile, it opens one ticket."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256

import pytest
import requests
from django.db import connection, transaction
from pytest_django import Settings

from access import keys
from contacts.models import Contact
from tests.locks import blocks_another
from tests.processes import Gunicorn, Worker, wait_until
from tests.service import Service
from ticketloop.celery import app
from tickets.models import IdempotencyKey, Ticket
from webhooks.models import Event

REPLAYED = "Idempotent-Replayed"


def open_with(service: Service, key: str, address: str = "", **options: str) -> requests.Response:
    """POSTs a valid ticket with this key; options are other values of its fields.

    `address` is the client's, as the one trusted proxy would name it.
    """
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "It's broken.", **options}
    headers = {"Idempotency-Key": key, **({"X-Forwarded-For": address} if address else {})}
    return service.request("POST", "/api/v1/tickets", json=ticket, headers=headers)


def test_the_same_request_gets_the_first_answer_again(service: Service) -> None:
    first = open_with(service, '"k-1"')
    service.request("PATCH", f"{first.headers['Location']}/resolve")
    Contact.objects.update(full_name="Ada King")
    again = open_with(service, '"k-1"', email=" ADA@example.com ")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
    assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
    assert (Ticket.objects.count(), Event.objects.filter(type="ticket.created").count()) == (1, 1)


def test_another_body_is_422_and_opens_nothing(service: Service) -> None:
    open_with(service, "k")
    for changed in ({"full_name": "Eve"}, {"email": "eve@example.com"}, {"issue_description": "Something else."}):
        response = open_with(service, "k", **changed)
        assert (response.status_code, list(response.json())) == (422, ["detail"])
    assert (Ticket.objects.count(), Contact.objects.count()) == (1, 1)


def test_another_key_or_none_opens_another_ticket(service: Service) -> None:
    for key in ("k", "K", "k" * 255):
        assert open_with(service, key).status_code == 201
    assert service.open_ticket().status_code == 201
    assert Ticket.objects.count() == 4


@pytest.mark.parametrize("key", ["", "k" * 256, "two words", "tab\there", "caf\xe9"])
def test_a_malformed_key_is_400(service: Service, key: str) -> None:
    response = open_with(service, key)
    assert (response.status_code, list(response.json())) == (400, ["Idempotency-Key"])
    assert not Ticket.objects.exists()


def test_a_refused_request_does_not_use_up_its_key(service: Service) -> None:
    assert open_with(service, "k", email="nobody").status_code == 400
    assert open_with(service, "k").status_code == 201


def test_twenty_at_once_open_one_ticket(gunicorn: Gunicorn) -> None:
    for key in ("new contact", "known contact"):
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: open_with(gunicorn, key.replace(" ", "-")), range(20)))  # noqa: B023
        statuses = Counter((each.status_code, each.headers.get(REPLAYED)) for each in answers)
        assert statuses[201, None] == 1
        assert set(statuses) <= {(201, None), (201, "true"), (409, None)}
        assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert Ticket.objects.count() == 2


@pytest.fixture
def behind_a_proxy(service: Service, settings: Settings) -> Service:
    settings.TRUSTED_PROXY_COUNT = 1
    return service


@pytest.fixture(scope="module")
def gunicorn_behind_a_proxy(start_service: Callable[..., Gunicorn]) -> Gunicorn:
    # Some tests hold a lock for longer than a request may wait for one.
    return start_service(TRUSTED_PROXY_COUNT="1", DATABASE_TIME_LIMITS="off")


def test_a_retry_from_another_address_gets_the_first_answer(behind_a_proxy: Service) -> None:
    first = open_with(behind_a_proxy, "k", "192.0.2.1")
    again = open_with(behind_a_proxy, "k", "2001:db8::1")
    assert (first.status_code, again.status_code, again.headers.get(REPLAYED)) == (201, 201, "true")
    assert again.content == first.content
    assert Ticket.objects.count() == 1


def test_nobody_elsewhere_can_use_up_a_key(behind_a_proxy: Service) -> None:
    taken = open_with(behind_a_proxy, "k", "192.0.2.1", email="eve@example.com")
    ours = open_with(behind_a_proxy, "k", "192.0.2.2")
    assert (taken.status_code, ours.status_code, ours.headers.get(REPLAYED)) == (201, 201, None)
    for address in ("192.0.2.2", "192.0.2.3"):
        assert open_with(behind_a_proxy, "k", address).content == ours.content
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(("first", "second"), [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::2")])
def test_another_body_from_the_same_client_is_422(behind_a_proxy: Service, first: str, second: str) -> None:
    open_with(behind_a_proxy, "k", first)
    assert open_with(behind_a_proxy, "k", second, full_name="Eve").status_code == 422
    assert Ticket.objects.count() == 1


def test_a_body_of_another_client_is_replayed_even_where_ones_own_was_different(behind_a_proxy: Service) -> None:
    theirs = open_with(behind_a_proxy, "k", "192.0.2.1")
    open_with(behind_a_proxy, "k", "192.0.2.2", full_name="Eve")
    assert open_with(behind_a_proxy, "k", "192.0.2.2").content == theirs.content
    assert Ticket.objects.count() == 2


def test_no_address_is_stored_with_a_key(behind_a_proxy: Service) -> None:
    open_with(behind_a_proxy, "k", "192.0.2.1")
    stored = str(IdempotencyKey.objects.values().get())
    assert "192.0.2.1" not in stored
    assert sha256(b"192.0.2.1").hexdigest() not in stored


def test_twenty_at_once_from_as_many_addresses_open_one_ticket(
    gunicorn_behind_a_proxy: Gunicorn, database: None
) -> None:
    for key in ("new-contact", "known-contact"):
        clients = [f"192.0.2.{number}" for number in range(1, 21)]
        with ThreadPoolExecutor(len(clients)) as pool:
            answers = list(pool.map(partial(open_with, gunicorn_behind_a_proxy, key), clients))
        statuses = Counter((each.status_code, each.headers.get(REPLAYED)) for each in answers)
        assert statuses[201, None] == 1
        assert set(statuses) <= {(201, None), (201, "true"), (409, None)}
        assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert Ticket.objects.count() == 2


def test_while_one_is_running_another_address_is_409_with_the_same_body_only(
    gunicorn_behind_a_proxy: Gunicorn, database: None
) -> None:
    gunicorn_behind_a_proxy.open_ticket()
    one, other = "192.0.2.1", "192.0.2.2"
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM contacts FOR UPDATE")  # for which the first request waits
            first = pool.submit(open_with, gunicorn_behind_a_proxy, "k", one)
            wait_until(lambda: blocks_another(cursor), what="the first request in the database")
            assert open_with(gunicorn_behind_a_proxy, "k", other).status_code == 409
            assert open_with(gunicorn_behind_a_proxy, "k", one, email="eve@example.com").status_code == 409
            assert open_with(gunicorn_behind_a_proxy, "k", other, email="eve@example.com").status_code == 201
        assert first.result().status_code == 201
    assert open_with(gunicorn_behind_a_proxy, "k", other).content == first.result().content


def test_while_the_first_is_running_a_retry_is_409_and_not_held_up(
    gunicorn_behind_a_proxy: Gunicorn, database: None
) -> None:
    gunicorn = gunicorn_behind_a_proxy
    gunicorn.open_ticket()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM contacts FOR UPDATE")  # for which the first request waits
            first = pool.submit(open_with, gunicorn, "k")
            wait_until(lambda: blocks_another(cursor), what="the first request in the database")
            busy = open_with(gunicorn, "k")
        assert (busy.status_code, list(busy.json()), busy.headers["Retry-After"]) == (409, ["detail"], "1")
        assert first.result().status_code == 201
    assert open_with(gunicorn, "k").headers[REPLAYED] == "true"


def test_a_key_of_another_client_is_another_key(service: Service) -> None:
    texts = [keys.create(name, ["tickets:create"])[1] for name in ("one", "two")]
    ids = []
    for headers in ({}, *({"Authorization": f"Api-Key {text}"} for text in texts)):
        for _ in range(2):
            ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
            all_headers = {**headers, "Idempotency-Key": "k"}
            ids.append(service.request("POST", "/api/v1/tickets", json=ticket, headers=all_headers).json()["id"])
    assert len(set(ids)) == 3
    assert ids[::2] == ids[1::2]


def test_after_a_crash_between_commit_and_answer_the_retry_gets_the_ticket(
    start_service: Callable[..., Gunicorn], gunicorn: Gunicorn
) -> None:
    gunicorn.open_ticket()
    crashing = start_service()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM contacts FOR UPDATE")  # for which the request waits
            answer = pool.submit(open_with, crashing, "k")
            wait_until(lambda: blocks_another(cursor), what="the request in the database")
            crashing.freeze()  # PostgreSQL goes on and commits, nobody answers
        wait_until(lambda: Ticket.objects.count() == 2, what="the commit")
        crashing.kill()
        with pytest.raises(requests.ConnectionError):
            answer.result()
    retry = open_with(gunicorn, "k")
    assert (retry.status_code, retry.headers[REPLAYED]) == (201, "true")
    assert retry.json()["id"] == Ticket.objects.latest("id").pk
    assert Ticket.objects.count() == 2


def test_keys_are_forgotten_after_two_days_and_not_after_one(service: Service, worker: Worker) -> None:
    for key, hours in (("old", 49), ("yesterday", 25)):
        open_with(service, key)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE idempotency_keys SET created_at = now() - %s * interval '1 hour' WHERE key = %s", [hours, key]
            )
    app.send_task("tickets.prune_idempotency_keys")
    wait_until(lambda: IdempotencyKey.objects.count() == 1, what="the old key's end")
    assert open_with(service, "yesterday").headers[REPLAYED] == "true"
    assert REPLAYED not in open_with(service, "old").headers
