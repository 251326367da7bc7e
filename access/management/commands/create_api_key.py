"""`manage.py create_api_key`: makes a key and prints it, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access import keys
from access.models import ApiKey
from access.scopes import Scope

LONGEST_NAME = ApiKey._meta.get_field("name").max_length or 0
MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Makes an API key and prints it, alone, on the standard output: it cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who or what uses the key")
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="what it may do; repeat for more"
        )
        parser.add_argument("--days", type=int, help="after how many days it expires; never where this is left out")

    def handle(self, *args: Any, name: str, scope: list[str], days: int | None, **options: Any) -> None:
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise CommandError(f"The name must have 1 to {LONGEST_NAME} characters.")
        if days is not None and not 0 < days <= MOST_DAYS:
            raise CommandError(f"--days must be a number from 1 to {MOST_DAYS}.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        key, text = keys.create(name, sorted(set(scope)), expires_at)
        until = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "and does not expire"
        self.stderr.write(f"The key of {key} may {', '.join(key.scopes)} {until}. It is shown only now:")
        self.stdout.write(text)
