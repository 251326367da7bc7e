"""`manage.py create_api_key`: creates an API key and prints it, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access import keys
from access.models import ApiKey
from access.scopes import Scope

MAX_NAME_LENGTH = ApiKey._meta.get_field("name").max_length or 0
MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Creates an API key and prints it, alone, to standard output. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who or what uses the key")
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="what the key may do; may be repeated"
        )
        parser.add_argument("--days", type=int, help="days until it expires; default: never")

    def handle(self, *args: Any, name: str, scope: list[str], days: int | None, **options: Any) -> None:
        name = name.strip()
        if not 0 < len(name) <= MAX_NAME_LENGTH:
            raise CommandError(f"The name must have 1 to {MAX_NAME_LENGTH} characters.")
        if days is not None and not 0 < days <= MAX_DAYS:
            raise CommandError(f"--days must be a number from 1 to {MAX_DAYS}.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        key, text = keys.create(name, sorted(set(scope)), expires_at)
        until = f"expires {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "never expires"
        self.stderr.write(
            f"API key “{key}” with {', '.join(key.scopes)} {until}. Copy it now: it will not be shown again."
        )
        self.stdout.write(text)
