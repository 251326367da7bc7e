"""App of the project itself: commands and templates that belong to no other app."""

from django.apps import AppConfig


class TicketLoopConfig(AppConfig):
    name = "ticketloop"
