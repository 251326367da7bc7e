"""The number of queries of a page of the support desk does not grow with its data."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from tickets import services
from tickets.admin import change_list
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver

LIST = "/admin/tickets/ticket/"


@pytest.fixture
def client(database: None) -> Client:
    """A signed-in superuser in this process, where queries can be counted."""
    client = Client()
    ada = get_user_model().objects.create_superuser("ada")
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def open_tickets(count: int) -> list[int]:
    Receiver.objects.get_or_create(url="http://127.0.0.1:9/")
    Receiver.objects.get_or_create(url="http://127.0.0.1:9/2")
    opened = [services.open_ticket(f"Ada {n}", f"ada{n % 7}@example.com", f"Broken {n}.") for n in range(count)]
    return [ticket.id for ticket in opened]


def fill(count: int) -> None:
    """Adds tickets in bulk, without events."""
    contact = Contact.objects.create(full_name="Ada", email="ada@example.com")
    statement = "INSERT INTO tickets (contact_id, issue_description) SELECT %s, 'It broke.' FROM generate_series(1, %s)"
    with connection.cursor() as cursor:
        cursor.execute(statement, [contact.pk, count])


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_list_asks_as_much_for_a_full_page_as_for_two_tickets(client: Client) -> None:
    open_tickets(2)
    client.get(LIST)  # content types are asked for once per process
    few = queries(client, LIST)
    open_tickets(60)
    assert queries(client, LIST) == few <= 10
    assert queries(client, f"{LIST}?q=broken&status__exact=open&contact=ada1@example.com") <= few + 2


def test_a_ticket_s_page_asks_as_much_with_fifty_others_as_alone(client: Client) -> None:
    (ticket,) = open_tickets(1)
    page = f"{LIST}{ticket}/change/"
    client.get(page)
    alone = queries(client, page)
    open_tickets(60)
    for _ in range(5):
        services.resolve_tickets([ticket])
        services.reopen_tickets([ticket])
    assert queries(client, page) <= alone + 1 <= 14  # one more: there is a next open ticket now


def test_the_home_page_asks_for_its_figures_once_a_minute(client: Client) -> None:
    open_tickets(20)
    first = queries(client, "/admin/")
    assert first <= 16
    assert queries(client, "/admin/") <= first - 8


def test_resolving_many_takes_as_many_queries_as_resolving_two(client: Client) -> None:
    def resolve(ids: list[int]) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.post(LIST, {"action": "resolve", "_selected_action": ids})
        assert not Ticket.objects.filter(pk__in=ids, status="open").exists()
        return len(captured)

    few = resolve(open_tickets(2))
    assert resolve(open_tickets(40)) <= few


def test_a_long_list_is_neither_counted_nor_paged_to_its_end(client: Client) -> None:
    fill(2_100)
    page = client.get(LIST).content.decode()
    assert "Only the first 2,000 are listed" in page
    assert "p=80" in page
    assert "p=81" not in page
    assert "2,100" not in page


def test_a_search_that_thousands_of_contacts_match_shows_their_newest_tickets(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts (full_name, email) SELECT 'Bob', n || '@x.org' FROM generate_series(1, 5100) AS n"
        )
        cursor.execute("INSERT INTO tickets (contact_id, issue_description) SELECT id, 'It hums.' FROM contacts")
    fill(30)  # whose contact does not match
    page = client.get(LIST, {"q": "bob"}).content.decode()
    assert "Only the first 2,000 are listed" in page
    assert "5100@x.org" in page
    assert "It broke." not in page
    found = client.get(LIST, {"q": "bob 4711@x"}).content.decode()
    assert "1 ticket" in found
    assert "4711@x.org" in found


def test_a_search_that_takes_too_long_looks_through_the_newest_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(30_000)
    monkeypatch.setattr(change_list, "TIME_LIMIT", 0.001)
    answer = client.get(LIST, {"q": '"broke it"'})  # every text has its trigrams, so none is ruled out by the index
    assert answer.status_code == 200
    said = "only the newest 10,000 were searched"
    assert said in answer.content.decode()
    ticket = client.get(f"{LIST}{Ticket.objects.latest('pk').pk}/change/", {"_changelist_filters": "q=%22broke+it%22"})
    assert said not in ticket.content.decode()  # the list has said so


def test_all_of_a_long_list_are_those_that_it_has(client: Client) -> None:
    fill(2_100)
    page = client.get(f"{LIST}?status__exact=open").content.decode()
    assert "Select the first 2,000 tickets" in page
    oldest = Ticket.objects.order_by("pk").values_list("pk", flat=True)[:100]
    rest = list(oldest)
    selected = {"action": "resolve", "_selected_action": "1", "select_across": "1"}
    answer = client.post(f"{LIST}?status__exact=open", selected, follow=True)
    assert "2,000 tickets resolved." in answer.content.decode()
    assert list(Ticket.objects.filter(status="open").order_by("pk").values_list("pk", flat=True)) == rest


def test_all_of_a_short_list_are_its_matches(client: Client) -> None:
    fill(60)
    others = open_tickets(3)
    path = f"{LIST}?q=Ada&contact={Contact.objects.get(full_name='Ada').pk}"
    assert "Select all 60 tickets" in client.get(path).content.decode()
    answer = client.post(path, {"action": "resolve", "_selected_action": "1", "select_across": "1"}, follow=True)
    assert "60 tickets resolved." in answer.content.decode()
    assert sorted(Ticket.objects.filter(status="open").values_list("pk", flat=True)) == others


def test_all_deliveries_of_a_long_list_are_those_that_it_has(client: Client) -> None:
    (ticket,) = open_tickets(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH event AS (INSERT INTO webhook_events (type, payload, ticket_id) "
            "SELECT 'ticket.created', '{}', %s FROM generate_series(1, 2100) RETURNING id) "
            "INSERT INTO webhook_deliveries (event_id, receiver_id, next_attempt_at) "
            "SELECT id, (SELECT min(id) FROM webhook_receivers), now() FROM event",
            [ticket],
        )
    path = "/admin/webhooks/delivery/"
    assert "Select the first 2,000 deliveries" in client.get(path).content.decode()
    selected = {"action": "cancel_selected", "_selected_action": "1", "select_across": "1"}
    assert "2,000 deliveries cancelled." in client.post(path, selected, follow=True).content.decode()
    assert Delivery.objects.filter(state="pending").count() == 102
    assert Delivery.objects.order_by("-pk")[1_999].state == "cancelled"


def test_all_of_a_search_that_takes_too_long_are_the_newest(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(10_100)
    monkeypatch.setattr(change_list, "TIME_LIMIT", 0.001)
    path = f"{LIST}?q=%22broke+it%22&o=1"  # the oldest first
    answer = client.post(path, {"action": "resolve", "_selected_action": "1", "select_across": "1"}, follow=True)
    assert "tickets resolved." in answer.content.decode()
    assert answer.content.decode().count("only the newest 10,000 were searched") == 1
    oldest = Ticket.objects.earliest("pk").pk
    assert not Ticket.objects.filter(status="resolved", pk__lt=oldest + 100).exists()
