"""`manage.py seed`: believable contacts and tickets, as many as a trial or a measurement needs."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tickets.seeding import seed


class Command(BaseCommand):
    help = "Adds made-up contacts and tickets of the last year to what is there. Nobody is told by webhook."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, default=1000, metavar="N", help="how many; default: 1000")

    def handle(self, *args: Any, tickets: int, **options: Any) -> None:
        if tickets < 1:
            raise CommandError(f"--tickets {tickets}: give a number of 1 or more")
        try:
            from tickets.fake_data import Inventor
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is missing; `pip install -r requirements/local.txt` brings it") from error
        contacts = done = 0
        with tqdm(total=tickets, unit=" tickets", file=self.stderr, disable=None) as progress:
            for batch in seed(tickets, datetime.now(UTC), Inventor()):
                contacts += batch.contacts
                done += batch.tickets
                progress.update(batch.tickets)
        self.stdout.write(f"{done} tickets of {contacts} new contacts added; no webhook was sent")
