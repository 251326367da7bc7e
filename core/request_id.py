"""The id by which a request is found again: in its answer, in the log, and on the deliveries that it caused."""

import re
import secrets
from contextvars import ContextVar

LONGEST = 128
SANE = re.compile(rf"[A-Za-z0-9._~=+/:-]{{1,{LONGEST}}}")

current: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request under way; empty outside of one."""


def accepted(told: str) -> str:
    """The id that a client or proxy told us, where it is sane, else a new one."""
    return told if SANE.fullmatch(told) else secrets.token_hex(16)
