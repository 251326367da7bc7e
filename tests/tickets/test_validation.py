"""Validation errors have DRF's shapes; no body causes a 5xx."""

from typing import Any

import pytest

from tests.processes import Gunicorn
from tests.service import Service
from tickets.models import Ticket

JSON = {"Content-Type": "application/json"}
BAD: list[Any] = ["", " \t\n", 7, None, True, ["x"], {}, "a\0"]
FIELDS = ("full_name", "issue_description", "email")
NO_IDS = ["0", "-1", "1", "abc", "1.5", "%D9%A1", "9223372036854775808", "9" * 4000, "%00", "1%0A"]
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in FIELDS for value in BAD),
        ("full_name", "x" * 256),
        ("issue_description", "😀" * 20_001),
        ("email", "nobody"),
        ("email", "a@b@example.com"),
        ("email", '"quoted part"@example.com'),
        ("email", "x" * 60 + "@" + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + "." + "v" * 15 + ".com"),
    ],
)
def test_a_bad_value_is_400_and_names_the_field(service: Service, field: str, value: Any) -> None:
    response = service.open_ticket(**{field: value})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert isinstance(response.json()[field][0], str)


def test_missing_fields_are_all_named(service: Service) -> None:
    response = service.request("POST", "/api/v1/tickets", json={})
    message = ["This field is required."]
    assert response.json() == {"full_name": message, "email": message, "issue_description": message}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", "x" * 255),
        ("full_name", " " + "<" * 255 + " "),
        ("issue_description", "😀" * 20_000),
        ("email", "x" * 60 + "@" + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".com"),
        ("email", "o'brien+tag@example.com"),
    ],
)
def test_a_value_at_its_limit_is_taken(service: Service, field: str, value: str) -> None:
    assert service.open_ticket(**{field: value}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"7", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b"NaN", b'{"full_name": NaN}'),
        *(b"[" * 100_000, b"9" * 5000, b'{"full_name": "\\ud800"}', b'{"full_name": "\xed\xa0\x80"}', b"\0"),
    ],
)
def test_a_body_that_is_no_json_object_is_400(service: Service, body: bytes) -> None:
    response = service.request("POST", "/api/v1/tickets", data=body, headers=JSON)
    assert response.status_code == 400
    assert set(response.json()) <= {"detail", "non_field_errors", "full_name", "email", "issue_description"}
    assert not Ticket.objects.exists()


def chunks(*parts: bytes) -> Any:
    yield from parts


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_a_mebibyte_is_413(gunicorn: Gunicorn, chunked: bool) -> None:
    body = b" " * (MEBIBYTE + 1)
    response = gunicorn.request("POST", "/api/v1/tickets", data=chunks(body) if chunked else body, headers=JSON)
    assert (response.status_code, list(response.json())) == (413, ["detail"])


def test_a_chunked_body_is_read(gunicorn: Gunicorn) -> None:
    parts = chunks(b'{"full_name": "Ada", "email": "ada@', b'example.com", "issue_description": "x"}')
    assert gunicorn.request("POST", "/api/v1/tickets", data=parts, headers=JSON).status_code == 201


@pytest.mark.parametrize(
    "parameter",
    [
        "charset=utf-8",
        "charset=utf-16",
        "charset=unicode_escape",
        "charset=hex",
        "charset*=foo''%e9",
        "charset*=utf-8''%00",
    ],
)
def test_json_and_urls_are_utf_8_whatever_charset_is_named(service: Service, parameter: str) -> None:
    headers = {"Content-Type": f"application/json; {parameter}"}
    body = '{"full_name": "Zo\u00eb", "email": "zoe@example.com", "issue_description": "caf\u00e9"}'.encode()
    opened = service.request("POST", "/api/v1/tickets", data=body, headers=headers)
    assert (opened.status_code, opened.json()["issue_description"]) == (201, "caf\u00e9")
    found = service.request("GET", "/api/v1/tickets?limit=1&q=caf%C3%A9", headers=headers)
    assert (found.status_code, found.json()) == (200, [opened.json()])
    assert "q=caf%C3%A9" in found.headers["Link"]
    assert service.request("GET", "/api/v1/tickets?limit=1&q=abc%5Cud800x", headers=headers).json() == []
    assert service.request("GET", "/admin/login/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/api/v1/tickets", {"Content-Type": "text/plain"}, 415),
        ("POST", "/api/v1/tickets", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("GET", "/api/v1/tickets", {"Accept": "text/html"}, 406),
        ("DELETE", "/api/v1/tickets", {}, 405),
        ("POST", "/api/v1/tickets/1/resolve", {}, 405),
        ("GET", "/api/v1/nothing", {}, 404),
        ("GET", "/api/", {}, 404),
        ("GET", "/api/v1/tickets", {"Host": "evil.example"}, 400),
    ],
)
def test_other_errors_are_json_with_a_detail(
    service: Service, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = service.request(method, path, data=b"x" if method == "POST" else None, headers=headers)
    assert (response.status_code, list(response.json())) == (status, ["detail"])


@pytest.mark.parametrize("id", NO_IDS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_id_that_leads_nowhere_is_404(service: Service, id: str, slash: str) -> None:
    for method, path, detail in [
        ("GET", f"tickets/{id}", "Ticket not found"),
        ("PATCH", f"tickets/{id}/resolve", "Ticket not found"),
        ("PATCH", f"tickets/{id}/reopen", "Ticket not found"),
        ("GET", f"contacts/{id}", "Contact not found"),
    ]:
        response = service.request(method, f"/api/v1/{path}{slash}")
        assert (response.status_code, response.json()) == (404, {"detail": detail})


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/api/v1/contacts"])
def test_an_unknown_parameter_is_400_naming_it(service: Service, path: str) -> None:
    response = service.request("GET", f"{path}?colour=red")
    assert (response.status_code, list(response.json())) == (400, ["colour"])
