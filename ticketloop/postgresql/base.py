"""The database backend (`ENGINE`)."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket, not the server, whether a kept connection is usable.

    A server that ended an idle connection has sent its farewell, or at least the end of the stream, so there is
    something to read where nothing was asked for. That costs a microsecond; Django's `SELECT 1` costs a round trip
    before every request. Where there is something to read, or was an error, Django's way decides.
    """

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        return (idle and not self.errors_occurred and not self._has_news()) or super().is_usable()

    def _has_news(self) -> bool:
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
