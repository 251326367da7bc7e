# PostgreSQL writes the JSON of a contact when the contact changes, not for each of the tickets that are listed. Of what
# the functions call, PostgreSQL says that it may depend on settings; for texts and for numbers of a date it does not.
from django.db import migrations, models


def escaped(text):
    """A JSON string of the text, HTML-escaped as by Python's html.escape."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("''", "&#x27;")):
        text = f"replace({text}, '{character}', '{entity}')"
    return f"to_json({text})"


HTML_ESCAPED_JSON = f"""
CREATE FUNCTION html_escaped_json(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN {escaped("value")}::text;
END
$$
"""
# It calls nothing but what PostgreSQL brings: pg_restore would not find the other function.
CONTACT_JSON = f"""
CREATE FUNCTION contact_json(id bigint, full_name text, email text, created_at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN '{{"id":' || id
        || ',"full_name":' || {escaped("full_name")}
        || ',"email":' || to_json(email)  -- not escaped: such an address could not be mailed
        || ',"created_at":"' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"}}';
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_indexes"),
    ]

    operations = [
        migrations.RunSQL(HTML_ESCAPED_JSON, "DROP FUNCTION html_escaped_json"),
        migrations.RunSQL(CONTACT_JSON, "DROP FUNCTION contact_json"),
        migrations.AddField(
            model_name="contact",
            name="json",
            field=models.GeneratedField(
                expression=models.Func("id", "full_name", "email", "created_at", function="contact_json"),
                output_field=models.TextField(),
                db_persist=True,
            ),
        ),
    ]
