"""Permissions that the API requires of signed-in staff: those that the support desk requires for the same."""

# By the viewset's basename and action. What is not here (OPTIONS, a method that is not allowed) any of staff may ask.
REQUIRED = {
    ("ticket", "list"): "tickets.view_ticket",
    ("ticket", "retrieve"): "tickets.view_ticket",
    ("ticket", "create"): "tickets.add_ticket",
    ("ticket", "resolve"): "tickets.change_ticket",
    ("ticket", "reopen"): "tickets.change_ticket",
    ("contact", "list"): "contacts.view_contact",
    ("contact", "retrieve"): "contacts.view_contact",
}
