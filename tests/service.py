"""Client of the service under test, which runs in the test's process (in_process.py) or in gunicorn (processes.py)."""

from abc import ABC, abstractmethod
from typing import Any

import requests

# Seconds to wait for what normally takes less than one: generous, so that a busy machine fails no test.
WAIT_LIMIT = 60.0


class Service(ABC):
    """The API and the admin at `url`, which has no trailing slash."""

    url: str

    @abstractmethod
    def session(self) -> requests.Session:
        """A session, which keeps cookies."""

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends a request without a session; does not follow redirects."""
        with self.session() as session:
            return session.request(method, self.url + path, timeout=WAIT_LIMIT, allow_redirects=False, **options)

    def open_ticket(self, **values: Any) -> requests.Response:
        """POSTs a ticket with these values; the others are valid defaults."""
        ticket = {"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}
        return self.request("POST", "/api/v1/tickets", json={**ticket, **values})
