"""`manage.py reencrypt`: the second step of rotating an encryption key (see docs/operations.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from desk.formatting import quantity
from webhooks import encryption
from webhooks.models import Receiver

ENCRYPTED_FIELDS = ["encrypted_secret", "encrypted_previous_secret", "encrypted_headers"]


class Command(BaseCommand):
    help = "Re-encrypts the secrets and headers of all receivers with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        with transaction.atomic():
            receivers = list(Receiver.objects.select_for_update())
            for receiver in receivers:
                try:
                    for field in ENCRYPTED_FIELDS:
                        setattr(receiver, field, encryption.reencrypt(getattr(receiver, field)))
                except encryption.DecryptionError:
                    failed.append(receiver)
                else:
                    receiver.save(update_fields=ENCRYPTED_FIELDS)
        self.stdout.write(f"{len(receivers) - len(failed)} of {quantity(len(receivers), 'receiver')} re-encrypted")
        if failed:
            names = ", ".join(f"{each.pk} ({each})" for each in failed)
            raise CommandError(f"no key in ENCRYPTION_KEYS decrypts receiver {names}; they were left as they are")
