"""Lock order: tickets by id, so that bulk changes do not deadlock, and in batches, so that nobody waits for them."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import connection, transaction

from tests.locks import blocks_another
from tests.processes import wait_until
from tests.service import Service
from tests.staff import Staff
from tickets import services
from tickets.models import Ticket


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


def test_who_changes_many_tickets_holds_up_nobody_who_changes_another(service: Service, database_url: str) -> None:
    tickets = [services.open_ticket("Ada", "ada@example.com", "It is broken.").id for _ in range(services.BATCH + 1)]
    agent = Staff(service, "grace", "Support agent")

    def resolve_all() -> str:
        try:
            agent.post("/admin/tickets/ticket/", action="resolve", _selected_action=tickets)
            return agent.get("/admin/tickets/ticket/").text
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(database_url) as other:
            other.execute("SELECT FROM tickets WHERE id = %s FOR UPDATE", [tickets[-1]])
            answer = pool.submit(resolve_all)
            resolved = Ticket.objects.filter(status="resolved")
            wait_until(lambda: resolved.count() == services.BATCH, what="the first batch")
            assert service.request("PATCH", f"/api/v1/tickets/{tickets[0]}/reopen").json()["status"] == "open"
        assert f"{services.BATCH + 1} tickets resolved." in answer.result()
    assert resolved.count() == services.BATCH


def test_tickets_that_somebody_else_is_changing_are_named(service: Service, database_url: str) -> None:
    ticket = services.open_ticket("Ada", "ada@example.com", "It is broken.").id
    agent = Staff(service, "grace", "Support agent")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM tickets FOR UPDATE")
        agent.post(f"/admin/tickets/ticket/{ticket}/resolve-one/")
    assert "somebody else is at some of them. Try again" in agent.get("/admin/tickets/ticket/").text
    assert Ticket.objects.get().status == "open"
