"""SQL expressions that write JSON values: what leaves the service is encoded once, by PostgreSQL, in one form."""

from collections.abc import Sequence


def escaped_json(expression: str) -> str:
    """A JSON string of the text, HTML-escaped as by Python's `html.escape`."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("''", "&#x27;")):
        expression = f"replace({expression}, '{character}', '{entity}')"
    return f"to_json({expression})"


def choice_json(expression: str, values: Sequence[str]) -> str:
    """A JSON string of an enum that has these values, whose names PostgreSQL would look up for each row otherwise."""
    cases = " ".join(f"""WHEN '{value}' THEN '"{value}"'""" for value in values)
    return f"CASE {expression} {cases} END"


def time_json(expression: str) -> str:
    """A JSON string of the timestamptz in UTC, RFC 3339 with six fractional digits and `Z`; null for NULL."""
    text = f"""to_char({expression} AT TIME ZONE 'UTC', '\\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\\"')"""
    return f"coalesce({text}, 'null')"


def object_json(members: dict[str, str]) -> str:
    """A JSON object without white space from member names and SQL expressions of their JSON texts."""
    separator = "{"
    parts = []
    for name, expression in members.items():
        parts.append(f"""'{separator}"{name}":' || {expression}""")
        separator = ","
    return " || ".join(parts) + " || '}'"
