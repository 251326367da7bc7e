"""Tickets at the support desk; Django finds the registered classes here."""

from tickets.admin import contact_page, ticket_admin

__all__ = ["contact_page", "ticket_admin"]
