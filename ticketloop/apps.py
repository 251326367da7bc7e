"""The wiring's own application: commands and templates that belong to no single subject."""

from django.apps import AppConfig


class TicketLoopConfig(AppConfig):
    name = "ticketloop"
