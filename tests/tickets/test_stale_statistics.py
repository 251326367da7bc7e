"""A search stays quick whatever the planner believes, as after statistics from the middle of an import."""

import psycopg
from django.db import connection

from contacts.models import Contact
from tests.service import Service
from tests.staff import Staff

ROWS = "SELECT %s, 'O''Brien ' || n FROM generate_series(1, 6000) AS n"
IMPORT = f"INSERT INTO tickets (contact_id, issue_description) {ROWS}"


def test_statistics_of_an_almost_empty_table(service: Service, database_url: str) -> None:
    """ANALYZE counts no row of a transaction that goes on: here it finds one ticket on a hundred pages."""
    service.open_ticket(issue_description="O'Brien's needle")
    contact = Contact.objects.get().pk
    with psycopg.connect(database_url) as other:
        other.execute(IMPORT, [contact])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tickets")
    for query in ("q=O'Brien&limit=2", "q=O'Brien's&limit=2", "q=O'Brien&ordering=-created_at", "q=Needle"):
        answer = service.request("GET", f"/api/v1/tickets?{query}")
        assert answer.status_code == 200
        assert answer.json()
    page = Staff(service, "ada", "Support agent").get("/admin/tickets/ticket/?q=O'Brien's+needle").text
    assert "1 ticket" in page
    assert "only the newest" not in page  # as it would say after its time limit
