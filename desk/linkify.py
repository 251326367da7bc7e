"""Links in a customer's text."""

from django.utils.html import Urlizer
from django.utils.safestring import SafeString, mark_safe


class ExternalLinkUrlizer(Urlizer):
    """Django's `urlize` with links that send no referrer and open a new tab."""

    url_template = '<a href="{href}"{attrs} rel="noopener noreferrer nofollow" target="_blank">{url}</a>'


def linkify(text: str) -> SafeString:
    """`text` as escaped HTML with links around URLs and email addresses; a browser shows exactly `text`."""
    return mark_safe(ExternalLinkUrlizer()(text, autoescape=True))  # noqa: S308 - escaped by the call
