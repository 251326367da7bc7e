"""Who resolves several tickets locks them in the order of their ids, so that no two wait for each other."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from tests.locks import somebody_waits
from tests.processes import wait_until
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
            wait_until(lambda: somebody_waits(cursor), what="somebody who waits")
            assert Ticket.objects.select_for_update(skip_locked=True).filter(pk=second).exists()
        assert resolved.result() == {first, second}
