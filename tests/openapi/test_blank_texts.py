"""Blank texts are refused, the same ones that the OpenAPI document excludes."""

import sys
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from tests.service import Service

BLANK = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()]


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_white_space_alone_is_refused_by_both(service: Service, document: dict[str, Any], text: str) -> None:
    body = {"full_name": "Ada", "email": "ada@example.com", "issue_description": text}
    assert not Draft202012Validator(document["components"]["schemas"]["OpenTicketRequest"]).is_valid(body)
    assert service.open_ticket(**body).json() == {"issue_description": ["This field may not be blank."]}


@pytest.mark.parametrize("text", ["x", "\x1e0", "\u200b", "\x07"], ids=ascii)
def test_anything_else_is_taken_by_both(service: Service, document: dict[str, Any], text: str) -> None:
    body = {"full_name": "Ada", "email": "ada@example.com", "issue_description": text}
    assert Draft202012Validator(document["components"]["schemas"]["OpenTicketRequest"]).is_valid(body)
    assert service.open_ticket(**body).status_code == 201
