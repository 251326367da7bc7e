"""A ticket's page: text, contact, timeline and the link to the next ticket."""

import re
from collections.abc import Callable

from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from desk.linkify import linkify
from tests.desk.pages import press
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Delivery, Event, Receiver


def page_of(number: int) -> str:
    return f"/admin/tickets/ticket/{number}/change/"


def test_lines_are_kept_and_addresses_are_links_that_give_nothing_away(desk: Page, service: Service) -> None:
    typed = (
        "See https://shop.example/a?b=1&c=<2>, or\n  http://x.example.\nMail me@here.example; no javascript:alert(1)"
    )
    number = service.open_ticket(issue_description=typed).json()["id"]
    desk.goto(page_of(number))
    text = desk.locator("#text")
    assert text.inner_text() == typed
    targets = [link.get_attribute("href") for link in text.get_by_role("link").all()]
    assert targets == ["https://shop.example/a?b=1&c=", "http://x.example", "mailto:me@here.example"]
    for link in text.get_by_role("link").all():
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


PIECES = ["<", ">", "&", "&amp;", "&lt;script&gt;", '"', "'", "http://", "https://", "javascript:", "mailto:", "www."]
PIECES += ["a.com", "@", "(", ")", ".", ",", "\n", " ", "[", "]", "//", "data:", "é"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join))
def test_whatever_was_typed_is_shown_character_for_character(text: str) -> None:
    html = linkify(text)
    tags = re.findall(r"<[^>]*>", html)
    assert re.sub(r"<[^>]*>", "", html) == escape(text)
    for tag in tags:
        assert re.fullmatch(
            r'</a>|<a href="(https?://|mailto:)[^"<>]*" rel="noopener noreferrer nofollow" target="_blank">', tag
        ), tag


def test_the_contact_is_shown_with_their_other_tickets(desk: Page, service: Service) -> None:
    first = service.open_ticket(issue_description="first <wish>").json()["id"]
    service.open_ticket(email="somebody@else.example", issue_description="not theirs")
    for number in range(11):
        last = service.open_ticket(issue_description=f"wish {number}").json()["id"]
    desk.goto(page_of(first))
    card = desk.get_by_role("complementary", name="Contact")
    expect(card).to_contain_text("Ada Lovelace")
    expect(card.get_by_role("link", name="ada@example.com")).to_have_attribute("href", "mailto:ada@example.com")
    expect(card.locator("#others li")).to_have_count(10)
    expect(card.locator("#others")).not_to_contain_text("first")
    expect(card).not_to_contain_text("not theirs")
    card.get_by_role("link", name="All their tickets").click()
    expect(desk.locator("#result_list tr.data-row")).to_have_count(12)
    desk.goto(page_of(last))
    expect(desk.locator("#others")).to_contain_text("wish 1")


def test_the_timeline_tells_who_resolved_it_and_whom_the_webhooks_told(desk: Page, service: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/", description="Warehouse", events=["ticket.reopened"])
    number = service.open_ticket().json()["id"]
    service.request("PATCH", f"/api/v1/tickets/{number}/resolve")
    desk.goto(page_of(number))
    entries = desk.locator("#timeline > li")
    expect(entries.nth(1)).to_contain_text("Resolved by a client of the API")
    press(desk, "Reopen")
    Delivery.objects.update(state="dead", attempts_made=10)
    press(desk, "Resolve")
    expect(entries).to_have_count(4)
    titles = entries.locator("strong").all_inner_texts()
    assert titles == ["Opened", "Resolved", "Reopened", "Resolved"]
    expect(entries.nth(2)).to_contain_text("Webhook to Warehouse")
    expect(entries.nth(2).locator(".desk-badge")).to_have_text("dead")
    expect(entries.nth(3)).to_contain_text("by ada")
    assert Ticket.objects.get().resolved_by is not None


def test_the_timeline_outlives_its_events(desk: Page, service: Service) -> None:
    number = service.open_ticket().json()["id"]
    desk.goto(page_of(number))
    press(desk, "Resolve")
    expect(desk.locator("#timeline > li")).to_have_count(2)
    Event.objects.all().delete()
    desk.reload()
    assert desk.locator("#timeline strong").all_inner_texts() == ["Opened", "Resolved"]
    expect(desk.locator("#timeline")).to_contain_text("by ada")


def test_keys_lead_down_and_up_the_open_tickets(desk: Page, service: Service) -> None:
    first, resolved, last = (service.open_ticket().json()["id"] for _ in range(3))
    service.request("PATCH", f"/api/v1/tickets/{resolved}/resolve")
    desk.goto(page_of(last))
    expect(desk.get_by_role("link", name="Previous")).to_have_count(0)
    desk.keyboard.press("j")
    desk.wait_for_url(f"**{page_of(first)}**")
    expect(desk.get_by_role("link", name="Next")).to_have_count(0)
    desk.keyboard.press("k")
    desk.wait_for_url(f"**{page_of(last)}**")
    desk.get_by_role("link", name="Next").click()
    desk.wait_for_url(f"**{page_of(first)}**")


def test_what_a_role_may_not_see_is_not_on_the_page(sign_in: Callable[..., Page], service: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/", description="Warehouse")
    number = service.open_ticket().json()["id"]
    page = sign_in("looker", "tickets.view_ticket")
    page.goto(page_of(number))
    expect(page.locator("#text")).to_have_text("It is broken.")
    assert "Warehouse" not in page.content()
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)
    expect(page.get_by_role("link", name="Ada Lovelace")).to_have_count(0)
    page.goto("/admin/tickets/ticket/")
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)
    expect(page.locator(".field-webhooks")).to_have_count(0)
