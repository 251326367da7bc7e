"""The database backend (`ENGINE`)."""

import select
from collections import OrderedDict
from types import TracebackType
from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import Error as PsycopgError
from psycopg.errors import OperationalError, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

MOST_PREPARED = 100  # statements that a connection keeps prepared


class ErrorWrapper(DatabaseErrorWrapper):
    """Django's, which keeps to itself what PostgreSQL adds to an error: that quotes rows, and our log must not.

    PostgreSQL's own log has it.
    """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, PsycopgError) and error.diag.message_primary:
            error.args = (error.diag.message_primary,)
        super().__exit__(kind, error, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket, not the server, whether a kept connection is usable; knows what is prepared on it."""

    _prepared: OrderedDict[bytes, None]

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        """What statements are run in."""
        return ErrorWrapper(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._prepared = OrderedDict()
        return super().get_new_connection(conn_params)

    @property
    def libpq(self) -> PGconn:
        """The connection, as libpq knows it. There must be one."""
        libpq: PGconn = self.connection.pgconn
        return libpq

    def prepare(self, name: bytes, statement: bytes) -> None:
        """Prepares the statement, unless it is; the one that was not asked for the longest makes room for it."""
        if name in self._prepared:
            self._prepared.move_to_end(name)
            return
        if len(self._prepared) == MOST_PREPARED:
            oldest, _ = self._prepared.popitem(last=False)
            self.libpq.close_prepared(oldest)
        checked(self.libpq.prepare(name, statement))
        self._prepared[name] = None

    def is_usable(self) -> bool:
        """Whether the kept connection can be used.

        A server that ended an idle connection has sent its farewell, or at least the end of the stream, so there is
        something to read where nothing was asked for. That costs a microsecond; Django's `SELECT 1` costs a round trip
        before every request. Where there is something to read, or was an error, Django's way decides.
        """
        if self.connection is None:
            return False
        libpq = self.libpq  # psycopg's own properties take a multiple of the time
        if libpq.status != ConnStatus.OK:
            return False
        if self.errors_occurred or libpq.transaction_status != TransactionStatus.IDLE:
            return super().is_usable()
        return not _has_news(libpq.socket) or super().is_usable()


def checked(result: PGresult) -> PGresult:
    """The result, unless it is an error, which is raised as psycopg's; OperationalError where the connection broke."""
    if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        if result.error_field(DiagnosticField.SQLSTATE) is None:  # it is libpq that says so, not PostgreSQL
            raise OperationalError(result.get_error_message())
        raise error_from_result(result)
    return result


def _has_news(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
