"""Every example in docs/webhooks.md, the official verifiers and the published vectors agree with what arrives."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import standardwebhooks
import svix.webhooks

from tests.debian import find_program
from tests.processes import ROOT, Worker
from tests.receiver import Arrival, RecordingReceiver
from tests.service import Service
from webhooks.models import Receiver
from webhooks.signing import new_secret

Verify = Callable[[str, dict[str, str], bytes], bool]
PAGE = (ROOT / "docs" / "webhooks.md").read_text()


def example(language: str) -> str:
    """The first example in that language that is about signatures."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(block for block in blocks if "sha256" in block)


def by_python(tmp_path: Path) -> Verify:
    names: dict[str, Verify] = {}
    exec(example("python"), names)  # noqa: S102 -- it is our own documentation
    return names["verify"]


def by_javascript(tmp_path: Path) -> Verify:
    node = find_program("node", "nodejs")
    module = tmp_path / "example.mjs"
    module.write_text(
        example("javascript") + "\nconst [secret, headers, body] = process.argv.slice(2);\n"
        "console.log(verify(secret, JSON.parse(headers), Buffer.from(body)));\n"
    )

    def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
        command = [node, str(module), secret, json.dumps(headers), body.decode()]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout == "true\n"

    return verify


def by_openssl(tmp_path: Path) -> Verify:
    find_program("openssl", "openssl")

    def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
        (tmp_path / "body.json").write_bytes(body)
        names = {"id": "webhook-id", "timestamp": "webhook-timestamp", "signature": "webhook-signature"}
        values = {name: headers[header] for name, header in names.items()}
        run = subprocess.run(
            ["sh", "-euc", example("sh")],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "secret": secret, **values},
            check=True,
            capture_output=True,
            text=True,
        )
        return run.stdout == "verified\n"

    return verify


def by_standardwebhooks(tmp_path: Path) -> Verify:
    def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
        try:
            standardwebhooks.Webhook(secret).verify(body, headers)
        except standardwebhooks.WebhookVerificationError:
            return False
        return True

    return verify


def by_svix(tmp_path: Path) -> Verify:
    def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
        try:
            svix.webhooks.Webhook(secret).verify(body, headers)
        except svix.webhooks.WebhookVerificationError:
            return False
        return True

    return verify


VERIFIERS = [by_python, by_javascript, by_openssl, by_standardwebhooks, by_svix]


@pytest.fixture
def arrivals(service: Service, worker: Worker, receiver: RecordingReceiver) -> list[Arrival]:
    """A ticket in the format `ticket`, and one in the format `standard`."""
    service.open_ticket(issue_description="Ünïcode & <b>")
    receiver.wait_for(1)
    Receiver.objects.update(body_format="standard")
    service.open_ticket(issue_description="Ünïcode & <b>")
    return receiver.wait_for(2)


@pytest.mark.parametrize("make", VERIFIERS)
def test_it_accepts_what_arrives_and_nothing_else(
    make: Callable[[Path], Verify], arrivals: list[Arrival], tmp_path: Path
) -> None:
    verify = make(tmp_path)
    secret = Receiver.objects.get().secret
    for arrival in arrivals:
        assert verify(secret, arrival.headers, arrival.body)
        assert not verify(secret, arrival.headers, arrival.body + b" ")
        assert not verify(new_secret(), arrival.headers, arrival.body)
        assert not verify(secret, {**arrival.headers, "webhook-id": "msg_another"}, arrival.body)
        two = {**arrival.headers, "webhook-signature": f"v1,AAAA {arrival.headers['webhook-signature']}"}
        assert verify(secret, two, arrival.body)


@pytest.mark.parametrize("make", [each for each in VERIFIERS if each is not by_openssl])
def test_it_refuses_what_was_signed_long_ago(
    make: Callable[[Path], Verify], arrivals: list[Arrival], tmp_path: Path
) -> None:
    secret = Receiver.objects.get().secret
    old = {**arrivals[0].headers, "webhook-timestamp": str(int(arrivals[0].headers["webhook-timestamp"]) - 400)}
    assert not make(tmp_path)(secret, old, arrivals[0].body)
