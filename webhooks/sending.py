"""One HTTP attempt: sends an event to a receiver and says what came of it."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, LocationParseError

from webhooks.transport import Adapter, ForbiddenAddressError, set_deadline

READ_LIMIT = 64 * 1024  # bytes read of an answer
KEEP_LIMIT = 4 * 1024  # bytes kept of it
ERROR_LIMIT = 500  # characters kept of a foreign error's message
RETRY_AFTER_STATUSES = {429, 503}


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: `error` is empty after a 2xx, else a sentence; `retry_after` is in seconds."""

    status: int | None
    error: str
    response: str = ""
    retry_after: float | None = None


class Session(requests.Session):
    """Keeps connections, and nothing else, from one delivery to the next. Serves one receiver and one thread."""

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


def post(session: Session, url: str, body: str, headers: dict[str, str], timeout: float) -> Answer:
    """POSTs `body` and reads the answer within `timeout` seconds. Never raises: any error becomes an Answer."""
    set_deadline(timeout)
    try:
        with session.post(url, data=body.encode(), headers=headers, timeout=timeout, stream=True) as response:
            return _answer(response, _read(response))
    except Exception as error:
        return Answer(status=None, error=_storable(_in_words(error, timeout)))


def _read(response: requests.Response) -> str:
    """The beginning of the body, as far as it came before the limit or the deadline: the status has decided already."""
    body = bytearray()
    with contextlib.suppress(HTTPError, HTTPException, OSError, ValueError):
        while len(body) < READ_LIMIT and (chunk := response.raw.read1(READ_LIMIT - len(body))):
            body += chunk
    return _storable(body[:KEEP_LIMIT].decode(errors="replace"))


def _storable(text: str) -> str:
    """The text as PostgreSQL can store it: without NUL and lone surrogates."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _answer(response: requests.Response, excerpt: str) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(status, "", excerpt)
    retry_after = _seconds(response.headers.get("Retry-After", "")) if status in RETRY_AFTER_STATUSES else None
    note = " (redirects are not followed)" if 300 <= status < 400 else ""
    return Answer(status, f"The receiver answered {status}{note}; only 2xx counts as delivered.", excerpt, retry_after)


def _seconds(retry_after: str) -> float | None:
    """Seconds from now that a Retry-After header names, as a number or a date (RFC 9110, section 10.2.3).

    None for anything else, which a receiver may send: parsing a date can fail with more than ValueError.
    """
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    with contextlib.suppress(Exception):
        moment = parsedate_to_datetime(retry_after)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return None


def _in_words(error: Exception, timeout: float) -> str:
    """A sentence for staff about the error's first cause; requests and urllib3 wrap it several times."""
    for cause in _causes(error):
        if isinstance(cause, ForbiddenAddressError):
            return f"Refused: {cause}"
        if isinstance(cause, requests.Timeout | TimeoutError | futures.TimeoutError):
            return f"The receiver did not answer within {timeout:g} seconds."
        if isinstance(cause, ssl.SSLError):
            return f"No secure connection: {_message(cause)}"
        if isinstance(cause, socket.gaierror):
            return f"The receiver's name was not found: {cause.strerror}"
        if isinstance(cause, HTTPException) and not isinstance(cause, OSError):
            return f"The answer is not valid HTTP: {type(cause).__name__} {_message(cause)}"
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return f"The connection failed: {cause.strerror or _message(cause)}"
        if isinstance(cause, UnicodeError | LocationParseError | requests.exceptions.InvalidURL):
            return f"The URL cannot be used: {_message(cause)}"
    return f"The request failed: {_message(error)}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, the first cause first."""
    if cause := error.__cause__ or error.__context__:
        yield from _causes(cause)
    yield error


def _message(error: BaseException) -> str:
    return str(error)[:ERROR_LIMIT] or type(error).__name__
