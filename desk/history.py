"""Sentences of an object's history."""

from django.contrib.admin.models import LogEntry


def sentence(entry: LogEntry, kind: str) -> str:
    """Who did what to it, such as `ada added this receiver.` or `ada changed Full name and Email.`"""
    who = entry.user.get_username()
    if entry.is_addition():
        return f"{who} added this {kind}."
    done = entry.get_change_message() or f"Changed this {kind}."
    return f"{who} {done[0].lower()}{done[1:]}"
