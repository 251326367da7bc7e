"""The local stack: embedded PostgreSQL and Valkey, and the supervisor behind `make run`.

Nothing else imports it; its requirements are in requirements/local.txt.
"""
