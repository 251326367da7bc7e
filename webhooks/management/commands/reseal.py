"""`manage.py reseal`: the middle step of replacing an encryption key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from webhooks import encryption
from webhooks.models import Receiver

SEALED = ["sealed_secret", "sealed_previous_secret", "sealed_headers"]


class Command(BaseCommand):
    help = "Encrypts the secrets and headers of all receivers anew with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = []
        with transaction.atomic():
            receivers = list(Receiver.objects.select_for_update())
            for receiver in receivers:
                try:
                    for column in SEALED:
                        setattr(receiver, column, encryption.reseal(getattr(receiver, column)))
                except encryption.UnsealError:
                    lost.append(receiver)
                else:
                    receiver.save(update_fields=SEALED)
        self.stdout.write(f"{len(receivers) - len(lost)} of {len(receivers)} receivers resealed")
        if lost:
            names = ", ".join(f"{each.pk} ({each})" for each in lost)
            raise CommandError(f"no key in ENCRYPTION_KEYS decrypts receiver {names}; nothing of it was changed")
