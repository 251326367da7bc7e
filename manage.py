#!/usr/bin/env python
"""Django's command line for Ticket Loop."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
    os.environ.setdefault("DATABASE_TIME_LIMITS", "off")  # a migration or an import takes as long as it takes
    execute_from_command_line(sys.argv)
