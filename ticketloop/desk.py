"""What every page of the support desk shows."""

from typing import Any

from django.http import HttpRequest

from webhooks.alerts import disabled_receivers


def context(request: HttpRequest) -> dict[str, Any]:
    """The banner's receivers, for those who may see them (called by django-unfold for each page)."""
    return {"given_up": disabled_receivers() if request.user.has_perm("webhooks.view_receiver") else []}
