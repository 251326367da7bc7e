"""Request id: identifies a request in its response, in the log and in the deliveries it caused."""

import re
import secrets
from contextvars import ContextVar

MAX_LENGTH = 128
VALID = re.compile(rf"[A-Za-z0-9._~=+/:-]{{1,{MAX_LENGTH}}}")

current: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the current request; empty outside a request."""


def accept_or_generate(received: str) -> str:
    """The id that a client or proxy has sent if it is valid, else a new one."""
    return received if VALID.fullmatch(received) else secrets.token_hex(16)
