"""A receiver's own headers: one `Name: value` a line."""

import re

MOST = 20
LONGEST_VALUE = 4096
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a token (RFC 9110, section 5.6.2)
VALUE = re.compile(r"[\x20-\x7e\t]*")

# What Ticket Loop says itself, and what concerns the connection alone (RFC 9110, section 7.6.1).
RESERVED = {
    *("accept-encoding", "content-encoding", "content-length", "content-type", "cookie", "date", "expect", "host"),
    *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
}
RESERVED_BEGINNINGS = ("webhook-", "ticketloop-", "proxy-")


def parse(text: str) -> dict[str, str]:
    """The headers of a text; raises ValueError, in words for people, at the first line that names no fit header."""
    headers: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        _check(line, name, colon, value)
        if name.lower() in map(str.lower, headers):
            raise ValueError(f"{name} is there twice.")
        headers[name] = value
    if len(headers) > MOST:
        raise ValueError(f"At most {MOST} headers, not {len(headers)}.")
    return headers


def _check(line: str, name: str, colon: str, value: str) -> None:
    if not colon:
        raise ValueError(f"{line[:100]!r} has no colon: write `Name: value`, one header a line.")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name[:100]!r} is no header name: letters, digits and hyphens, up to 100.")
    if name.lower() in RESERVED or name.lower().startswith(RESERVED_BEGINNINGS):
        raise ValueError(f"{name} is set by Ticket Loop or belongs to the connection; choose another name.")
    if not VALUE.fullmatch(value) or len(value) > LONGEST_VALUE:
        raise ValueError(f"The value of {name} must be up to {LONGEST_VALUE} printable ASCII characters.")
