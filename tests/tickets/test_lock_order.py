"""Lock order: tickets by id, so that bulk changes and erasures do not deadlock."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from contacts.models import Contact
from tests.locks import blocks_another, waiting
from tests.processes import wait_until
from tickets import privacy, services
from tickets.models import Ticket
from webhooks.erasure import DeliveryInProgressError


def test_who_waits_for_a_ticket_has_locked_none_behind_it(database: None) -> None:
    first, second = (services.open_ticket("Ada", "ada@example.com", text).id for text in ("One.", "Two."))
    services.resolve_ticket(first)
    services.reopen_ticket(first)  # the table has it behind the second now

    def resolve() -> set[int]:
        try:
            return {ticket.id for ticket in services.resolve_tickets([second, first])}
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            Ticket.objects.select_for_update().get(pk=first)
            resolved = pool.submit(resolve)
            wait_until(lambda: blocks_another(cursor), what="somebody who waits")
            assert Ticket.objects.select_for_update(skip_locked=True).filter(pk=second).exists()
        assert resolved.result() == {first, second}


def test_who_erases_a_contact_and_who_resolves_a_ticket_of_theirs_do_not_wait_for_each_other(database: None) -> None:
    ticket = services.open_ticket("Ada", "ada@example.com", "It is broken.").id
    contact = Contact.objects.get()

    def erase() -> privacy.Erasure:
        try:
            return privacy.erase(contact)
        finally:
            connection.close()

    def resolve() -> services.RenderedTicket | None:
        try:
            return services.resolve_ticket(ticket)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            Contact.objects.select_for_update().get()
            erased = pool.submit(erase)
            wait_until(lambda: blocks_another(cursor), what="an erasure that waits for the contact")
            resolved = pool.submit(resolve)
            wait_until(lambda: waiting(cursor) == 2, what="somebody who resolves and waits")
        with pytest.raises(DeliveryInProgressError):  # nobody waits, and nothing is done by halves
            erased.result()
        answer = resolved.result()
    assert answer
    assert json.loads(answer.body)["contact"]["full_name"] == Contact.objects.get().full_name == "Ada"
    assert privacy.erase(contact) == privacy.Erasure(tickets=1, deliveries=0)
