"""The version of Ticket Loop, as sent in the `User-Agent` of webhooks."""

VERSION = "0.1.0"
