"""`manage.py replay`: sends a receiver its events again, however many."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from desk.formatting import quantity
from webhooks import redelivery
from webhooks.models import Receiver


class Command(BaseCommand):
    help = "Queues every event since a time that a receiver subscribes to again, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--receiver", required=True, help="number, description or URL of the receiver")
        parser.add_argument("--since", required=True, help="such as 2026-11-24 or 2026-11-24T09:30:00, UTC")
        parser.add_argument("--delivered", action="store_true", help="include events already delivered")
        parser.add_argument(
            "--cancelled", action="store_true", help="include deliveries that staff or an erasure cancelled"
        )

    def handle(self, *args: Any, receiver: str, since: str, delivered: bool, cancelled: bool, **options: Any) -> None:
        found, moment = find(receiver), parse_moment(since)
        total, count = redelivery.count_replayed_events(found, moment), 0
        with tqdm(total=total, unit=" events", file=self.stderr, disable=None) as progress:
            for batch in redelivery.replay(found, moment, delivered=delivered, cancelled=cancelled):
                count += batch.deliveries
                progress.update(batch.events)
        waiting = "" if found.enabled else "; they wait until the receiver is enabled"
        self.stdout.write(f"{quantity(total, 'event')} since {moment:%Y-%m-%d %H:%M:%S} UTC, {count} queued{waiting}")


def find(text: str) -> Receiver:
    """The receiver with this number, description or URL. Raises CommandError unless there is exactly one."""
    by_number = Receiver.objects.filter(pk=int(text)) if text.isascii() and text.isdigit() else Receiver.objects.none()
    found = list(by_number or Receiver.objects.filter(description=text) or Receiver.objects.filter(url=text))
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{each.pk} ({each})" for each in Receiver.objects.all()) or "none"
    raise CommandError(f"--receiver {text!r} matches {len(found) or 'no'} receivers; there are: {known}")


def parse_moment(text: str) -> datetime:
    """A date or time, UTC unless it has an offset. Raises CommandError for anything else."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--since {text!r} is not a date or time such as 2026-11-24 or 2026-11-24T09:30:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
