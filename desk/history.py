"""Sentences of an object's history."""

from django.contrib.admin.models import LogEntry


def sentence(entry: LogEntry) -> str:
    """Who did what, such as `ada changed Full name and Email.`"""
    who = entry.user.get_username()
    if entry.is_addition():
        return f"{who} added it."
    done = entry.get_change_message() or "Changed it."
    return f"{who} {done[0].lower()}{done[1:]}"
