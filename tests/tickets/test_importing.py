"""`manage.py import_tl_api`: what an original had is here, with its numbers, as true text, once; nobody is told."""

import html
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from contacts.models import Contact
from tests.processes import ROOT, Process, wait_until
from tests.receiver import RecordingReceiver
from tests.servers import POSTGRES
from tests.service import Service
from tests.tickets.original_database import OriginalDatabase, original_database
from tickets import privacy
from tickets.models import Ticket
from webhooks.models import Event

TYPED = 'It\'s "broken" & <b>on fire</b>; &lt; stays, and so does &copy=1'
Import = Callable[..., str]


@pytest.fixture
def original(database: None) -> Iterator[OriginalDatabase]:
    with original_database() as made:
        yield made


@pytest.fixture
def run_import(original: OriginalDatabase) -> Import:
    """Runs the command on the original's database, or on another URL, and returns what it said."""

    def run(url: str = original.url, **options: Any) -> str:
        said = StringIO()
        call_command("import_tl_api", url, stdout=said, **options)
        return said.getvalue()

    return run


def test_tickets_keep_number_time_status_and_contact(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    original.connection.execute("ALTER SEQUENCE tickets_id_seq RESTART WITH 41")
    first = original.open_ticket("Ada Lovelace", "ada@example.com", "My printer is on fire")
    second = original.open_ticket("Ada Lovelace", "ada@example.com", "Still", status="RESOLVED")
    original.connection.execute("UPDATE tickets SET created_at = '2025-03-30 01:30:00.000007'")
    assert run_import().splitlines() == ["contacts: 1 copied", "tickets: 2 copied"]
    listed = service.request("GET", "/api/v1/tickets").json()
    assert [ticket["id"] for ticket in listed] == [first, second] == [41, 42]
    assert [ticket["status"] for ticket in listed] == ["open", "resolved"]
    assert {ticket["created_at"] for ticket in listed} == {"2025-03-30T01:30:00.000007Z"}
    # The original did not note when a ticket was resolved.
    assert [ticket["resolved_at"] for ticket in listed] == [None, "2025-03-30T01:30:00.000007Z"]
    assert {ticket["contact"]["email"] for ticket in listed} == {"ada@example.com"}


def test_times_are_utc_whatever_the_server_thinks(original: OriginalDatabase, run_import: Import) -> None:
    original.connection.execute("ALTER DATABASE original SET timezone = 'America/New_York'")
    original.open_ticket("Ada", "ada@example.com", "x")
    original.connection.execute("UPDATE tickets SET created_at = '2025-07-01 12:00:00'")
    run_import()
    assert Ticket.objects.get().created_at == datetime(2025, 7, 1, 12, tzinfo=UTC)


def test_texts_are_what_the_customer_typed_and_leave_as_they_did_before(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    original.open_ticket("<b>O'Brien</b>", "O'Brien&sons@Example.com", TYPED)
    run_import()
    ticket = Ticket.objects.get()
    assert ticket.issue_description == TYPED
    assert (ticket.contact.full_name, ticket.contact.email) == ("<b>O'Brien</b>", "o'brien&sons@example.com")
    assert service.request("GET", "/api/v1/tickets").json()[0]["issue_description"] == html.escape(TYPED)


def test_texts_from_before_the_original_escaped_stay_as_they_are(
    original: OriginalDatabase, run_import: Import
) -> None:
    typed = "<b>https://example.com/?a=1&copy=2&notify=3</b> &eacute; & AT&T"
    original.add_ticket(original.add_contact("Ada", "Ada@Example.com"), typed)
    run_import()
    assert Ticket.objects.get().issue_description == typed


def test_new_tickets_get_numbers_beyond_those_of_the_original(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    original.open_ticket("Ada", "ada@example.com", "x")
    original.connection.execute("UPDATE tickets SET id = 5000000")
    run_import()
    assert service.open_ticket(email="new@example.com").json()["id"] == 5000001


def test_nobody_is_told(original: OriginalDatabase, receiver: RecordingReceiver, run_import: Import) -> None:
    original.open_ticket("Ada", "ada@example.com", "x", status="RESOLVED")
    run_import()
    assert Ticket.objects.exists()
    assert not Event.objects.exists()


def test_another_run_copies_only_what_is_new_and_keeps_what_staff_changed(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    first = original.open_ticket("Ada", "ada@example.com", "x")
    run_import()
    service.request("PATCH", f"/api/v1/tickets/{first}/resolve")
    Contact.objects.update(full_name="Ada Lovelace", email="lovelace@example.com")
    before = list(Ticket.objects.values())
    second = original.open_ticket("Ada", "ada@example.com", "y")
    assert run_import().splitlines() == ["contacts: 0 copied, 1 here already", "tickets: 1 copied, 1 here already"]
    assert list(Ticket.objects.filter(pk=first).values()) == before
    assert Ticket.objects.get(pk=second).contact == Contact.objects.get()
    assert Contact.objects.get().email == "lovelace@example.com"


def test_addresses_that_are_one_here_are_one_contact_with_the_first_name(
    original: OriginalDatabase, run_import: Import
) -> None:
    first, second = original.add_contact("Ada", "Ada@Example.com"), original.add_contact("A. L.", "ada@example.com")
    for contact in (second, first, second):
        original.add_ticket(contact, "x")
    for totals in ("contacts: 1 copied, 1 merged", "contacts: 0 copied, 1 here already, 1 merged"):
        said = run_import()
        assert totals in said
        assert f"1 merged, as its address is that of a contact already here: {second} into {first}" in said
    assert Ticket.objects.count() == 3
    assert (Contact.objects.get().pk, Contact.objects.get().full_name) == (first, "Ada")


def test_a_customer_who_wrote_here_before_stays_the_contact(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    original.connection.execute("ALTER SEQUENCE contacts_id_seq RESTART WITH 700000")
    original.connection.execute("ALTER SEQUENCE tickets_id_seq RESTART WITH 700000")
    original.open_ticket("A. Lovelace", "ada@example.com", "old")
    here = service.open_ticket(full_name="Ada", email="ada@example.com").json()
    assert f"700000 into {here['contact_id']}" in run_import()
    assert Contact.objects.get().full_name == "Ada"
    assert Ticket.objects.filter(contact_id=here["contact_id"]).count() == 2


def test_numbers_that_something_else_has_here_are_skipped(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    here = service.open_ticket(email="here@example.com").json()
    for contact, ticket in ((here["contact_id"], 900002), (900000, here["id"])):
        row = (contact, f"{contact}@example.com", ticket, contact)
        original.connection.execute("INSERT INTO contacts (id, full_name, email) VALUES (%s, 'Ada', %s)", row[:2])
        insert = "INSERT INTO tickets (id, contact_id, issue_description, status) VALUES (%s, %s, 'x', 'OPEN')"
        original.connection.execute(insert, row[2:])
    said = run_import()
    assert f"1 skipped, as its number belongs to another one here: {here['contact_id']}" in said
    assert f"1 skipped, as its number belongs to another one here: {here['id']}" in said
    assert "1 skipped, as its contact was skipped: 900002" in said
    assert Ticket.objects.get().issue_description == "It is broken."


def test_who_was_erased_here_gets_no_more_tickets(original: OriginalDatabase, run_import: Import) -> None:
    original.open_ticket("Ada", "ada@example.com", "x")
    run_import()
    privacy.erase(Contact.objects.get())
    second = original.open_ticket("Ada", "ada@example.com", "y")
    assert f"  1 skipped, as its contact was erased here: {second}" in run_import()
    assert Ticket.objects.get().issue_description == "The text of this ticket was erased."


def test_what_this_service_would_refuse_is_skipped_and_named(original: OriginalDatabase, run_import: Import) -> None:
    ada = original.add_contact("Ada", "ada@example.com")
    nobody, wrong = original.add_contact("  ", "x@example.com"), original.add_contact("Bob", "bob at example.com")
    for contact in (nobody, wrong):
        original.add_ticket(contact, "x")
    empty, long = original.add_ticket(ada, " "), original.add_ticket(ada, "&lt;" * 20_001)
    most = original.add_ticket(ada, "&lt;" * 20_000)
    said = run_import(verbosity=2)
    for line in (
        "contacts: 1 copied, 2 skipped",
        f"  1 skipped, as its name is empty: {nobody}",
        f"  1 skipped, as its e-mail address is not valid: {wrong}",
        "tickets: 1 copied, 4 skipped",
        "  2 skipped, as its contact was skipped: 1, 2",
        f"  1 skipped, as its description is empty: {empty}",
        f"  1 skipped, as its description is longer than 20,000 characters: {long}",
        f"tickets {empty}: skipped, as its description is empty",
    ):
        assert line in said.splitlines()
    assert Ticket.objects.get().pk == most


def test_a_trial_says_what_would_be_copied_and_copies_nothing(
    service: Service, original: OriginalDatabase, run_import: Import
) -> None:
    original.connection.execute("ALTER SEQUENCE tickets_id_seq RESTART WITH 9000000")
    original.open_ticket("Ada", "ada@example.com", "x")
    said = run_import(dry_run=True).splitlines()
    assert said == ["contacts: 1 copied", "tickets: 1 copied", "Dry run: nothing was copied."]
    assert not Contact.objects.exists()
    assert service.open_ticket().json()["id"] < 9000000


def test_killed_half_way_the_next_run_completes_it(
    original: OriginalDatabase, start_process: Callable[..., Process], database_url: str, run_import: Import
) -> None:
    original.add_many(5000)
    original.connection.execute("CREATE TABLE later AS TABLE tickets; TRUNCATE tickets")
    assert "contacts: 5,000 copied" in run_import()
    original.connection.execute("INSERT INTO tickets TABLE later")
    with psycopg.connect(database_url) as other, psycopg.connect(database_url, autocommit=True) as watching:
        # The third batch of tickets waits for this contact.
        other.execute("SELECT FROM contacts WHERE id = 2500 FOR UPDATE")
        importing = start_process("manage", "import_tl_api", original.url)
        count = "SELECT count(*) FROM tickets"
        wait_until(lambda: watching.execute(count).fetchone() == (2000,), what="two batches")
        importing.kill()
        other.rollback()
    assert (Contact.objects.count(), Ticket.objects.count()) == (5000, 2000)
    said = run_import()
    assert "contacts: 0 copied, 5,000 here already" in said
    assert "tickets: 3,000 copied, 2,000 here already" in said
    assert Ticket.objects.filter(issue_description="It's <broken>", contact_id=F("id")).count() == 5000


@pytest.fixture
def impatient(database: None) -> Iterator[None]:
    """Requests of this process are answered 503 if they wait two seconds for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        yield
        cursor.execute("RESET lock_timeout")


def waits(database: psycopg.Connection[Any], query: str) -> bool:
    """Whether somebody's query that begins like this waits for a lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND starts_with(query, %s)"
    return database.execute(waiting, [query]).fetchone() is not None


def test_a_dry_run_holds_up_nobody_and_counts_what_it_would_have_copied(
    service: Service, original: OriginalDatabase, start_process: Callable[..., Process], impatient: None
) -> None:
    for table in ("contacts", "tickets"):
        original.connection.execute(f"ALTER SEQUENCE {table}_id_seq RESTART WITH 9000001")
    original.add_many(3)
    original.add_contact("Again", "1@EXAMPLE.com")
    with psycopg.connect(original.url) as other:
        other.execute("LOCK TABLE tickets")  # so it stops between contacts and tickets
        importing = start_process("manage", "import_tl_api", "--dry-run", original.url)
        count = "SELECT count(*) FROM tickets"
        wait_until(lambda: waits(original.connection, count), what="the end of the contacts")
        assert service.open_ticket(email="1@example.com").status_code == 201
    assert importing.wait_for_end() == 0, importing.output()
    assert importing.output().splitlines() == [
        "contacts: 3 copied, 1 merged",
        "  1 merged, as its address is that of a contact already here: 9000004 into 9000001",
        "tickets: 3 copied",
        "Dry run: nothing was copied.",
    ]


def test_an_import_that_has_to_wait_holds_up_nobody(
    service: Service,
    original: OriginalDatabase,
    start_process: Callable[..., Process],
    database_url: str,
    impatient: None,
) -> None:
    original.add_many(3)
    with psycopg.connect(database_url) as other, psycopg.connect(original.url) as stop:
        stop.execute("LOCK TABLE tickets")
        insert = "INSERT INTO contacts (full_name, email) VALUES ('Ada', %s)"
        other.execute(insert, ["2@example.com"])
        importing = start_process("manage", "import_tl_api", original.url)
        wait_until(lambda: waits(original.connection, "LOCK TABLE contacts"), what="the wait for the sequence")
        assert service.open_ticket(email="somebody@example.com").status_code == 201
        other.rollback()
        largest = "SELECT coalesce(max(id), 0) FROM tickets"
        wait_until(lambda: waits(original.connection, largest), what="the reserved numbers")
        other.execute(insert, ["2@example.com"])
        stop.rollback()
        wait_until(lambda: waits(original.connection, 'INSERT INTO "contacts"'), what="the wait for an address")
        assert service.open_ticket(email="1@example.com").status_code == 201
    assert importing.wait_for_end() == 0, importing.output()


def test_interrupted_it_says_in_one_line_how_to_go_on(
    original: OriginalDatabase, start_process: Callable[..., Process], database_url: str
) -> None:
    original.add_many(1)
    with psycopg.connect(database_url) as other, psycopg.connect(database_url, autocommit=True) as watching:
        other.execute("LOCK TABLE contacts")
        importing = start_process("manage", "import_tl_api", original.url)
        # The import and nobody else, such as an autovacuum.
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^LOCK TABLE contacts IN'"
        wait_until(lambda: watching.execute(waiting).fetchone(), what="the import's wait")
        os.kill(importing.process.pid, signal.SIGINT)
        assert importing.wait_for_end() == 130, importing.output()
    assert importing.output().startswith("CommandError: Stopped. ")
    assert importing.output().count("\n") == 1


def test_the_original_may_be_in_use_and_readable_only(original: OriginalDatabase, run_import: Import) -> None:
    original.open_ticket("Ada", "ada@example.com", "x")
    original.connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    original.connection.execute("GRANT SELECT ON contacts, tickets TO reader")
    try:
        with psycopg.connect(original.url) as working:
            working.execute("LOCK TABLE contacts, tickets IN EXCLUSIVE MODE")
            working.execute("UPDATE tickets SET issue_description = 'changed, not committed'")
            url = f"postgresql+asyncpg://reader:reader@127.0.0.1:{POSTGRES.port}/original"
            assert "tickets: 1 copied" in run_import(url=url)
    finally:
        original.connection.execute("DROP OWNED BY reader; DROP ROLE reader")
    assert Ticket.objects.get().issue_description == "x"


def test_somebody_at_a_terminal_sees_a_bar(original: OriginalDatabase, database_url: str) -> None:
    original.add_many(3)
    terminal, side = pty.openpty()
    command = [sys.executable, "manage.py", "import_tl_api", original.url]
    environment = {**os.environ, "DATABASE_URL": database_url}
    subprocess.run(command, cwd=ROOT, env=environment, stderr=side, stdout=subprocess.DEVNULL, check=True)
    shown = os.read(terminal, 100_000).decode()
    assert "3/3" in shown
    assert "100%" in shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("original.db", "this is not the URL of a PostgreSQL database; give one such as postgres://"),
        ("mysql://localhost/x", "this is not the URL of a PostgreSQL database; give one such as postgres://"),
        ("postgres://[::1/x", "this is not the URL of a PostgreSQL database; give one such as postgres://"),
        ("postgres://127.0.0.1:1/x", "Connection refused"),
        ("postgres://127.0.0.1:1/x?nonsense=1", "nonsense"),
        (POSTGRES.superuser_url + "_not_there", 'database "ticketloop_not_there" does not exist'),
        (
            POSTGRES.superuser_url,
            "these are not an original's tables: there is no contacts.created_at, no contacts.email",
        ),
        ("this service's own", "an original's tables: their created_at is no timestamp without time zone"),
    ],
)
def test_a_mistake_is_one_line(run_import: Import, database_url: str, url: str, said: str) -> None:
    with pytest.raises(CommandError) as error:
        run_import(database_url if url == "this service's own" else url)
    assert str(error.value).startswith("The original's database: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert POSTGRES.password not in str(error.value)
