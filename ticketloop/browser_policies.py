"""What browsers are told to allow, by Content Security Policy (Level 3) and Permissions Policy: by default nothing."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Policy = dict[str, list[str]]

NOTHING: Policy = {"default-src": [NONE], "base-uri": [NONE], "form-action": [NONE], "frame-ancestors": [NONE]}
# For whatever is no page, such as an answer of the API that a browser was made to show. Written once: django-csp would
# compose it again for each answer.
NO_PAGE = "; ".join(f"{directive} {' '.join(values)}" for directive, values in NOTHING.items())
# No inline script anywhere. Inline styles: django-unfold writes its colours into the page and its Alpine.js sets
# `style`; Swagger UI and ReDoc make theirs as they go. Without other hosts they give nothing away.
PAGE: Policy = {
    **NOTHING,
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
}
# django-unfold's Alpine.js makes functions of the attributes of its templates.
DESK: Policy = {**PAGE, "script-src": [SELF, UNSAFE_EVAL], "form-action": [SELF]}
REDOC: Policy = {**PAGE, "worker-src": ["blob:"]}  # its search
POLICIES = {"/admin/": DESK, "/docs": PAGE, "/redoc": REDOC}

FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in FEATURES)


class BrowserPolicies(CSPMiddleware):
    """Sends the headers with every answer."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        return PolicyParts(None if report_only else _policy(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["Permissions-Policy"] = PERMISSIONS
        if _policy(request):
            return super().process_response(request, response)
        response.headers["Content-Security-Policy"] = NO_PAGE
        return response


def _policy(request: HttpRequest) -> Policy | None:
    """The policy of a page; None for what is none."""
    path = request.path_info
    return next((policy for prefix, policy in POLICIES.items() if path.startswith(prefix)), None)
