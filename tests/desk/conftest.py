"""A real browser at the support desk."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, Page, sync_playwright

from tests.processes import Service

PASSWORD = "correct horse battery staple"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Without one the tests are skipped, but not in CI."""
    executable = shutil.which("chromium")
    if executable is None:
        message = "Chromium is not installed: the support desk is not tested (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    # Django takes Playwright's event loop for an asynchronous context; the tests' own queries are ordinary ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*OPTIONS, *QUIET])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def sign_in(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Signs a new member of staff in who has the given permissions (`app.codename`); returns the home page."""
    contexts = []

    def sign_in(username: str, *permissions: str, is_superuser: bool = False) -> Page:
        values: dict[str, Any] = {"is_staff": True, "is_superuser": is_superuser}
        user = get_user_model().objects.create_user(username, password=PASSWORD, **values)
        for each in permissions:
            app, codename = each.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        contexts.append(browser.new_context(base_url=service.url))
        page = contexts[-1].new_page()
        page.goto("/admin/")
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        return page

    yield sign_in
    for context in contexts:
        context.close()


@pytest.fixture
def desk(sign_in: Callable[..., Page]) -> Page:
    """The support desk's home page, a superuser signed in."""
    return sign_in("ada", is_superuser=True)
