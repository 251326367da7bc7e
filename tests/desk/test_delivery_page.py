"""A delivery's page names the request that caused it, as the log does."""

from playwright.sync_api import Page, expect

from tests.service import Service
from webhooks.models import Delivery, Receiver


def test_the_page_of_a_delivery_shows_the_id_of_its_request(desk: Page, service: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    service.request("POST", "/api/v1/tickets", json=ticket, headers={"X-Request-ID": "order-4711"})
    desk.goto(f"/admin/webhooks/delivery/{Delivery.objects.get().pk}/change/")
    expect(desk.locator("#content")).to_contain_text("order-4711")
