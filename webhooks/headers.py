"""Custom headers of a receiver: one `Name: value` per line."""

import re

MAX_HEADERS = 20
MAX_VALUE_LENGTH = 4096
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a token (RFC 9110, section 5.6.2)
VALUE = re.compile(r"[\x20-\x7e\t]*")

# Set by Ticket Loop, or hop-by-hop (RFC 9110, section 7.6.1).
RESERVED = {
    *("accept-encoding", "content-encoding", "content-length", "content-type", "cookie", "date", "expect", "host"),
    *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
}
RESERVED_PREFIXES = ("webhook-", "ticketloop-", "proxy-")


class HeadersError(ValueError):
    """A line of custom headers is not allowed; the message says to staff what would be."""


def parse(text: str) -> dict[str, str]:
    """The headers in `text`. Raises HeadersError at the first line that is not allowed."""
    headers: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        _check(line, name, colon, value)
        if name.lower() in map(str.lower, headers):
            raise HeadersError(f"{name} is given twice.")
        headers[name] = value
    if len(headers) > MAX_HEADERS:
        raise HeadersError(f"At most {MAX_HEADERS} headers, not {len(headers)}.")
    return headers


def _check(line: str, name: str, colon: str, value: str) -> None:
    if not colon:
        raise HeadersError(f"{line[:100]!r} has no colon. Write one header per line, as Name: value.")
    if not NAME.fullmatch(name):
        raise HeadersError(f"{name[:100]!r} is not a header name: up to 100 letters, digits and hyphens.")
    if name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES):
        raise HeadersError(f"{name} is set by Ticket Loop or reserved for the connection; choose another name.")
    if not VALUE.fullmatch(value) or len(value) > MAX_VALUE_LENGTH:
        raise HeadersError(f"The value of {name} must be at most {MAX_VALUE_LENGTH} printable ASCII characters.")
