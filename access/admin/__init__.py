"""API keys, staff and roles at the support desk; Django finds the registered classes here."""

from access.admin import api_keys, roles, staff

__all__ = ["api_keys", "roles", "staff"]
