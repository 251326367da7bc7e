"""An administrator deletes a receiver, however many deliveries it has; the events and other receivers stay."""

import pytest
from django.db import connection

from tests.service import Service
from tests.staff import Staff
from webhooks.models import Attempt, Delivery, Event, Receiver

COUNT = 70_000  # more than a statement takes parameters


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
    assert f"{COUNT}" in page  # how many deliveries go with it
    assert staff.post(path, post="yes").status_code == 302
    assert list(Receiver.objects.all()) == [other]
    assert Delivery.objects.count() == Attempt.objects.count() == 3
    assert Event.objects.count() == COUNT
