"""The figures of the home page, in a real browser."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from playwright.sync_api import Page, expect

from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Receiver


def test_it_tells_how_things_stand(
    desk: Page, service: Service, start_service: Callable[..., Service], sign_in: Callable[..., Page]
) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/", description="Warehouse", consecutive_failures=7)
    Receiver.objects.create(url="http://127.0.0.1:9/", description="Well", enabled=True)
    for number in range(3):
        oldest = service.open_ticket(issue_description=f"wish {number}").json()["id"]
    service.open_ticket(full_name="Once", email="once@example.com")
    for ticket, hours in zip(Ticket.objects.all()[:2], (2, 10), strict=True):
        service.request("PATCH", f"/api/v1/tickets/{ticket.pk}/resolve")
        Ticket.objects.filter(pk=ticket.pk).update(created_at=F("resolved_at") - timedelta(hours=hours))
    # Figures are kept for a minute: a service that has shown none yet. Browsers send cookies to every port.
    fresh = start_service(WEB_CONCURRENCY="1")
    desk.goto(f"{fresh.url}/admin/")
    expect(desk.locator("#open")).to_have_text("2")
    expect(desk.locator("#median")).to_have_text("6.0 h")
    expect(desk.locator("#p90")).to_have_text("9.2 h")
    expect(desk.get_by_role("img", name="4 opened and 2 resolved in 30 days")).to_be_visible()
    expect(desk.locator("#oldest li").first).to_contain_text(f"#{oldest} wish 2")
    expect(desk.locator("#repeat li")).to_have_count(1)
    expect(desk.locator("#repeat")).to_contain_text("3 tickets")
    expect(desk.locator("#backlog")).to_contain_text("12 waiting")
    expect(desk.locator("#unhealthy li")).to_have_count(1)
    expect(desk.locator("#unhealthy")).to_contain_text("Warehouse")
    desk.locator("#open a").click()
    expect(desk.locator("#result_list tr.data-row")).to_have_count(2)

    agent = sign_in("agent", "tickets.view_ticket")
    agent.goto(f"{fresh.url}/admin/")
    expect(agent.locator("#open")).to_have_text("2")
    assert "Warehouse" not in agent.content()
    expect(agent.locator("#repeat a[href*=contacts]")).to_have_count(0)
    nobody = sign_in("nobody")
    nobody.goto(f"{fresh.url}/admin/")
    expect(nobody.locator("#open")).to_have_count(0)
    assert "wish" not in nobody.content()
    assert nobody.locator("#nav-sidebar-apps a").count() == 1
