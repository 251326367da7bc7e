"""The local stack: a PostgreSQL and a Valkey of the project's own, and the supervisor behind `make run`.

Nothing in the production path imports it; its requirements are in requirements/local.txt.
"""
