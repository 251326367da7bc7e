"""Response times of every page of the support desk, for a signed-in superuser."""

import re
import statistics
import time
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import requests

TIMES, WARM_UP = 5, 2
WANTED_PAGE, WANTED_SEARCH, WANTED_HOME = 300, 500, 200  # milliseconds
LISTS = re.compile(r'href="(/admin/\w+/\w+/)"')
ROWS = re.compile(r'href="(/admin/\w+/\w+/\d+/change/)')
SEARCHES = ("printer", "printer does not", "ada", "7@example", "#4711")


@dataclass(frozen=True)
class Desk:
    """The admin at `url`, with a signed-in session."""

    url: str
    session: requests.Session

    @classmethod
    def sign_in(cls, url: str, username: str, password: str) -> "Desk":
        """Signs in through the login page; redirects to a list, so that the home page stays uncached."""
        desk = cls(url, requests.Session())
        desk.get("/admin/login/")
        fields = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": desk.session.cookies["csrftoken"],
            "next": "/admin/tickets/ticket/",
        }
        desk.session.post(f"{url}/admin/login/", data=fields, timeout=60).raise_for_status()
        return desk

    def get(self, path: str) -> str:
        answer = self.session.get(self.url + path, timeout=60)
        answer.raise_for_status()
        return answer.text

    def show_every_page(self, needle: str) -> None:
        """Prints response times in milliseconds: home, every list, a page of each list, searches."""
        print(f"\n{'the desk':<64}{'median':>9}{'longest':>9}{'wanted':>9}")
        # Each process caches the figures of the home page for a minute; the first response computes them.
        self._show("home, nothing cached", "/admin/", WANTED_HOME, times=1, warm_up=0)
        self._show("home", "/admin/", WANTED_HOME)
        lists = sorted({unescape(path) for path in LISTS.findall(self.get("/admin/"))})
        for path in [
            *lists,
            "/admin/tickets/ticket/?status__exact=open",
            "/admin/tickets/ticket/?status__exact=resolved",
        ]:
            self._show(path, path, WANTED_PAGE)
            row = ROWS.search(self.get(path))
            if row:
                self._show(row[1], row[1], WANTED_PAGE)
                history = row[1].replace("/change/", "/history/")
                self._show(history, history, WANTED_PAGE)
        for text in (needle, *SEARCHES):
            for path in ("/admin/tickets/ticket/", "/admin/contacts/contact/"):
                searched = f"{path}?q={quote(text)}"
                self._show(searched, searched, WANTED_SEARCH)

    def _show(self, name: str, path: str, wanted: int, times: int = TIMES, warm_up: int = WARM_UP) -> None:
        taken = []
        for _ in range(warm_up + times):
            start = time.perf_counter()
            self.get(path)
            taken.append((time.perf_counter() - start) * 1000)
        taken = taken[warm_up:]
        print(f"  {name:<62}{statistics.median(taken):>9.0f}{max(taken):>9.0f}{wanted:>9}")
