"""The one representation of a contact, as SQL: every exit of the service uses it."""

from core.sql_json import escaped_json, object_json, time_json

# A JSON text of the row `contact`. The address is not escaped: nobody could be mailed at such a one.
CONTACT_JSON = object_json(
    {
        "id": "contact.id",
        "full_name": escaped_json("contact.full_name"),
        "email": "to_json(contact.email)",
        "created_at": time_json("contact.created_at"),
    }
)
ONE_CONTACT = f"SELECT {CONTACT_JSON} FROM contacts AS contact WHERE contact.id = %(id)s::bigint"
