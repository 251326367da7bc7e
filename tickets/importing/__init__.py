"""Import from the database of an original Ticket Loop API, for `manage.py import_tl_api`."""
