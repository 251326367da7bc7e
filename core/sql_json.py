"""SQL expressions of JSON values: PostgreSQL encodes each representation, once and in one form."""

from collections.abc import Sequence


def escaped_json(expression: str) -> str:
    """The JSON string of a text, HTML-escaped as by Python's `html.escape`."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("''", "&#x27;")):
        expression = f"replace({expression}, '{character}', '{entity}')"
    return f"to_json({expression})"


def enum_json(expression: str, values: Sequence[str]) -> str:
    """The JSON string of an enum with these values. CASE is cheaper than the cast, which looks up the label per row."""
    cases = " ".join(f"""WHEN '{value}' THEN '"{value}"'""" for value in values)
    return f"CASE {expression} {cases} END"


def time_json(expression: str) -> str:
    """The JSON string of a timestamptz in UTC (RFC 3339, six fractional digits, `Z`); null for NULL."""
    text = f"""to_char({expression} AT TIME ZONE 'UTC', '\\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\\"')"""
    return f"coalesce({text}, 'null')"


def object_json(members: dict[str, str]) -> str:
    """The compact JSON object of these members: name and SQL expression of the JSON value."""
    separator = "{"
    parts = []
    for name, expression in members.items():
        parts.append(f"""'{separator}"{name}":' || {expression}""")
        separator = ","
    return " || ".join(parts) + " || '}'"
