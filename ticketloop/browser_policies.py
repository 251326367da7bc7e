"""What browsers are told to allow, by Content Security Policy (Level 3) and Permissions Policy: by default nothing."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Policy = dict[str, list[str]]

# For whatever is no page, such as an answer of the API that a browser was made to show.
NOTHING: Policy = {"default-src": [NONE], "base-uri": [NONE], "form-action": [NONE], "frame-ancestors": [NONE]}
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
        if report_only:
            return PolicyParts()
        path = request.path_info
        return PolicyParts(next((policy for prefix, policy in POLICIES.items() if path.startswith(prefix)), NOTHING))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response["Permissions-Policy"] = PERMISSIONS
        return super().process_response(request, response)
