"""Clients generated from the OpenAPI document, in Python and TypeScript, work with the running service."""

import hashlib
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from requests.utils import parse_header_links

from tests.debian import find_program
from tests.processes import ROOT
from tests.service import Service

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
PYTHON_PACKAGE = "ticket_loop_client"


def run(*command: str, cwd: Path = ROOT) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def document_file(guarded: Service, tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_text(guarded.request("GET", "/openapi.json").text)
    return file


@pytest.fixture
def python_client(document_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generated package, on the import path for this test."""
    options = tmp_path / "options.json"
    options.write_text(json.dumps({"package_name_override": PYTHON_PACKAGE, "post_hooks": []}))
    generator = str(Path(sys.executable).with_name("openapi-python-client"))
    made = tmp_path / PYTHON_PACKAGE
    said = run(
        *(generator, "generate", "--path", str(document_file), "--config", str(options)),
        *("--meta", "none", "--output-path", str(made), "--fail-on-warning"),
    )
    assert "Error" not in said
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module(PYTHON_PACKAGE)


def pages(operation: Any, client: Any, **query: Any) -> Iterator[list[Any]]:
    """The pages of a list, from link to link."""
    following: str | None = ""
    while following is not None:
        cursor = parse_qs(urlsplit(following).query)["cursor"][0] if following else None
        page = operation.sync_detailed(client=client, cursor=cursor, **query)
        yield page.parsed
        links = {each["rel"]: each["url"] for each in parse_header_links(page.headers["Link"])}
        following = links.get("next")


def test_the_python_client_opens_finds_resolves_and_reopens(guarded: Service, api_key: str, python_client: Any) -> None:
    def operation(tag: str, name: str) -> Any:
        return importlib.import_module(f"{PYTHON_PACKAGE}.api.{tag}.{name}")

    models = importlib.import_module(f"{PYTHON_PACKAGE}.models")
    with python_client.AuthenticatedClient(base_url=guarded.url, token=api_key, prefix="Api-Key") as client:
        request = models.OpenTicketRequest("Ada Lovelace", "ada@example.com", "My <b>printer</b> is on fire")
        opened = operation("tickets", "open_ticket").sync_detailed(client=client, body=request)
        assert opened.status_code == HTTPStatus.CREATED
        ticket = opened.parsed
        assert (ticket.issue_description, ticket.status) == ("My &lt;b&gt;printer&lt;/b&gt; is on fire", "open")
        assert ticket.created_at.tzinfo
        assert operation("tickets", "list_tickets").sync(client=client) == [ticket]
        assert operation("tickets", "get_ticket").sync(ticket.id, client=client) == ticket
        assert operation("contacts", "get_contact").sync(ticket.contact_id, client=client) == ticket.contact
        resolved = operation("tickets", "resolve_ticket").sync(ticket.id, client=client)
        assert (resolved.status, resolved.resolved_at > ticket.created_at) == ("resolved", True)
        assert operation("tickets", "reopen_ticket").sync(ticket.id, client=client) == ticket
        for _ in range(4):
            operation("tickets", "open_ticket").sync(client=client, body=request)
        newest_first = models.ListTicketsOrdering.ID_DESCENDING
        found = list(pages(operation("tickets", "list_tickets"), client, limit=2, ordering=newest_first))
        assert [len(page) for page in found] == [2, 2, 1]
        assert [*chain(*found)][::-1] == operation("tickets", "list_tickets").sync(client=client)
        missing = operation("tickets", "get_ticket").sync(4711, client=client)
        assert isinstance(missing, models.Error)
        assert missing.detail == "Ticket not found"
        request.email = "nobody"
        refused = operation("tickets", "open_ticket").sync(client=client, body=request)
        assert isinstance(refused, models.FieldErrors)
        assert "@-sign" in refused["email"][0]


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The packages of package-lock.json, installed once for each version of it."""
    npm = find_program("npm", "npm")
    place = Path(sys.prefix) / "clients" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    if not (place / "installed").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for file in (LOCK, HERE / "package.json"):
            shutil.copy(file, place)
        run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=place)
        (place / "installed").touch()
    return place / "node_modules"


def test_the_typescript_client_opens_finds_resolves_and_reopens(
    guarded: Service, api_key: str, document_file: Path, node_modules: Path, tmp_path: Path
) -> None:
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(node_modules)
    programs = node_modules / ".bin"
    run(str(programs / "openapi-typescript"), str(document_file), "--output", "schema.d.ts", cwd=tmp_path)
    run(str(programs / "tsc"), "--project", ".", cwd=tmp_path)
    assert run("node", "made/client.js", guarded.url, api_key, cwd=tmp_path) == "the TypeScript client works\n"
