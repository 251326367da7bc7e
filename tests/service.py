"""The service under test as a client sees it: in the test's own process (tests/in_process.py) or behind gunicorn
(tests/processes.py)."""

from abc import ABC, abstractmethod
from typing import Any

import requests

# Seconds to wait for what takes one at most: nothing is slower for it, and a machine that is busy with other things
# fails no test.
PATIENCE = 60.0


class Service(ABC):
    """The API and the admin at `url`, which has no trailing slash."""

    url: str

    @abstractmethod
    def session(self) -> requests.Session:
        """A client that keeps its cookies."""

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request as any client would send it; redirects are left to the test."""
        with self.session() as session:
            return session.request(method, self.url + path, timeout=PATIENCE, allow_redirects=False, **options)

    def open_ticket(self, **values: Any) -> requests.Response:
        """POSTs a ticket; what is not given is something valid."""
        ticket = {"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}
        return self.request("POST", "/api/v1/tickets", json={**ticket, **values})
