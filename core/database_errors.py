"""Which database errors may be gone when the client tries again, and which are mistakes of ours."""

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

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
    cause = _cause(error)
    if cause is None:
        return False
    if cause.sqlstate is None:  # the client's side: no connection, a broken one, none left in the pool
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return cause.sqlstate[:2] in TEMPORARY_CLASSES or cause.sqlstate in TEMPORARY_CODES


def kind(error: BaseException) -> str:
    """What the log says of a temporary error, such as `LockNotAvailable, SQLSTATE 55P03`."""
    cause = _cause(error)
    name = type(cause or error).__name__
    return f"{name}, SQLSTATE {cause.sqlstate}" if cause and cause.sqlstate else name


def is_lock_conflict(error: BaseException) -> bool:
    """Whether others had a lock for longer than `lock_timeout`, or in another order."""
    return isinstance(_cause(error), LockNotAvailable | DeadlockDetected)


def _cause(error: BaseException) -> psycopg.Error | None:
    """The error of psycopg behind one of Django's."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return cause if isinstance(cause, psycopg.Error) else None
