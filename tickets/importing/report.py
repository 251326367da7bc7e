"""Report of an import."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

MAX_NAMED = 10  # rows named per reason, to limit output and memory


class Report:
    """Counts the rows of one table; `note`, if given, is called with a line for each row merged or skipped."""

    def __init__(self, table: str, note: Callable[[str], None] | None) -> None:
        self.table = table
        self.copied = self.here = 0
        self.merged: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self._named: defaultdict[str, list[str]] = defaultdict(list)
        self._note = note

    def merge(self, id: int, into: int) -> None:
        """Counts a contact that was merged into another with the same address."""
        self._count(self.merged, "merged, as its address is that of a contact already here", id, f"{id} into {into}")

    def skip(self, id: int, reason: str) -> None:
        """Counts a skipped row."""
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
        if len(self._named[reason]) < MAX_NAMED:
            self._named[reason].append(named)
        if self._note:
            self._note(f"{self.table} {named}: {reason}")
