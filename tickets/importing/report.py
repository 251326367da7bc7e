"""Counts what an import did, and says it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

NAMED = 10  # so many rows are named for each reason; a table full of them would fill screen and memory


class Report:
    """What became of the rows of one table; `note`, if any, is called with a line for each row merged or skipped."""

    def __init__(self, table: str, note: Callable[[str], None] | None) -> None:
        self.table = table
        self.copied = self.here = 0
        self.merged: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self._named: defaultdict[str, list[str]] = defaultdict(list)
        self._note = note

    def merge(self, id: int, into: int) -> None:
        """Counts a contact whose address is that of another, which stands for it."""
        self._count(self.merged, "merged, as its address is that of a contact already here", id, f"{id} into {into}")

    def skip(self, id: int, reason: str) -> None:
        """Counts a row that was left out."""
        self._count(self.skipped, f"skipped, as {reason}", id, str(id))

    def lines(self) -> Iterator[str]:
        """A line of totals, and one for each reason."""
        others = {"here already": self.here, "merged": self.merged.total(), "skipped": self.skipped.total()}
        totals = [f"{self.copied:,} copied", *(f"{count:,} {what}" for what, count in others.items() if count)]
        yield f"{self.table}: {', '.join(totals)}"
        for reason, count in (self.merged + self.skipped).items():
            named = self._named[reason]
            more = f" and {count - len(named):,} more" if count > len(named) else ""
            yield f"  {count:,} {reason}: {', '.join(named)}{more}"

    def _count(self, counter: Counter[str], reason: str, id: int, named: str) -> None:
        counter[reason] += 1
        if len(self._named[reason]) < NAMED:
            self._named[reason].append(named)
        if self._note:
            self._note(f"{self.table} {named}: {reason}")
