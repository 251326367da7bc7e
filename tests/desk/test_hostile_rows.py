"""No row makes a 5xx: whatever an SQL client tries to write, PostgreSQL refuses it or every page shows it."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from access.keys import SECRET_LENGTH
from contacts.models import Contact
from tests.desk import pages
from tests.desk.hostile_requests import Intruder, routes
from tests.service import Service
from tests.staff import session_key
from tickets.models import Ticket

pytestmark = pytest.mark.slow

OWN_APPS = {"access", "contacts", "tickets", "webhooks"}
OUTSIDE_PYTHON = ["'infinity'", "'-infinity'", "'20000-01-01'", "'0044-03-15 BC'", "'10000-01-01'"]
NUMBERS = ["-1", "0", "1", "32767", "2147483647", "9223372036854775807", "NULL"]
# SQL of values by type of field; the first that fits counts.
HOSTILE: dict[type[Any], list[str]] = {
    models.DateTimeField: [*OUTSIDE_PYTHON, "'0001-01-01'", "'9999-12-31 23:59:59.999999'", "NULL"],
    models.FloatField: ["'NaN'", "'Infinity'", "'-Infinity'", "-1", "1e308", "0"],
    models.BooleanField: ["true", "false", "NULL"],
    models.IntegerField: NUMBERS,
    ArrayField: ["'{}'", "'{NULL}'", "'{{tickets:read}}'", "'{{ticket.created}}'", "'{<b>}'", "NULL"],
    models.Field: ["''", "' '", "E'\\n'", "E'\\x01\\x1b\\u2028\\u202e'", "repeat('x', 30000)", "'é'", "NULL"],
}
ROUNDS = range(max(map(len, HOSTILE.values())))


@pytest.mark.parametrize("number", ROUNDS)
def test_no_row_breaks_a_page(database: None, in_process: Service, number: int) -> None:
    intruder = Intruder(session_key("ada", is_superuser=True))
    paths = [*pages.fill(in_process, pages.Texts()), *(each for each in routes() if "{" not in each), *api_paths()]
    with transaction.atomic():
        written = write_hostile_values(number)
        for path in paths:
            intruder.send("GET", *path.split("?"))
        intruder.send("GET", "/api/v1/tickets", authorization=f"Api-Key tl_abcdefgh_{'x' * SECRET_LENGTH}")
        transaction.set_rollback(True)
    assert written
    assert "\n".join(intruder.failures) == ""


def api_paths() -> list[str]:
    """The API's pages that show a row."""
    ticket, contact = Ticket.objects.earliest("pk"), Contact.objects.earliest("pk")
    orderings = [f"?limit=1&ordering={sign}{name}" for name in ("id", "created_at") for sign in ("", "-")]
    own = [f"/api/v1/tickets/{ticket.pk}", f"/api/v1/contacts/{contact.pk}"]
    return [*own, *(f"/api/v1/{each}{ordering}" for each in ("tickets", "contacts") for ordering in orderings)]


def write_hostile_values(number: int) -> list[str]:
    """Writes the value of this number into every column, where PostgreSQL takes it; returns those columns."""
    written = []
    own = [each for each in apps.get_models() if each._meta.app_label in OWN_APPS and not each._meta.proxy]
    for model in own:
        for field in model._meta.concrete_fields:
            values = next(values for type_, values in HOSTILE.items() if isinstance(field, type_))
            if not field.is_relation and not field.primary_key and write(field, values[number % len(values)]):
                written.append(str(field))
    return written


def write(field: "models.Field[Any, Any]", value: str) -> bool:
    """Writes the value into the column of the first row; returns whether PostgreSQL took it."""
    table = field.model._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {field.column} = {value} WHERE id = (SELECT min(id) FROM {table})")
    except DatabaseError:
        return False
    return True


@pytest.mark.parametrize("table", ["contacts", "tickets", "webhook_receivers", "webhook_deliveries", "api_keys"])
def test_numbers_are_positive(in_process: Service, database: None, table: str) -> None:
    session_key("ada", is_superuser=True)
    pages.fill(in_process, pages.Texts())
    with pytest.raises(IntegrityError, match=f"{table}_id"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET id = -id")
