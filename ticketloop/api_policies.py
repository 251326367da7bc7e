"""What Django's middleware does for every page, at the price that a request of the API can afford."""

from collections.abc import Callable
from typing import cast

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory

from ticketloop.browser_policies import BrowserPolicies

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def policies(get_response: GetResponse) -> GetResponse:
    """Middleware: refuses hosts that are not ours, leads to HTTPS, tells browsers what to allow, says how long it is.

    The headers that the middleware of pages adds are the same for all answers of the API: asked for once, not each
    time. So is nothing of it repeated here.
    """
    security = SecurityMiddleware(get_response)
    headers = {secure: _headers_of_pages(secure) for secure in (False, True)}

    def checked(request: HttpRequest) -> HttpResponseBase:
        request.get_host()  # raises what becomes a 400
        return security.process_request(request) or get_response(request)

    answer = cast(GetResponse, convert_exception_to_response(checked))

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        for name, value in headers[request.is_secure()].items():
            response.headers[name] = value
        if isinstance(response, HttpResponse) and response.status_code != 304:
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _headers_of_pages(secure: bool) -> dict[str, str]:
    request, answer = RequestFactory().get("/api/", secure=secure), HttpResponse()
    del answer["Content-Type"]
    for kind in (XFrameOptionsMiddleware, BrowserPolicies, SecurityMiddleware):
        kind(lambda request: answer).process_response(request, answer)
    return dict(answer.headers)
