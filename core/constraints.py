"""Check constraints for what PostgreSQL can hold and Python cannot, so that no SQL client stores it."""

from datetime import UTC, datetime

from django.db import models

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def times_constraint(table: str, *columns: str) -> models.CheckConstraint:
    """The constraint that these times lie in the years 1 to 9999, as those of RFC 3339 and Python do.

    PostgreSQL's own begin in 4713 BC and end in 294276, or at infinity; a query that returns one of those fails.
    """
    in_range = models.Q(*((f"{column}__range", (FIRST, LAST)) for column in columns))
    return models.CheckConstraint(condition=in_range, name=f"{table}_times")


def numbers_constraint(table: str) -> models.CheckConstraint:
    """The constraint that ids are positive: the path of a page has no sign."""
    return models.CheckConstraint(condition=models.Q(id__gt=0), name=f"{table}_id")
