"""Examples in the OpenAPI document, and webhooks as sent, are valid against their schemas."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError

from tests.openapi.trials import OPERATIONS
from tests.processes import Process
from tests.receiver import RecordingReceiver
from tests.service import Service
from webhooks.models import EventType, Receiver

Document = dict[str, Any]
WEBHOOKS = {"ticketCreated", "ticketResolved", "ticketReopened"}


def assert_valid(document: Document, schema: Document, value: Any) -> None:
    """References are to the whole document, hence its components beside the schema."""
    whole = {"components": document["components"], **schema}
    Draft202012Validator(whole, validate_formats=True).validate(value)


def operations(document: Document) -> Iterator[Document]:
    for item in [*document["paths"].values(), *document["webhooks"].values()]:
        yield from item.values()


def described(node: Any) -> Iterator[Document]:
    """Everything beneath that has a schema: bodies, parameters, headers."""
    if isinstance(node, dict):
        if "schema" in node:
            yield node
        for value in node.values():
            yield from described(value)
    elif isinstance(node, list):
        for value in node:
            yield from described(value)


def test_operations_have_the_names_that_clients_are_generated_with(document: Document) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert sorted(ids) == sorted(OPERATIONS | WEBHOOKS)


def test_every_body_has_an_example_and_every_example_is_valid(document: Document) -> None:
    for operation in operations(document):
        for each in described(operation):
            examples = [example["value"] for example in each.get("examples", {}).values()]
            examples += [each["example"]] if "example" in each else []
            assert examples or "in" in each or "content" not in str(each), (operation["operationId"], each)
            for example in examples:
                assert_valid(document, each["schema"], example)


def test_a_wrong_example_would_be_found(document: Document) -> None:
    ticket = document["paths"]["/api/v1/tickets"]["post"]["responses"]["201"]["content"]["application/json"]
    for key, wrong in (("id", "17"), ("status", "closed"), ("created_at", "yesterday"), ("contact", {})):
        example = {**ticket["examples"]["AnOpenTicket"]["value"], key: wrong}
        with pytest.raises(ValidationError):
            assert_valid(document, ticket["schema"], example)


def test_what_receivers_are_sent_is_what_the_document_says(
    service: Service, document: Document, start_worker: Callable[..., Process], receiver: RecordingReceiver
) -> None:
    Receiver.objects.update(events=EventType.values)
    Receiver.objects.create(url=receiver.url, events=EventType.values, timeout=2, body_format="standard")
    start_worker()
    path = service.open_ticket().headers["Location"]
    service.request("PATCH", f"{path}/resolve")
    service.request("PATCH", f"{path}/reopen")
    seen = set()
    for arrival in receiver.wait_for(6):
        event = arrival.headers["ticketloop-event"]
        webhook = document["webhooks"][event]["post"]
        body = json.loads(arrival.body)
        seen.add((event, "data" in body))
        assert_valid(document, webhook["requestBody"]["content"]["application/json"]["schema"], body)
        assert {parameter["name"].lower() for parameter in webhook["parameters"]} <= set(arrival.headers)
    assert seen == {(event, wrapped) for event in EventType.values for wrapped in (False, True)}
