"""Receivers and deliveries at the support desk; Django finds the registered classes here."""

from webhooks.admin import deliveries, receivers

__all__ = ["deliveries", "receivers"]
