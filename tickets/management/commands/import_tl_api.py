"""`manage.py import_tl_api`: brings the contacts and tickets of an original Ticket Loop API into this service."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction
from tqdm import tqdm

from tickets.importing.copying import copy_contacts, copy_tickets, reserve_ids
from tickets.importing.original import Original, OriginalError, open_original
from tickets.importing.report import Report

TABLES = ("contacts", "tickets")
GO_ON = "What was copied before is here; run the command again, and it goes on from there."


class Command(BaseCommand):
    help = (
        "Copies contacts and tickets from the database of an original Ticket Loop API, keeping their numbers and "
        "sending no webhooks. It only adds: run again, it copies what is new and changes nothing that is here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "url", help="the original's database, such as postgres://user:password@host:5432/ticketloop"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be copied, and copy nothing")

    def handle(self, *args: Any, url: str, dry_run: bool, verbosity: int, **options: Any) -> None:
        reports = [Report(table, self.note if verbosity > 1 else None) for table in TABLES]
        with errors_in_one_line(), open_original(url) as original:
            if dry_run:
                with transaction.atomic():
                    self.copy(original, *reports)
                    transaction.set_rollback(True)
            else:
                for table in TABLES:
                    reserve_ids(table, original.largest_id(table))
                self.copy(original, *reports)
        for line in (line for report in reports for line in report.lines()):
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("This was a trial: nothing was copied.")

    def copy(self, original: Original, contacts: Report, tickets: Report) -> None:
        """Contacts first: their tickets need them. Every batch is committed by itself."""
        with self.progress(original, contacts) as progress:
            for batch in original.contacts():
                copy_contacts(batch, contacts)
                progress.update(len(batch))
        with self.progress(original, tickets) as progress:
            for some in original.tickets():
                copy_tickets(some, tickets)
                progress.update(len(some))

    def progress(self, original: Original, report: Report) -> "tqdm[NoReturn]":
        """A bar, where somebody watches."""
        total = original.count(report.table)
        return tqdm(total=total, unit=f" {report.table}", file=self.stderr, disable=None)

    def note(self, line: str) -> None:
        """A line above the bar."""
        with tqdm.external_write_mode(file=self.stdout):
            self.stdout.write(line)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """CommandError for whatever may stop an import on its way."""
    try:
        yield
    except OriginalError as error:
        raise CommandError(f"The original's database: {error}") from None
    except Error as error:
        raise CommandError(f"This service's database: {' '.join(str(error).split())} {GO_ON}") from None
    except KeyboardInterrupt:
        raise CommandError(f"Stopped. {GO_ON}", returncode=130) from None
