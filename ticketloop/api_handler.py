"""Django for requests of the API: the same views and answers, at the price that such a request can afford.

What Django does for every request, so that it suits any site, takes longer than one ticket does. Left out is what the
API has no use for: signals as each request begins, the thread's settings for making URLs, cookies. Done once, and not
for each request, is what is the same for many: finding the view of a path, the headers of the policies.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import ResolverMatch, get_resolver

from ticketloop.browser_policies import BrowserPolicies

GetResponse = Callable[[HttpRequest], HttpResponseBase]

ID = re.compile(r"(?<=/)[0-9]+(?=/|\Z)")
MOST_HOSTS = 100


class ApiHandler(WSGIHandler):
    """Django with API_MIDDLEWARE alone; what sessions and pages need would double the cost of a request."""

    _middleware_chain: GetResponse
    _view_middleware: list[object]
    _exception_middleware: list[object]
    _template_response_middleware: list[object]

    def __init__(self) -> None:
        super().__init__()
        self._policies = {secure: _headers_of_pages(secure) for secure in (False, True)}

    def load_middleware(self, is_async: bool = False) -> None:
        """As Django's."""
        with override_settings(MIDDLEWARE=settings.API_MIDDLEWARE):
            super().load_middleware(is_async)
        if self._view_middleware or self._exception_middleware or self._template_response_middleware:
            raise ImproperlyConfigured(
                "API_MIDDLEWARE: must only surround views; _get_response calls no other methods."
            )

    def __call__(  # type: ignore[override]  # WSGI (PEP 3333) asks for no more than this
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answers a request."""
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()  # else a listener of request_started does it
        request = WSGIRequest(environ)
        response = self._middleware_chain(request)
        # What `response.items()` is made of, which takes some twenty calls for each header.
        headers = [*response.headers._store.values(), *self._policies[request.is_secure()]]
        body: Iterable[bytes] = response
        if isinstance(response, HttpResponse):
            content = response.content
            body = [content]
            if response.status_code != 304 and not response.has_header("Content-Length"):
                headers.append(("Content-Length", str(len(content))))
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        return body

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        """As Django's, for middleware that only surrounds views, and views that see to transactions themselves."""
        view, arguments, named = self.resolve_request(request)
        response = view(request, *arguments, **named)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of a path and what it is called with; found once for all paths that differ in an id only."""
        number = ID.search(request.path_info)
        known = _resolve(ID.sub("0", request.path_info, count=1))
        arguments = {name: number[0] if number and value == "0" else value for name, value in known.kwargs.items()}
        match = ResolverMatch.__new__(ResolverMatch)
        match.__dict__.update(known.__dict__, kwargs=arguments)
        request.resolver_match = match
        return match


@lru_cache(maxsize=100)
def _resolve(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


def refuse_foreign_hosts(get_response: GetResponse) -> GetResponse:
    """Middleware: refuses hosts that are not ours, leads to HTTPS."""
    security = SecurityMiddleware(get_response)
    ours: set[str] = set()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        host = request.META.get("HTTP_HOST")
        if host not in ours:
            request.get_host()  # raises what becomes a 400
            if host and len(ours) < MOST_HOSTS:
                ours.add(host)
        return security.process_request(request) or get_response(request)

    return middleware


def _headers_of_pages(secure: bool) -> list[tuple[str, str]]:
    request, answer = RequestFactory().get("/api/", secure=secure), HttpResponse()
    del answer["Content-Type"]
    for kind in (XFrameOptionsMiddleware, BrowserPolicies, SecurityMiddleware):
        kind(lambda request: answer).process_response(request, answer)
    return list(answer.items())
