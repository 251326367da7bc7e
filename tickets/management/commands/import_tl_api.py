"""`manage.py import_tl_api`: imports contacts and tickets of an original Ticket Loop API."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from tqdm import tqdm

from tickets.importing.copying import copy_contacts, copy_tickets
from tickets.importing.destination import Destination, DryRun, reserve_ids
from tickets.importing.original import Original, OriginalError, open_original
from tickets.importing.report import Report

TABLES = ("contacts", "tickets")
RUN_AGAIN = "Rows copied so far are kept; run the command again to continue."


class Command(BaseCommand):
    help = (
        "Copies contacts and tickets from the database of an original Ticket Loop API, keeping their numbers and "
        "sending no webhooks. It only adds rows: run again, it copies new ones and changes nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "url", help="the original's database, such as postgres://user:password@host:5432/ticketloop"
        )
        parser.add_argument("--dry-run", action="store_true", help="report what would be copied, and copy nothing")

    def handle(self, *args: Any, url: str, dry_run: bool, verbosity: int, **options: Any) -> None:
        reports = [Report(table, self.note if verbosity > 1 else None) for table in TABLES]
        with errors_in_one_line(), open_original(url) as original:
            if not dry_run:
                for table in TABLES:
                    reserve_ids(table, original.largest_id(table))
            self.copy(original, DryRun() if dry_run else Destination(), *reports)
        for line in (line for report in reports for line in report.lines()):
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("Dry run: nothing was copied.")

    def copy(self, original: Original, to: Destination, contacts: Report, tickets: Report) -> None:
        """Copies contacts, then tickets; each batch is a short transaction."""
        with self.progress(original, contacts) as progress:
            for batch in original.contacts():
                copy_contacts(batch, to, contacts)
                progress.update(len(batch))
        with self.progress(original, tickets) as progress:
            for tickets_batch in original.tickets():
                copy_tickets(tickets_batch, to, tickets)
                progress.update(len(tickets_batch))

    def progress(self, original: Original, report: Report) -> "tqdm[NoReturn]":
        """A progress bar, on a terminal."""
        total = original.count(report.table)
        return tqdm(total=total, unit=f" {report.table}", file=self.stderr, disable=None)

    def note(self, line: str) -> None:
        """Prints a line above the progress bar."""
        with tqdm.external_write_mode(file=self.stdout):
            self.stdout.write(line)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turns everything that can stop an import into CommandError."""
    try:
        yield
    except OriginalError as error:
        raise CommandError(f"The original's database: {error}") from None
    except Error as error:
        raise CommandError(f"This service's database: {' '.join(str(error).split())} {RUN_AGAIN}") from None
    except KeyboardInterrupt:
        raise CommandError(f"Stopped. {RUN_AGAIN}", returncode=130) from None
