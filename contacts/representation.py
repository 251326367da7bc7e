"""The one representation of a contact, as SQL: every exit of the service uses it."""

# A JSON text of the row `contact`. PostgreSQL writes it when the contact changes: see the function `contact_json`.
CONTACT_JSON = "contact.json"
ONE_CONTACT = f"SELECT {CONTACT_JSON} FROM contacts AS contact WHERE contact.id = %(id)s"
