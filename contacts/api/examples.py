"""Examples for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

CONTACT: dict[str, Any] = {
    "id": 4,
    "full_name": "Ada Lovelace",
    "email": "ada@example.com",
    "created_at": "2026-11-23T20:38:11.448236Z",
}
CONTACT_EXAMPLE = OpenApiExample("A contact", value=CONTACT, response_only=True, status_codes=["200"])
