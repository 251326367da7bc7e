"""An administrator deletes a receiver, however many deliveries it has; the events and other receivers stay."""

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.db import connection

from tests.locks import waiting
from tests.processes import wait_until
from tests.service import Service
from tests.staff import Staff
from webhooks import deletion
from webhooks.models import Attempt, Delivery, Event, Receiver

COUNT = 100_001  # more than the page counts, and than a statement takes parameters


@pytest.fixture
def receivers(database: None) -> list[Receiver]:
    """A receiver with very many deliveries, and one with a few."""
    made = [Receiver.objects.create(description=name, url="http://127.0.0.1:9/") for name in ("busy", "other")]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhook_events (type, payload) SELECT 'ticket.created', '{}' FROM generate_series(1, %s::int)",
            [COUNT],
        )
        for receiver, most in zip(made, (COUNT, 3), strict=True):
            cursor.execute(
                "INSERT INTO webhook_deliveries (event_id, receiver_id, state) "
                "SELECT id, %s::bigint, 'delivered' FROM webhook_events ORDER BY id LIMIT %s::int",
                [receiver.pk, most],
            )
        cursor.execute(
            "INSERT INTO webhook_attempts (delivery_id, receiver_id, started_at, duration, error, response) "
            "SELECT id, receiver_id, now(), 0, '', '' FROM webhook_deliveries"
        )
    return made


def test_a_busy_receiver_is_deleted_with_all_that_is_its_own(service: Service, receivers: list[Receiver]) -> None:
    busy, other = receivers
    staff = Staff(service, "ada", "Administrator")
    path = f"/admin/webhooks/receiver/{busy.pk}/delete/"
    page = staff.get(path).text
    assert "busy" in page
    assert " ".join(re.sub("<[^>]*>", " ", page).split()).count("100,000+") == 2  # deliveries and attempts
    assert (
        "Its deliveries (3) and their attempts (3) are deleted too."
        in staff.get(f"/admin/webhooks/receiver/{other.pk}/delete/").text
    )
    assert staff.post(path, post="yes").status_code == 302
    assert list(Receiver.objects.all()) == [other]
    assert Delivery.objects.count() == Attempt.objects.count() == 3
    assert Event.objects.count() == COUNT


def test_a_receiver_that_is_in_use_is_not_deleted_and_the_page_says_so(
    service: Service, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "PATIENCE", 0.1)
    receiver = Receiver.objects.create(description="busy", url="http://127.0.0.1:9/")
    staff = Staff(service, "ada", "Administrator")
    path = f"/admin/webhooks/receiver/{receiver.pk}/"
    form = {"post": "yes", "form_token": "a" * 32}  # sent again by the browser's Back
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM webhook_receivers FOR UPDATE")
        answer = staff.post(f"{path}delete/", **form)
    assert answer.headers["Location"] == f"{path}change/"
    assert "The receiver is not deleted yet" in staff.get(f"{path}change/").text
    assert not LogEntry.objects.filter(action_flag=DELETION).exists()
    assert staff.post(f"{path}delete/", **form).headers["Location"] == "/admin/webhooks/receiver/"
    assert not Receiver.objects.exists()
    assert LogEntry.objects.get(action_flag=DELETION).object_repr == "busy"


def test_a_ticket_does_not_wait_for_the_deletion_nor_the_other_way_round(
    service: Service, receivers: list[Receiver], database_url: str
) -> None:
    busy, other = receivers
    staff = Staff(service, "ada", "Administrator")

    def delete() -> int:
        try:
            return staff.post(f"/admin/webhooks/receiver/{busy.pk}/delete/", post="yes").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as writer:
        # A ticket that is being opened, and does not know yet that the receiver goes.
        insert = "INSERT INTO webhook_deliveries (event_id, receiver_id) SELECT max(id) + 1, %s FROM webhook_events"
        event = "INSERT INTO webhook_events (type, payload) VALUES ('ticket.created', '{}')"
        writer.execute(insert, [busy.pk])
        writer.execute(event)
        deleted = pool.submit(delete)
        wait_until(lambda: waiting(connection.cursor()), what="the wait for that ticket")
        writer.commit()
        writer.execute(
            "SELECT FROM webhook_deliveries WHERE receiver_id = %s ORDER BY id DESC LIMIT 1 FOR UPDATE", [busy.pk]
        )
        wait_until(lambda: busy.deliveries.count() < COUNT / 2, what="the first batches")
        assert service.open_ticket().status_code == 201
        assert busy.deliveries.exists()
        writer.rollback()
        assert deleted.result() == 302
    assert list(Receiver.objects.all()) == [other]
    assert Delivery.objects.count() == 4
