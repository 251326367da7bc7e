"""Text search, whatever the case, Unicode normalisation, width and typography: `search_fold` in the database.

`search_fold(text)` is the one normalisation, created by the first migration of `contacts`. It is stored in generated
columns, which have trigram indexes (pg_trgm), and `search_pattern(text)` makes a LIKE pattern of it:

    search_text LIKE search_pattern('100%')

In Chinese, Japanese and Korean, words of one or two letters are common, and a trigram needs three. So every such letter
is doubled with a space between: 日本 becomes `日 日本 本`, whose words have trigrams.
"""

import re
from typing import Any
from unicodedata import normalize

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup, TextField, Transform
from django.db.models.sql.compiler import SQLCompiler

# As in the migration.
EAST_ASIAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# What trigram indexes can look up; anything shorter would scan the whole index.
INDEXED = re.compile(r"[^\W_]{3}|[\W_][^\W_]+[\W_]")
# A word, or several in double quotes. An apostrophe is none: O'Brien can't be quoted by it.
WORD = re.compile(r'["“”„](?=\s*[^"“”„\s])([^"“”„]+)["“”„](?!\S)|(\S+)')
MAX_WORDS = 10  # further words are ignored: each costs another look at every row


def split_words(query: str) -> list[str]:
    """The first MAX_WORDS words of what staff typed; "quoted words" stay together."""
    found = WORD.finditer(query.replace("\x00", ""))
    return [match[1] or match[2] for match, _ in zip(found, range(MAX_WORDS), strict=False)]


def is_indexed(text: str) -> bool:
    """Whether a trigram index can look the text up."""
    return bool(INDEXED.search(normalize("NFKC", text))) or is_east_asian(text)


def is_east_asian(text: str) -> bool:
    """Whether the text has a Chinese, Japanese or Korean letter, not only a punctuation mark."""
    return any(map(str.isalnum, re.findall(f"[{EAST_ASIAN}]", normalize("NFKC", text))))


@CharField.register_lookup
@TextField.register_lookup
class Fold(Transform):
    """`search_fold` of a text: `name__fold__matches="émile"`."""

    lookup_name = "fold"
    function = "search_fold"
    output_field = TextField()


@TextField.register_lookup
class Matches(Lookup):
    """Whether a text that is folded already contains another, which is not: `search_text__matches="émile"`."""

    lookup_name = "matches"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, column_values = self.process_lhs(compiler, connection)
        text, text_values = self.process_rhs(compiler, connection)
        return f"{column} LIKE search_pattern({text})", (*column_values, *text_values)
