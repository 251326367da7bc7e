"""One HTTP attempt: sends an event to a receiver and says what came of it."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests

READ_LIMIT = 64 * 1024  # bytes read of an answer
KEEP_LIMIT = 4 * 1024  # bytes kept of it
RETRY_AFTER_STATUSES = {429, 503}

_thread = threading.local()


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: `error` is empty after a 2xx, else a sentence; `retry_after` is in seconds."""

    status: int | None
    error: str
    response: str = ""
    retry_after: float | None = None


def post(url: str, body: str, headers: dict[str, str], timeout: float) -> Answer:
    """POSTs `body` and reads the answer within `timeout` seconds. Network failures become an Answer."""
    deadline = time.monotonic() + timeout
    try:
        with _session().post(
            url, data=body.encode(), headers=headers, timeout=timeout, allow_redirects=False, stream=True
        ) as response:
            excerpt = _read(response, deadline)
            return _answer(response, excerpt)
    except (requests.RequestException, OSError, ValueError) as error:
        return Answer(status=None, error=_in_words(error, timeout))


class _Session(requests.Session):
    """Keeps connections, and nothing else, from one delivery to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy, no .netrc: deliveries go where the receiver says
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even with `allow_redirects=False` requests would read the whole body of a redirect, however long."""


def _session() -> _Session:
    """This thread's session: connections to a receiver are used again."""
    if not hasattr(_thread, "session"):
        _thread.session = _Session()
    session: _Session = _thread.session
    return session


def _read(response: requests.Response, deadline: float) -> str:
    """The beginning of the body. A body that is endless or drips is left at the limit or the deadline."""
    kept = b""
    total = 0
    for chunk in iter(lambda: response.raw.read1(READ_LIMIT), b""):
        kept = (kept + chunk)[:KEEP_LIMIT]
        total += len(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError
        if total > READ_LIMIT:
            break
    return kept.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _answer(response: requests.Response, excerpt: str) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(status, "", excerpt)
    retry_after = _seconds(response.headers.get("Retry-After", "")) if status in RETRY_AFTER_STATUSES else None
    note = " (redirects are not followed)" if 300 <= status < 400 else ""
    return Answer(status, f"The receiver answered {status}{note}; only 2xx counts as delivered.", excerpt, retry_after)


def _seconds(retry_after: str) -> float | None:
    """Seconds from now that a Retry-After header names, as a number or a date (RFC 9110, section 10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _in_words(error: Exception, timeout: float) -> str:
    if isinstance(error, requests.Timeout | TimeoutError):
        return f"The receiver did not answer within {timeout:g} seconds."
    if isinstance(error, requests.exceptions.SSLError):
        return f"No secure connection: {error}"
    if isinstance(error, requests.ConnectionError):
        return f"The connection failed: {error}"
    return f"The request failed: {error}"
