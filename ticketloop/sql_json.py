"""SQL expressions that write JSON values: what leaves the service is encoded once, by PostgreSQL, in one form."""


def text_json(expression: str) -> str:
    """A JSON string of the text, as it is."""
    return f"to_json({expression}::text)::text"


def escaped_json(expression: str) -> str:
    """A JSON string of the text, HTML-escaped as Python's `html.escape` does (`& < > " '`)."""
    escaped = f"{expression}::text"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("''", "&#x27;")):
        escaped = f"replace({escaped}, '{character}', '{entity}')"
    return text_json(escaped)


def time_json(expression: str) -> str:
    """A JSON string of the timestamptz in UTC, RFC 3339 with six fractional digits and `Z`; null for NULL."""
    text = f"""to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"""coalesce('"' || {text} || '"', 'null')"""


def object_json(members: dict[str, str]) -> str:
    """A JSON object without white space from member names and SQL expressions of their JSON texts."""
    separator = "{"
    parts = []
    for name, expression in members.items():
        parts.append(f"""'{separator}"{name}":' || {expression}""")
        separator = ","
    return " || ".join(parts) + " || '}'"
