"""A database as the original Ticket Loop API made and filled it, beside the suite's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import psycopg

from tests.servers import POSTGRES

NAME = "original"
# What SQLAlchemy's `create_all` issued for the original's models.
TABLES = """
CREATE TYPE ticketstatus AS ENUM ('OPEN', 'RESOLVED');
CREATE TABLE contacts (
    id SERIAL NOT NULL,
    full_name VARCHAR(255) NOT NULL,
    email VARCHAR(255) NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email)
);
CREATE TABLE tickets (
    id SERIAL NOT NULL,
    contact_id INTEGER NOT NULL,
    issue_description TEXT NOT NULL,
    status ticketstatus NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(contact_id) REFERENCES contacts (id)
);
"""


class OriginalDatabase:
    """Writes as the original did: texts and addresses escaped, naive times, labels in capitals."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(TABLES)

    def open_ticket(self, full_name: str, email: str, issue_description: str, status: str = "OPEN") -> int:
        """Stores what the original stored of such a request; returns the ticket's id."""
        name, address = escape(full_name.strip()), escape(email.strip().lower())
        known = self.connection.execute("SELECT id FROM contacts WHERE email = %s", [address]).fetchone()
        contact = known[0] if known else self.add_contact(name, address)
        return self.add_ticket(contact, escape(issue_description.strip()), status)

    def add_contact(self, full_name: str, email: str) -> int:
        """A row as it is given."""
        query = "INSERT INTO contacts (full_name, email) VALUES (%s, %s) RETURNING id"
        return self._id(query, full_name, email)

    def add_ticket(self, contact_id: int, issue_description: str, status: str = "OPEN") -> int:
        """A row as it is given."""
        query = "INSERT INTO tickets (contact_id, issue_description, status) VALUES (%s, %s, %s) RETURNING id"
        return self._id(query, contact_id, issue_description, status)

    def add_many(self, count: int) -> None:
        """As many contacts, with a ticket each."""
        self.connection.execute(
            "INSERT INTO contacts (full_name, email)"
            " SELECT 'Contact ' || n, n || '@example.com' FROM generate_series(1, %s) AS n",
            [count],
        )
        self.connection.execute(
            "INSERT INTO tickets (contact_id, issue_description, status)"
            " SELECT id, 'It&#x27;s &lt;broken&gt;', 'OPEN' FROM contacts ORDER BY id"
        )

    def _id(self, query: str, *values: object) -> int:
        row = self.connection.execute(query, values).fetchone()
        assert row
        return int(row[0])


@contextmanager
def original_database() -> Iterator[OriginalDatabase]:
    """An empty one, gone afterwards."""
    with psycopg.connect(POSTGRES.superuser_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
        database = OriginalDatabase(POSTGRES.superuser_url.rsplit("/", 1)[0] + f"/{NAME}")
        try:
            yield database
        finally:
            database.connection.close()
            server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
