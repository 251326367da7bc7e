"""Content Security Policy (Level 3) and Permissions Policy of each response: by default, nothing is allowed."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Policy = dict[str, list[str]]

NOTHING: Policy = {"default-src": [NONE], "base-uri": [NONE], "form-action": [NONE], "frame-ancestors": [NONE]}
# For responses that are not pages, such as those of the API. Composed once: django-csp would do so each time.
NOT_A_PAGE = "; ".join(f"{directive} {' '.join(values)}" for directive, values in NOTHING.items())
# No inline scripts. Inline styles are needed by django-unfold (colours in the page, Alpine.js sets `style`), Swagger UI
# and ReDoc. As no other host is allowed, they cannot leak data.
PAGE: Policy = {
    **NOTHING,
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
}
# django-unfold's Alpine.js evaluates attributes of its templates as code.
DESK: Policy = {**PAGE, "script-src": [SELF, UNSAFE_EVAL], "form-action": [SELF]}
# An error page at any path looks like the desk; it submits and fetches nothing.
ERROR_PAGE: Policy = {**DESK, "form-action": [NONE], "connect-src": [NONE]}
REDOC: Policy = {**PAGE, "worker-src": ["blob:"]}  # for its search
POLICIES = {"/admin/": DESK, "/docs": PAGE, "/redoc": REDOC}

FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in FEATURES)


class BrowserPoliciesMiddleware(CSPMiddleware):
    """Adds the headers to every response."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        return PolicyParts(None if report_only else _policy(request, response))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["Permissions-Policy"] = PERMISSIONS
        if _policy(request, response):
            return super().process_response(request, response)
        response.headers["Content-Security-Policy"] = NOT_A_PAGE
        return response


def _policy(request: HttpRequest, response: HttpResponseBase) -> Policy | None:
    """The policy of a page, error pages at any path included; None for any other response."""
    path = request.path_info
    is_error_page = response.status_code >= 400 and response.headers.get("Content-Type", "").startswith("text/html")
    policies = (policy for prefix, policy in POLICIES.items() if path.startswith(prefix))
    return next(policies, ERROR_PAGE if is_error_page else None)
