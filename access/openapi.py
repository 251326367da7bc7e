"""OpenAPI: authentication schemes, scopes, rate limits and request ids."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from access.permissions import anonymous_is_allowed, requirement

REQUEST_ID = {"schema": {"type": "string"}, "description": "Identifies this request in the log."}
CHALLENGE = {
    "schema": {"type": "string"},
    "description": "Authentication scheme to use.",
    "example": 'Api-Key realm="Ticket Loop"',
}
LIMITS = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The limit, if one applies: `q` requests per `w` seconds.",
        "example": '"key";q=600;w=60',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "`r` requests are left; quota is restored in `t` seconds.",
        "example": '"key";r=598;t=52',
    },
}
RETRY_AFTER = {
    "schema": {"type": "integer", "minimum": 0},
    "description": "Seconds to wait before a retry.",
    "example": 1,
}
TOO_MANY_REQUESTS = {
    "description": "Rate limit of the key or address exceeded.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Error"},
            "examples": {"Error": {"value": {"detail": "Request was throttled. Expected available in 1 second."}}},
        }
    },
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Scheme of API keys; drf-spectacular finds it by its target class."""

    target_class = "access.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key ` and the key, for example `Api-Key tl_…`. Create keys in the admin.",
        }


class StaffSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Scheme of the admin's session; drf-spectacular finds it by its target class."""

    target_class = "access.authentication.StaffSessionAuthentication"


class AccessSchema(AutoSchema):
    """Adds the required scope of an API key to each operation."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The alternative security requirements; anonymous is one where API_ACCESS allows it."""
        required = requirement(self.view)
        if required is None:
            return []
        anonymous: list[dict[str, list[str]]] = [{}] if anonymous_is_allowed(required) else []
        found: list[dict[str, list[str]]] = super().get_auth()
        schemes = [
            {name: [str(required.scope)] if name == "ApiKey" else [] for name in scheme} for scheme in found if scheme
        ]
        return [*schemes, *anonymous]


def describe_responses(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular hook: adds 429, the challenge of a 401, and the headers that all responses have."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            if path.startswith("/api/"):
                responses["429"] = {**TOO_MANY_REQUESTS, "headers": {"Retry-After": RETRY_AFTER}}
                responses.get("401", {}).setdefault("headers", {})["WWW-Authenticate"] = CHALLENGE
                responses.get("503", {}).setdefault("headers", {})["Retry-After"] = RETRY_AFTER
            for response in responses.values():
                headers = response.setdefault("headers", {})
                headers["X-Request-ID"] = REQUEST_ID
                if path.startswith("/api/"):
                    headers.update(LIMITS)
            operation["responses"] = dict(sorted(responses.items()))
    return result
