"""Streams a whole table as one JSON array, a chunk of rows at a time."""

from collections.abc import Iterator

from django.db import connection

CHUNK_ROWS = 1000


def stream_array(rows_sql: str) -> Iterator[bytes]:
    """Yields a JSON array of every row, ascending by id.

    `rows_sql` selects `id` and `body` (the row's JSON) and takes `after` (an id) and `limit` (rows). Each chunk is
    a statement of its own: no transaction and no cursor outlives it, and memory does not grow with the table.
    """
    chunk_sql = (
        "SELECT count(*), max(id), coalesce(string_agg(body, ',' ORDER BY id), '') "
        f"FROM ({rows_sql} ORDER BY id LIMIT %(limit)s) AS chunk"
    )
    after, opening, count = 0, "[", CHUNK_ROWS
    while count == CHUNK_ROWS:
        with connection.cursor() as cursor:
            cursor.execute(chunk_sql, {"after": after, "limit": CHUNK_ROWS})
            count, last, body = cursor.fetchone()
        yield ((opening + body) if count else "[" * (opening == "[")).encode()
        after, opening = last, ","
    yield b"]"
