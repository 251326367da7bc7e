"""`make screenshots`: the README's screenshots of the support desk, taken on a temporary stack."""

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from bench.stack import Stack, running
from tests.debian import find_program
from tests.processes import ROOT, Gunicorn, wait_until
from tests.receiver import RecordingReceiver, Reply

IMAGES = ROOT / "docs" / "images"
CHROMIUM = ("chromium-headless-shell", "chromium-headless-shell", "chromium")
PASSWORD = "only-for-pictures"  # noqa: S105
PEOPLE = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Hedy Lamarr", "Katherine Johnson", "Edsger Dijkstra"]
TEXTS = [
    "The label printer at the front desk prints blank labels since this morning.",
    "I cannot sign in: the reset link says it has expired, though I opened it at once.",
    "Order 4711 arrived without the charger. Can you send one?",
    "The invoice for October shows the old address.",
    "The app closes when I scan a second parcel.",
    "How do I add a colleague to our account?",
    "Exported reports have <b> in every cell & quotes look like &quot;.",
    "It's the third time that the delivery window was missed.",
    "Two parcels have the same tracking number.",
]
LETTER = """The scanner in hall 3 has stopped pairing with the tablets

It did until the update. We tried:

1. turning both off and on again
2. the steps at https://help.example.com/pairing?model=SC-20
3. another tablet

Please write to hall3@example.com or call me.

Thank you, Grace"""
# Resolved tickets for the screenshots: one every few hours for a month, each resolved within a day or so.
PAST = """
WITH contact AS (
    INSERT INTO contacts (full_name, email, created_at)
    SELECT name, lower(split_part(name, ' ', 1)) || '@example.com', now() - interval '400 days'
    FROM unnest(%(people)s::text[]) AS name
    RETURNING id
)
INSERT INTO tickets (contact_id, issue_description, status, created_at, resolved_at)
SELECT (SELECT id FROM contact ORDER BY (id * n) %% 7, id LIMIT 1), (%(texts)s::text[])[1 + n %% %(count)s],
       'resolved', opened_at, least(now(), opened_at + interval '1 hour' * (1 + n * 37 %% 29))
FROM generate_series(1, 400) AS n
CROSS JOIN LATERAL (SELECT now() - interval '100 minutes' * n * (0.8 + n * 13 %% 7 / 10.0) AS opened_at) AS at
ORDER BY opened_at
"""
# Open tickets arrived one after the other, the last just now.
AGES = """
UPDATE tickets SET created_at = now() - interval '97 minutes' * (last.id - tickets.id) - interval '4 minutes'
FROM (SELECT max(id) AS id FROM tickets) AS last WHERE status = 'open'
"""


def main() -> None:
    """Takes every screenshot in `IMAGES` anew."""
    with running() as stack, sync_playwright() as playwright:
        stack.environment |= {"ADMIN_USERNAME": "ada", "ADMIN_PASSWORD": PASSWORD}
        stack.manage("prepare")
        service = stack.start_service()
        browser = playwright.chromium.launch(executable_path=find_program(*CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(base_url=service.url, viewport=ViewportSize(width=1280, height=800))
        # Skips the home page, which would cache the figures of an empty service for a minute.
        page.goto("/admin/login/?next=/admin/webhooks/receiver/add/")
        page.fill("#id_username", "ada")
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        expect(page.locator("#nav-sidebar-apps")).to_be_visible()
        ticket = fill(stack, service, page)
        for name, path in {
            "home": "/admin/",
            "tickets": "/admin/tickets/ticket/?status__exact=open",
            "ticket": f"/admin/tickets/ticket/{ticket}/change/",
            "receiver": "/admin/webhooks/receiver/1/change/",
        }.items():
            page.goto(path, wait_until="networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")
        browser.close()


def fill(stack: Stack, service: Gunicorn, page: Page) -> int:
    """Opens tickets and waits for their webhooks; returns the id of the ticket with LETTER."""
    database = stack.connect()
    database.execute(PAST, {"people": PEOPLE, "texts": TEXTS, "count": len(TEXTS)})
    receiver = RecordingReceiver()
    receiver.reply = lambda number: Reply(500 if number == 5 else 200)
    page.fill("#id_description", "Warehouse")
    page.fill("#id_url", receiver.url)
    page.get_by_role("button", name="Save", exact=True).click()
    numbers: dict[str, int] = {}
    with stack.worker():
        for number, text in enumerate([*TEXTS, LETTER, *TEXTS[:3]]):
            name = PEOPLE[1] if text == LETTER else PEOPLE[number % len(PEOPLE)]
            email = f"{name.split()[0].lower()}@example.com"
            opened = service.open_ticket(full_name=name, email=email, issue_description=text).json()
            numbers[text] = opened["id"]
        pending = "SELECT 1 FROM webhook_deliveries WHERE state = 'pending' LIMIT 1"
        wait_until(lambda: not database.execute(pending).fetchone(), 60, "all deliveries")
    receiver.close()
    database.execute(AGES)
    database.execute("UPDATE webhook_receivers SET url = 'https://warehouse.example.com/tickets'")
    database.execute("VACUUM ANALYZE")
    return numbers[LETTER]


if __name__ == "__main__":
    main()
