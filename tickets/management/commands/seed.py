"""`manage.py seed`: fake contacts and tickets, for trying out and benchmarks."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from desk.formatting import quantity
from tickets.seeding import seed


class Command(BaseCommand):
    help = "Adds fake contacts and tickets of the last year. No webhooks are sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, default=1000, metavar="N", help="number of tickets; default: 1000")

    def handle(self, *args: Any, tickets: int, **options: Any) -> None:
        if tickets < 1:
            raise CommandError(f"--tickets {tickets}: must be 1 or more")
        try:
            from tickets.fake_data import FakerSource
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error.name} is missing; install it with `pip install -r requirements/local.txt`"
            ) from error
        contacts = done = 0
        with tqdm(total=tickets, unit=" tickets", file=self.stderr, disable=None) as progress:
            for batch in seed(tickets, datetime.now(UTC), FakerSource()):
                contacts += batch.contacts
                done += batch.tickets
                progress.update(batch.tickets)
        self.stdout.write(
            f"{quantity(done, 'ticket')} of {quantity(contacts, 'new contact')} added; no webhook was sent"
        )
