"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a retried request opens no second ticket.

One statement stores the key and the ticket, so a crash leaves both or neither. Two unique constraints exclude a second
ticket: a client has one request for a key, and a key and body open one ticket for all anonymous clients together, as a
retry may come from another address. With another body, an anonymous client cannot use up another's key.
"""

import json
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import IntegrityError
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import APIException, ValidationError

from access.credentials import KeyOwner
from core.errors import TryAgain
from core.raw_sql import execute, fetch_one
from tickets import services
from tickets.actors import Actor
from tickets.models import IdempotencyKey
from tickets.representation import FROM_TICKETS, TICKET_JSON
from tickets.sql import RECORD_OPENED, SELECT_RENDERED, open_ticket_ctes
from webhooks.models import EventType

RETENTION_HOURS = 48  # clients may rely on 24
VISIBLE_ASCII = re.compile(r"[!-~]{1,255}")

# At most two rows: the client's own request, and the same request of another anonymous client.
STORED = """
namespace = %(namespace)s::text AND key = %(key)s::text
AND (client = %(client)s::text OR fingerprint = %(fingerprint)s::bytea)
"""


def _try_lock(*parts: str) -> str:
    return f"pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', {', '.join(parts)}), 0))"


# An advisory lock for each unique constraint, until the transaction ends: of concurrent requests one gets both, and the
# others do not wait.
OPEN_ONCE = f"""
WITH claim AS MATERIALIZED (
    SELECT WHERE NOT EXISTS (SELECT FROM idempotency_keys WHERE {STORED})
    AND {_try_lock("%(namespace)s::text", "%(key)s::text", "%(client)s::text")}
    AND {_try_lock("%(namespace)s::text", "%(key)s::text", "encode(%(fingerprint)s::bytea, 'hex')")}
),
{open_ticket_ctes("EXISTS (SELECT FROM claim)")},
{RECORD_OPENED},
stored_key AS (
    INSERT INTO idempotency_keys (namespace, client, key, fingerprint, ticket_id)
    SELECT %(namespace)s::text, %(client)s::text, %(key)s::text, %(fingerprint)s::bytea, id FROM ticket
)
{SELECT_RENDERED}
"""
FIND_TICKET = f"""
SELECT fingerprint IS NULL, fingerprint IS NOT DISTINCT FROM %(fingerprint)s::bytea AS same, ticket.id, coalesce(
    (SELECT payload FROM webhook_events WHERE ticket_id = ticket.id AND type = %(event)s ORDER BY id LIMIT 1),
    {TICKET_JSON}
)
{FROM_TICKETS} JOIN idempotency_keys AS stored ON stored.ticket_id = ticket.id AND {STORED}
ORDER BY same DESC LIMIT 1
"""
PRUNE = "DELETE FROM idempotency_keys WHERE created_at < now() - %(hours)s::int * interval '1 hour'"


class KeyBusy(TryAgain):
    """409 Conflict (RFC 9110, section 15.5.10)."""

    status_code = 409
    default_detail = "The first request with this Idempotency-Key is still running. Please try again."
    default_code = "idempotency_key_busy"
    retry_after = 1  # second


class KeyReused(APIException):
    """422 Unprocessable Content (RFC 9110, section 15.5.21)."""

    status_code = 422
    default_detail = "This Idempotency-Key was already used with a different body. Use a new key for each ticket."
    default_code = "idempotency_key_reused"


class TicketErased(APIException):
    """422: the fingerprint is erased, so a retry cannot be told from a different request."""

    status_code = 422
    default_detail = "The ticket opened with this Idempotency-Key was erased. Use a new key for each ticket."
    default_code = "idempotency_key_erased"


class OpenedTicket(NamedTuple):
    """A ticket, and whether an earlier request opened it."""

    ticket: services.RenderedTicket
    replayed: bool


def open_ticket_once(owner: KeyOwner, key: str, request: Mapping[str, str], by: Actor) -> OpenedTicket:
    """Opens a ticket like `services.open_ticket`, or returns what the first request with this key returned.

    The first request is the owner's, or one with the same values by another client of the namespace. Raises
    ValidationError for a malformed key, KeyBusy while the first request is running, KeyReused if its values differed,
    and TicketErased if its ticket has been erased.
    """
    if not VISIBLE_ASCII.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["Must be 1 to 255 visible ASCII characters."]})
    fingerprint = sha256(json.dumps(request, sort_keys=True).encode()).digest()
    values: dict[str, Any] = {
        "namespace": owner.namespace,
        "client": owner.client,
        "key": key,
        "fingerprint": fingerprint,
    }
    # Twice, as a concurrent request may create the contact; the second statement sees it.
    for _ in range(2):
        try:
            opened = services.run(OPEN_ONCE, by, **request, **values)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            opened = []  # the first request committed meanwhile; nothing of this one is stored
        if opened:
            return OpenedTicket(opened[0], replayed=False)
        stored = fetch_one(FIND_TICKET, {**values, "event": EventType.TICKET_CREATED})
        if stored:
            erased, same, ticket, body = stored
            if erased:
                raise TicketErased
            if not same:
                raise KeyReused
            return OpenedTicket(services.RenderedTicket(ticket, body), replayed=True)
    raise KeyBusy


def erase_fingerprints(tickets: Collection[int]) -> None:
    """Erases the fingerprints of the requests that opened these tickets; their keys stay used."""
    IdempotencyKey.objects.filter(ticket__in=tickets).update(fingerprint=None)


def prune() -> int:
    """Deletes keys older than `RETENTION_HOURS`; returns their number."""
    return execute(PRUNE, {"hours": RETENTION_HOURS})
