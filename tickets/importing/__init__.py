"""Copies contacts and tickets from the database of an original Ticket Loop API; behind `manage.py import_tl_api`."""
