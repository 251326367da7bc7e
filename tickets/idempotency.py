"""Opens a ticket once, however often the request is sent: the `Idempotency-Key` of the IETF's httpapi draft.

The key is stored by the statement that stores the ticket. Whatever crashes, both are there or neither is.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import IntegrityError
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import APIException, ValidationError

from contacts.models import Contact
from core.raw_sql import execute, fetch_one
from tickets import services
from tickets.actors import Actor
from tickets.models import IdempotencyKey
from tickets.representation import TICKET_JSON, TICKETS
from tickets.sql import OUTCOME, RECORD_OPENING, opening
from webhooks.models import EventType

KEPT_HOURS = 48  # after that a key is forgotten; clients may rely on 24
VISIBLE_ASCII = re.compile(r"[!-~]{1,255}")

# Of simultaneous requests one gets the lock, which lasts as long as its transaction; the others do not wait for it.
OPEN_ONCE = f"""
WITH claim AS MATERIALIZED (
    SELECT WHERE NOT EXISTS (SELECT FROM idempotency_keys WHERE scope = %(scope)s::text AND key = %(key)s::text)
    AND pg_try_advisory_xact_lock(hashtextextended(%(scope)s::text || ' ' || %(key)s::text, 0))
),
{opening("EXISTS (SELECT FROM claim)")},
{RECORD_OPENING},
remembered AS (
    INSERT INTO idempotency_keys (scope, key, fingerprint, ticket_id)
    SELECT %(scope)s::text, %(key)s::text, %(fingerprint)s::bytea, id FROM ticket
)
{OUTCOME}
"""
FIND = f"""
SELECT fingerprint IS NULL, fingerprint = %(fingerprint)s::bytea, ticket.id, coalesce(
    (SELECT payload FROM webhook_events WHERE ticket_id = ticket.id AND type = %(event)s ORDER BY id LIMIT 1),
    {TICKET_JSON}
)
{TICKETS} JOIN idempotency_keys AS known ON known.ticket_id = ticket.id AND scope = %(scope)s AND key = %(key)s
"""
PRUNE = "DELETE FROM idempotency_keys WHERE created_at < now() - %(hours)s::int * interval '1 hour'"


class KeyBusy(APIException):
    """409 Conflict (RFC 9110, section 15.5.10)."""

    status_code = 409
    default_detail = "The first request with this Idempotency-Key is still running. Please try again."
    default_code = "idempotency_key_busy"


class KeyReused(APIException):
    """422 Unprocessable Content (RFC 9110, section 15.5.21)."""

    status_code = 422
    default_detail = "This Idempotency-Key came with another body before. Use a new key for a new ticket."
    default_code = "idempotency_key_reused"


class TicketErased(APIException):
    """422, where it cannot be told any more whether the request is the one that opened the ticket."""

    status_code = 422
    default_detail = (
        "The ticket that this Idempotency-Key opened has been erased since. Use a new key for a new ticket."
    )
    default_code = "idempotency_key_erased"


class Outcome(NamedTuple):
    """The ticket, and whether an earlier request has opened it."""

    ticket: services.RenderedTicket
    replayed: bool


def open_ticket_once(scope: str, key: str, request: Mapping[str, str], by: Actor) -> Outcome:
    """Opens a ticket as `services.open_ticket` does with the values of `request`, or returns what it returned then.

    Keys of different scopes have nothing to do with each other. Raises ValidationError for a malformed key,
    KeyBusy while the first request with it is running, KeyReused when that one asked for something else, and
    TicketErased when what it asked for has been erased.
    """
    if not VISIBLE_ASCII.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["Must be 1 to 255 visible ASCII characters."]})
    fingerprint = sha256(json.dumps(request, sort_keys=True).encode()).digest()
    values: dict[str, Any] = {"scope": scope, "key": key, "fingerprint": fingerprint}
    # Twice, as a contact of that address may appear just then; after that it is there.
    for _ in range(2):
        try:
            opened = services.run(OPEN_ONCE, by, **request, **values)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            opened = []  # the first request was committed while this one looked: nothing of this one was stored
        if opened:
            return Outcome(opened[0], replayed=False)
        known = fetch_one(FIND, {**values, "event": EventType.TICKET_CREATED})
        if known:
            erased, same, ticket, body = known
            if erased:
                raise TicketErased
            if not same:
                raise KeyReused
            return Outcome(services.RenderedTicket(ticket, body), replayed=True)
    raise KeyBusy


def erase_fingerprints(contact: Contact) -> None:
    """Forgets what was asked for when the contact's tickets were opened, but not that their keys are used up."""
    IdempotencyKey.objects.filter(ticket__contact=contact).update(fingerprint=None)


def prune() -> int:
    """Forgets keys that are older than `KEPT_HOURS`; returns how many."""
    return execute(PRUNE, {"hours": KEPT_HOURS})
