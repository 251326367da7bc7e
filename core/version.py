"""The version of Ticket Loop, as receivers see it in `User-Agent`."""

VERSION = "0.1.0"
