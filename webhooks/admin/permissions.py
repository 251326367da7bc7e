"""Permissions of the buttons on the pages of receivers and deliveries."""

CHANGE_RECEIVER = "webhooks.change_receiver"
SEE_SECRET = "webhooks.see_secret"  # noqa: S105
RESEND = "webhooks.resend_delivery"
