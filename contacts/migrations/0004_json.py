# PostgreSQL writes the JSON of a contact when the contact changes, not for each of the tickets that are listed. Of what
# the functions call, PostgreSQL says that it may depend on settings; for texts and for numbers of a date it does not.
from django.db import migrations, models

HTML_ESCAPED_JSON = """
CREATE FUNCTION html_escaped_json(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    -- as Python's html.escape
    value := replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
    RETURN to_json(replace(replace(value, '"', '&quot;'), '''', '&#x27;'))::text;
END
$$
"""
CONTACT_JSON = """
CREATE FUNCTION contact_json(id bigint, full_name text, email text, created_at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    full_name := replace(replace(replace(full_name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
    RETURN '{"id":' || id
        || ',"full_name":' || to_json(replace(replace(full_name, '"', '&quot;'), '''', '&#x27;'))
        || ',"email":' || to_json(email)  -- not escaped: such an address could not be mailed
        || ',"created_at":"' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"}';
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
