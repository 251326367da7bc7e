"""One HTTP attempt: sends an event to a receiver and says what came of it."""

import contextlib
import threading
from concurrent import futures
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from webhooks.transport import Adapter, ForbiddenAddressError, set_deadline

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
    set_deadline(timeout)
    try:
        with _session().post(url, data=body.encode(), headers=headers, timeout=timeout, stream=True) as response:
            return _answer(response, _read(response))
    except (requests.RequestException, OSError, ValueError) as error:
        return Answer(status=None, error=_in_words(error, timeout))


class _Session(requests.Session):
    """Keeps connections, and nothing else, from one delivery to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy, no .netrc: deliveries go where the receiver says
        # What is not asked for compressed cannot grow when it is unpacked.
        self.headers = CaseInsensitiveDict({"Accept": "*/*", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(max_retries=0))
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: no redirect is followed. (`allow_redirects=False` would still read its body, however long.)"""


def _session() -> _Session:
    """This thread's session: connections to a receiver are used again."""
    if not hasattr(_thread, "session"):
        _thread.session = _Session()
    session: _Session = _thread.session
    return session


def _read(response: requests.Response) -> str:
    """The beginning of the body, as far as it came before the limit or the deadline: the status has decided already."""
    body = bytearray()
    with contextlib.suppress(HTTPError, OSError, ValueError):
        while len(body) < READ_LIMIT and (chunk := response.raw.read1(READ_LIMIT - len(body))):
            body += chunk
    text = body[:KEEP_LIMIT].decode(errors="replace")
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


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
    if isinstance(error, ForbiddenAddressError):
        return f"Refused: {error}"
    if isinstance(error, requests.Timeout | TimeoutError | futures.TimeoutError) or "timed out" in str(error):
        return f"The receiver did not answer within {timeout:g} seconds."
    if isinstance(error, requests.exceptions.SSLError):
        return f"No secure connection: {error}"
    if isinstance(error, requests.ConnectionError):
        return f"The connection failed: {error}"
    return f"The request failed: {error}"
