"""Deletes a receiver, however many deliveries it has."""

from django.db import transaction

from core.raw_sql import execute
from webhooks.models import Receiver


def delete_receiver(receiver: Receiver) -> None:
    """Deletes the receiver with its deliveries and attempts; the events stay for other receivers.

    Django's own cascade would name each row in a parameter, of which a statement takes 65,535.
    """
    with transaction.atomic():
        values = {"receiver": receiver.pk}
        execute("DELETE FROM webhook_lanes WHERE receiver_id = %(receiver)s::bigint", values)
        execute("DELETE FROM webhook_attempts WHERE receiver_id = %(receiver)s::bigint", values)
        execute("DELETE FROM webhook_deliveries WHERE receiver_id = %(receiver)s::bigint", values)
        receiver.delete()
