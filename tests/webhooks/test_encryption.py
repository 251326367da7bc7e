"""Body formats, custom headers, secrets: rotated, encrypted at rest, and what happens when the key is missing."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from tests.processes import Process, Worker, wait_until
from tests.receiver import RecordingReceiver
from tests.service import Service
from webhooks.models import Attempt, Receiver


def test_the_standard_format_wraps_the_ticket(service: Service, worker: Worker, receiver: RecordingReceiver) -> None:
    Receiver.objects.update(body_format="standard")
    ticket = service.open_ticket(issue_description='"quoted" \\ & <b>').json()
    body = json.loads(receiver.wait_for(1)[0].body)
    assert list(body) == ["type", "timestamp", "data"]
    assert body == {"type": "ticket.created", "timestamp": ticket["created_at"], "data": ticket}


def test_custom_headers_are_sent_and_change_none_of_ours(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    row = Receiver.objects.get()
    row.headers = {"Authorization": "Bearer s3cr3t", "X-Empty": ""}
    row.save()
    service.open_ticket()
    headers = receiver.wait_for(1)[0].headers
    assert (headers["authorization"], headers["x-empty"]) == ("Bearer s3cr3t", "")
    assert headers["content-type"] == "application/json"


def test_while_a_secret_is_rotated_both_sign(service: Service, worker: Worker, receiver: RecordingReceiver) -> None:
    row = Receiver.objects.get()
    old = row.secret
    row.rotate_secret(timedelta(hours=1))
    service.open_ticket()
    during = receiver.wait_for(1)[0]
    for secret in (old, row.secret):
        Webhook(secret).verify(during.body, during.headers)
    assert len(during.headers["webhook-signature"].split()) == 2
    Receiver.objects.update(previous_secret_until=timezone.now())
    service.open_ticket()
    after = receiver.wait_for(2)[1]
    Webhook(row.secret).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, after.headers)


def test_neither_secret_nor_headers_are_readable_in_the_database(receiver: RecordingReceiver) -> None:
    row = Receiver.objects.get()
    row.headers = {"Authorization": "Bearer s3cr3t"}
    row.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(webhook_receivers)::text FROM webhook_receivers")
        stored = cursor.fetchone()[0]
    assert "s3cr3t" not in stored
    assert row.secret not in stored
    assert "whsec_" not in stored


def test_an_attempt_without_the_key_fails_in_words_and_leaves_the_worker_alive(
    service: Service, start_worker: Callable[..., Process], receiver: RecordingReceiver
) -> None:
    worker = start_worker(ENCRYPTION_KEYS=Fernet.generate_key().decode())
    service.open_ticket()
    wait_until(lambda: Attempt.objects.exists(), what="an attempt")
    assert "ENCRYPTION_KEYS" in Attempt.objects.get().error
    assert not receiver.arrivals
    assert worker.process.poll() is None


def test_a_key_is_replaced_in_steps(
    service: Service,
    start_worker: Callable[..., Process],
    start_process: Callable[..., Process],
    receiver: RecordingReceiver,
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    secret = Receiver.objects.get().secret

    def reencrypt(*keys: str) -> Process:
        process = start_process("manage", "reencrypt", ENCRYPTION_KEYS=",".join(keys))
        process.wait_for_end()
        return process

    assert "no key in ENCRYPTION_KEYS decrypts receiver" in reencrypt(new).output()
    Receiver.objects.update(encrypted_secret=MultiFernet([Fernet(old)]).encrypt(secret.encode()).decode())
    assert "1 of 1 receiver re-encrypted" in reencrypt(new, old).output()
    start_worker(ENCRYPTION_KEYS=new)
    service.open_ticket()
    arrival = receiver.wait_for(1)[0]
    Webhook(secret).verify(arrival.body, arrival.headers)
