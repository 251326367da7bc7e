"""A real browser, signed in to the support desk."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.debian import find_program
from tests.desk import pages
from tests.processes import Gunicorn
from tests.service import WAIT_LIMIT, Service
from tests.staff import Staff

PASSWORD = "correct horse battery staple"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; its headless shell, where that is installed, shows pages in two thirds of the time."""
    executable = find_program("chromium-headless-shell", "chromium-headless-shell", "chromium")
    # Django takes Playwright's event loop for an asynchronous context; the tests' own queries are ordinary ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=WAIT_LIMIT * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*OPTIONS, *QUIET])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def service(gunicorn: Gunicorn) -> Service:
    """Browsers need a server."""
    return gunicorn


@pytest.fixture
def ada(service: Service) -> Staff:
    """A signed-in superuser without a browser."""
    return Staff(service, "ada", is_superuser=True)


@pytest.fixture(scope="session")
def shared_context(browser: Browser, running_gunicorn: Gunicorn) -> Iterator[BrowserContext]:
    """The browser context of most tests: one per test would load every script and style anew."""
    context = browser.new_context(base_url=running_gunicorn.url)
    yield context
    context.close()


@pytest.fixture
def context(shared_context: BrowserContext, service: Service) -> Iterator[BrowserContext]:
    """The shared context without pages, cookies and storage of earlier tests."""
    yield shared_context
    shared_context.clear_cookies()
    for page in shared_context.pages:
        storage = {"origin": service.url, "storageTypes": "local_storage"}
        shared_context.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)
        page.close()


@pytest.fixture
def sign_in(browser: Browser, context: BrowserContext, service: Service) -> Iterator[Callable[..., Page]]:
    """Signs in a new member of staff with these permissions (`app.codename`); returns an empty page."""
    further: list[BrowserContext] = []

    def sign_in(username: str, *permissions: str, is_superuser: bool = False) -> Page:
        own = context
        if context.pages:  # another user is signed in
            own = browser.new_context(base_url=service.url)
            further.append(own)
        pages.sign_in(own, service, username, is_superuser=is_superuser)
        user = get_user_model().objects.get(username=username)
        for each in permissions:
            app, codename = each.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return own.new_page()

    yield sign_in
    for each in further:
        each.close()


@pytest.fixture
def desk(sign_in: Callable[..., Page]) -> Page:
    """A page of a signed-in superuser."""
    return sign_in("ada", is_superuser=True)
