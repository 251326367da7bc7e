"""The one JSON representation of a contact, as SQL, for the API and webhooks."""

from contacts.models import ERASED_DOMAIN
from core.sql_json import escaped_json, object_json, time_json

# The JSON of a row `contact`. The address is not HTML-escaped: mail to an escaped one would not arrive.
CONTACT_JSON = object_json(
    {
        "id": "contact.id",
        "full_name": escaped_json("contact.full_name"),
        "email": "to_json(contact.email)",
        "created_at": time_json("contact.created_at"),
    }
)
# Whether the row `contact` is erased.
IS_ERASED = f"split_part(contact.email, '@', 2) = '{ERASED_DOMAIN}'"
ONE_CONTACT = f"SELECT {CONTACT_JSON} FROM contacts AS contact WHERE contact.id = %(id)s::bigint"
