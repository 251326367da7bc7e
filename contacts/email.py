"""The one form in which an e-mail address is stored, compared and looked up."""

import re
from functools import lru_cache
from unicodedata import normalize

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

MAX_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


# Local parts that need no second look. Everything else is left to the library.
PLAIN = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*", re.ASCII | re.IGNORECASE)
LOCAL_MAX_LENGTH = 64  # RFC 5321, section 4.5.3.1.1


def normalise_email(text: str) -> str:
    """`text` without surrounding space, in lower case and Unicode NFC.

    Raises ValueError, with a sentence for people, when it is not a valid address (RFC 5321 and 6531 as the
    `email-validator` package reads them, without a DNS look-up; no quoted local part).
    """
    text = text.strip()
    local, _, domain = text.rpartition("@")
    # A domain that is, or stands for, other letters than ASCII's is longer than it looks.
    same_length = text.isascii() and "xn--" not in domain.lower()
    if same_length and len(text) <= MAX_LENGTH and len(local) <= LOCAL_MAX_LENGTH and PLAIN.fullmatch(local):
        valid = f"{local}@{_valid_domain(domain)}"
    else:
        valid = _validate(text).normalized
    address = normalize("NFC", valid.lower())
    if len(address) > MAX_LENGTH:
        raise ValueError(f"The email address is too long ({len(address)} characters; at most {MAX_LENGTH}).")
    return address


@lru_cache(maxsize=1000)
def _valid_domain(domain: str) -> str:
    """The domain, normalised. Most people share a few, and the library takes longer over one than a ticket does."""
    return _validate(f"a@{domain}").domain


def _validate(address: str) -> ValidatedEmail:
    try:
        return validate_email(address, check_deliverability=False, allow_quoted_local=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
