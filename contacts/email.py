"""Normalised form of email addresses: stored, compared and looked up in no other."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


def normalise_email(text: str) -> str:
    """`text` without surrounding space, in lower case and Unicode NFC.

    Raises ValueError, with a message for people, when it is not a valid address (RFC 5321 and 6531 as the
    `email-validator` package reads them, without a DNS look-up; no quoted local part).
    """
    try:
        valid = validate_email(text.strip(), check_deliverability=False, allow_quoted_local=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    address = normalize("NFC", valid.normalized.lower())
    if len(address) > MAX_LENGTH:
        raise ValueError(f"The email address is too long ({len(address)} characters; at most {MAX_LENGTH}).")
    return address
