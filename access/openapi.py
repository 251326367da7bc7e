"""What the OpenAPI document says about who may ask and how often."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from access.permissions import anonymous_may, requirement

REQUEST_ID = {"schema": {"type": "string"}, "description": "By which the request is found in the log."}
CHALLENGE = {
    "schema": {"type": "string"},
    "description": "How to authenticate.",
    "example": 'Api-Key realm="Ticket Loop"',
}
LIMITS = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The limit that applies, if one does: so many requests (`q`) in so many seconds (`w`).",
        "example": '"key";q=600;w=60',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "How many requests are left of it (`r`), and in how many seconds (`t`) more come back.",
        "example": '"key";r=598;t=52',
    },
}
RETRY_AFTER = {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait.", "example": 1}
TOO_MANY = {
    "description": "The key or address has asked too often.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Error"},
            "examples": {"Error": {"value": {"detail": "Request was throttled. Expected available in 1 second."}}},
        }
    },
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Programs with a key; found by drf-spectacular through its target class."""

    target_class = "access.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key ` and the key, such as `Api-Key tl_…`. Keys are made in the admin.",
        }


class StaffSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Staff signed in to the admin; found by drf-spectacular through its target class."""

    target_class = "access.authentication.StaffSessionAuthentication"


class AccessSchema(AutoSchema):
    """Names the scope that each operation asks of a key."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Either way of authentication is enough; none at all where API_ACCESS opens the operation."""
        required = requirement(self.view)
        if required is None:
            return []
        anonymous: list[dict[str, list[str]]] = [{}] if anonymous_may(required) else []
        found: list[dict[str, list[str]]] = super().get_auth()
        ways = [{name: [str(required.scope)] if name == "ApiKey" else [] for name in way} for way in found if way]
        return [*ways, *anonymous]


def describe_answers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Adds what every operation of the API can answer: 429, the challenge of a 401, and the headers of all answers."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            if path.startswith("/api/"):
                responses["429"] = {**TOO_MANY, "headers": {"Retry-After": RETRY_AFTER}}
                responses.get("401", {}).setdefault("headers", {})["WWW-Authenticate"] = CHALLENGE
            for response in responses.values():
                headers = response.setdefault("headers", {})
                headers["X-Request-ID"] = REQUEST_ID
                if path.startswith("/api/"):
                    headers.update(LIMITS)
            operation["responses"] = dict(sorted(responses.items()))
    return result
