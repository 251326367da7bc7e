"""Staff find tickets by tab, search and filter, in a real browser."""

from playwright.sync_api import Page, expect

from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver

ROWS = "#result_list tr.data-row"
LIST = "/admin/tickets/ticket/"


def shown(page: Page) -> list[int]:
    """The numbers of the tickets in the list, from the top."""
    return [int(text.strip().removeprefix("#")) for text in page.locator(f"{ROWS} .field-number").all_inner_texts()]


def choose(page: Page, tab: str) -> None:
    """Goes to the tab of this name and waits for it."""
    tabs = page.get_by_role("navigation", name="Status")
    with page.expect_navigation():
        tabs.get_by_role("link", name=tab).click()
    expect(tabs.locator("[aria-current]")).to_have_text(tab)


def test_the_way_to_the_tickets_leads_to_the_open_ones_and_tabs_to_the_others(desk: Page, service: Service) -> None:
    resolved, first, second = (service.open_ticket().json()["id"] for _ in range(3))
    service.request("PATCH", f"/api/v1/tickets/{resolved}/resolve")
    desk.goto("/admin/")
    desk.locator("#nav-sidebar-apps").get_by_role("link", name="Tickets").click()
    expect(desk.locator(ROWS)).to_have_count(2)
    for tab, numbers in (("Open", [second, first]), ("Resolved", [resolved]), ("All", [second, first, resolved])):
        choose(desk, tab)
        assert shown(desk) == numbers
        expect(desk).to_have_title(f"{'Tickets' if tab == 'All' else f'{tab} tickets'} | Ticket Loop")


def test_a_tab_keeps_the_search(desk: Page, service: Service) -> None:
    resolved = service.open_ticket(issue_description="The printer smokes.").json()["id"]
    service.request("PATCH", f"/api/v1/tickets/{resolved}/resolve")
    service.open_ticket()
    desk.goto(f"{LIST}?status__exact=open&q=printer")
    assert shown(desk) == []
    choose(desk, "All")
    assert shown(desk) == [resolved]


def test_a_ticket_is_found_by_what_its_contact_typed_and_by_its_number(desk: Page, service: Service) -> None:
    typed = "My <b>printer</b> & the O'Brien-scanner: 100% broken_again\\now"
    ada = service.open_ticket(full_name="Ada O'Hara", email="ada@here.net", issue_description=typed).json()["id"]
    other = service.open_ticket(full_name="Bob", email="bob@there.net", issue_description=f"see {ada}").json()["id"]
    desk.goto(LIST)
    for query, found in {
        "O'Brien": [ada],
        "<b>": [ada],
        "<b>printer</b>": [ada],
        "PRINTER scanner": [ada],
        '"b>printer"': [ada],
        "printer there.net": [],
        "100%": [ada],
        "broken_again\\now": [ada],
        "brokenXagain": [],
        "&": [ada],
        "amp": [],
        "o'hara": [ada],
        "BOB@THERE": [other],
        f"#{ada}": [ada],
        f"{ada}": [other, ada],
        "#999999999": [],
        "#99999999999999999999": [],
        "\x00": [other, ada],
        '"': [],
        "e": [other, ada],
    }.items():
        desk.fill("#searchbar", query)
        with desk.expect_navigation():
            desk.press("#searchbar", "Enter")
        assert shown(desk) == found, query


def test_the_list_is_narrowed_by_day_and_by_contact(desk: Page, service: Service) -> None:
    old, new = service.open_ticket().json(), service.open_ticket(email="bob@example.com").json()
    Ticket.objects.filter(pk=old["id"]).update(created_at="2020-01-31T23:59:59Z")
    service.request("PATCH", f"/api/v1/tickets/{new['id']}/resolve")
    Ticket.objects.filter(pk=new["id"]).update(resolved_at="2020-02-01T00:00:00Z")
    for query, found in {
        "created_at_from=2020-01-31&created_at_to=2020-01-31": [old],
        "created_at_from=2020-02-01": [new],
        "created_at_to=2020-01-30": [],
        "created_at_from=nonsense&created_at_to=9999-12-31": [new, old],
        "resolved_at_from=2020-02-01&resolved_at_to=2020-02-01": [new],
        "resolved_at_to=2020-01-31": [],
        "contact=%20BOB%40Example.com": [new],
        f"contact={old['contact_id']}": [old],
        "contact=nobody%40example.com": [],
        "contact=99999999999999999999": [],
        "contact=%00": [new, old],
        "status__exact=resolved": [new],
        "status__exact=bogus": [new, old],
    }.items():
        desk.goto(f"{LIST}?{query}")
        assert shown(desk) == [ticket["id"] for ticket in found], query


def test_no_query_breaks_the_list(desk: Page, service: Service) -> None:
    service.open_ticket()
    for query in ("p=0", "p=999", "p=x", "o=99", "o=-1.-1", "all=", "unknown=1", "q=%00%01", "contact=%00"):
        assert desk.request.get(f"{LIST}?{query}").status == 200, query


def test_each_row_tells_contact_age_and_how_its_webhooks_are_doing(desk: Page, service: Service) -> None:
    service.open_ticket(issue_description="silent")
    Receiver.objects.create(url="http://127.0.0.1:9/")
    Receiver.objects.create(url="http://127.0.0.1:9/2")
    for word in ("delivered", "dead", "failing", "pending"):
        ticket = service.open_ticket(full_name="Grace", email="grace@example.com", issue_description=word).json()["id"]
        Delivery.objects.filter(event__ticket_id=ticket).update(state="delivered")
        state = word if word in ("delivered", "dead") else "pending"
        second = Delivery.objects.filter(event__ticket_id=ticket, receiver__url__endswith="2")
        second.update(state=state, attempts_made=int(word == "failing"))
    desk.goto(LIST)
    columns = [desk.locator(f"{ROWS} .field-{name}").all_inner_texts() for name in ("text", "webhooks")]
    words = {text.strip(): state.strip().lower() for text, state in zip(*columns, strict=True)}
    assert words == {word: word for word in ("delivered", "dead", "failing", "pending")} | {"silent": "–"}
    row = desk.locator(ROWS).first
    expect(row).to_contain_text("Grace")
    expect(row).to_contain_text("grace@example.com")
    expect(row.locator("time")).to_have_text("just now")
    newest = Ticket.objects.latest("pk")
    expect(row.locator("time")).to_have_attribute("title", f"{newest.created_at:%Y-%m-%d %H:%M:%S} UTC")
    row.get_by_role("link", name="Grace").click()
    expect(desk).to_have_url(f"{service.url}/admin/contacts/contact/{newest.contact_id}/change/")
