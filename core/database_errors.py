"""Which database errors may be gone when the client tries again, and which are mistakes of ours."""

import psycopg

# Classes and codes of SQLSTATE (PostgreSQL's documentation, appendix A).
TEMPORARY_CLASSES = {
    "08",  # connection exception
    "40",  # transaction rollback: deadlock, serialization failure
    "53",  # insufficient resources: disk full, out of memory, too many connections
    "57",  # operator intervention: shutdown, cancelled at a time limit
    "58",  # system error: a file cannot be read or written
}
TEMPORARY_CODES = {
    "0A000",  # a prepared statement whose tables a migration has changed (see core.raw_sql)
    "25006",  # read-only transaction: a standby, before or after a failover
    "25P03",  # idle_in_transaction_session_timeout
    "25P04",  # transaction_timeout
    "55P03",  # lock_timeout, or NOWAIT
}


def is_temporary(error: BaseException) -> bool:
    """Whether a retry may succeed: PostgreSQL cannot be reached, is busy, starting, full or read-only."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:  # the client's side: no connection, a broken one, none left in the pool
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return cause.sqlstate[:2] in TEMPORARY_CLASSES or cause.sqlstate in TEMPORARY_CODES


def kind(error: BaseException) -> str:
    """What the log says of a temporary error, such as `LockNotAvailable, SQLSTATE 55P03`."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    sqlstate = getattr(cause, "sqlstate", None)
    return f"{type(cause or error).__name__}, SQLSTATE {sqlstate}" if sqlstate else type(cause or error).__name__
