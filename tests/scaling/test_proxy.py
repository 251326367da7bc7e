"""Two APIs behind nginx, configured as in `proxy/`, are one service; one goes on while the other is replaced."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from access import keys
from access.scopes import Scope
from tests.debian import find_program
from tests.nginx import Nginx
from tests.processes import Gunicorn, wait_until
from tickets.models import Ticket

Start = Callable[..., Gunicorn]


@pytest.fixture(scope="module")
def apis(start_service: Start) -> list[Gunicorn]:
    environment = {"WEB_CONCURRENCY": "1", "TRUSTED_PROXY_COUNT": "1", "THROTTLE_ADDRESS": "5/day"}
    return [start_service(**environment) for _ in range(2)]


@pytest.fixture(scope="module")
def proxy(apis: list[Gunicorn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    addresses = [api.url.removeprefix("http://") for api in apis]
    nginx = find_program("nginx", package="nginx-light")
    with Nginx(nginx, tmp_path_factory.mktemp("proxy") / "nginx", addresses) as proxy:
        yield proxy


def ask(proxy: Nginx, address: str, method: str, path: str, body: str = "", **headers: str) -> requests.Response:
    """The answer to a client at this address of the loopback network."""
    client = requests.Session()
    client.mount("http://", FromAddress(address))
    headers = {"Content-Type": "application/json", **headers}
    return client.request(method, proxy.url + path, data=body, headers=headers, timeout=30)


class FromAddress(HTTPAdapter):
    """Connects from an address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **options)


def ticket(number: int) -> str:
    return json.dumps(
        {"full_name": "Ada Lovelace", "email": f"ada{number}@example.com", "issue_description": "It is broken."}
    )


def test_a_client_is_known_by_its_own_address_and_cannot_choose_another(proxy: Nginx, database: None) -> None:
    claims = itertools.count(1)

    def refused() -> bool:
        claim = {"X-Forwarded-For": f"198.51.100.{next(claims)}"}
        return ask(proxy, "127.0.0.77", "GET", "/api/v1/contacts", **claim).status_code == 429

    wait_until(refused, what="a refusal")
    assert next(claims) > 5
    assert ask(proxy, "127.0.0.78", "GET", "/api/v1/contacts").status_code == 200


def test_links_lead_back_through_the_proxy(proxy: Nginx, database: None) -> None:
    page = ask(proxy, "127.0.0.79", "GET", "/api/v1/tickets?limit=1")
    assert page.links["first"]["url"] == f"{proxy.url}/api/v1/tickets?limit=1"


@pytest.mark.parametrize("mebibytes", [1, 2])
def test_a_body_beyond_the_limit_is_refused_as_json(proxy: Nginx, database: None, mebibytes: int) -> None:
    answer = ask(proxy, "127.0.0.80", "POST", "/api/v1/tickets", " " * (mebibytes * 1024 * 1024 + 1))
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])


def test_while_an_api_is_stopped_no_ticket_is_lost(proxy: Nginx, apis: list[Gunicorn], database: None) -> None:
    _, text = keys.create("busy", [Scope.CREATE])
    answers: list[tuple[int, str | None]] = []
    over = threading.Event()

    def post(client: int) -> None:
        while not over.is_set():
            answer = ask(
                proxy, "127.0.0.81", "POST", "/api/v1/tickets", ticket(client), Authorization=f"Api-Key {text}"
            )
            answers.append((answer.status_code, answer.headers.get("Retry-After")))

    clients = [threading.Thread(target=post, args=(each,)) for each in range(8)]
    for client in clients:
        client.start()
    wait_until(lambda: len(answers) > 20, what="twenty tickets")
    apis[0].stop()
    before = len(answers)
    wait_until(lambda: len(answers) > before + 20, what="twenty more")
    over.set()
    for client in clients:
        client.join()
    # A process that ends accepts none of the connections that still come: their clients are told to try again.
    assert set(answers) <= {(201, None), (503, "5")}
    assert Ticket.objects.count() == answers.count((201, None))
    assert answers[-1] == (201, None)


def test_without_any_api_the_answer_is_503_as_json(proxy: Nginx, apis: list[Gunicorn]) -> None:
    for api in apis:
        api.kill()
    answer = ask(proxy, "127.0.0.82", "GET", "/api/v1/tickets")
    assert (answer.status_code, list(answer.json())) == (503, ["detail"])
    assert answer.headers["Retry-After"] == "5"
