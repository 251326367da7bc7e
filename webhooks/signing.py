"""Signatures and headers per the Standard Webhooks specification (version 1, symmetric `v1`)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

SECRET_BYTES = 32


def new_secret() -> str:
    """A new signing secret: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secrets: Sequence[str], message_id: str, moment: datetime, body: str) -> dict[str, str]:
    """webhook-id, webhook-timestamp and webhook-signature for `body`, one signature per secret; `moment` is aware."""
    moment = moment.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, body) for secret in secrets),
    }
