#!/usr/bin/env python
"""Django's command line for Ticket Loop."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
    # A migration or an import takes as long as it takes. An empty value counts as unset.
    os.environ["DATABASE_TIME_LIMITS"] = os.environ.get("DATABASE_TIME_LIMITS") or "off"
    execute_from_command_line(sys.argv)
