"""Optimistic locking of forms: who saves what somebody else has changed meanwhile is told, and undoes nothing unawares.

A form knows, by their hashes, the values that it was shown with.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import models, transaction
from django.utils import timezone

from desk.interruption import SECRET

FIELD = SALT = "loaded"
MAX_SHOWN = 100  # characters of a value


def snapshot(form: Any) -> str:
    """The form's initial values as hashes, signed."""
    return signing.dumps({"at": timezone.now().isoformat(), "hashes": _hashes(form)}, salt=SALT)


def add_conflicts(form: Any) -> bool:
    """Adds an error to each field that was changed since the form was shown; returns whether there are any.

    The row is locked until the transaction ends, so that of two who save at the same moment one is told.
    """
    try:
        loaded = signing.loads(form.data.get(FIELD, ""), salt=SALT)
    except signing.BadSignature:
        return False
    with transaction.atomic():
        rows = type(form.instance)._base_manager.select_for_update(no_key=True)
        row = rows.filter(pk=form.instance.pk).first()
    if row is None:
        form.add_error(None, "Somebody has deleted this since you opened it; nothing was saved.")
        return True
    current = type(form)(instance=row)
    names = [name for name, now in _hashes(current).items() if loaded["hashes"].get(name, now) != now]
    conflicts = [name for name in names if _differs(form, current, name)]
    who = _last_editor(form.instance, datetime.fromisoformat(loaded["at"])) if conflicts else ""
    for name in conflicts:
        form.add_error(name, _error(who, current, name))
        form.fields[name].initial = form.initial[name] = _initial(current, name)
    return bool(conflicts)


def _initial(form: Any, name: str) -> Any:
    field = form.fields[name]
    value = field.prepare_value(form.get_initial_for_field(field, name))
    return sorted(value, key=str) if isinstance(value, list) else value


def _hashes(form: Any) -> dict[str, str]:
    names = [name for name, field in form.fields.items() if not field.disabled]
    return {name: sha256(repr(_initial(form, name)).encode()).hexdigest()[:32] for name in names}


def _differs(form: Any, current: Any, name: str) -> bool:
    """Whether saving would change what the other has saved: both may have typed the same."""
    return bool(form.fields[name].has_changed(_initial(current, name), form[name].data))


def _last_editor(instance: models.Model, since: datetime) -> str:
    """Who changed it last, if the desk's history knows."""
    kind = ContentType.objects.get_for_model(instance, for_concrete_model=False)
    changes = LogEntry.objects.filter(content_type=kind, object_id=str(instance.pk), action_flag=CHANGE)
    last = changes.filter(action_time__gte=since).select_related("user").order_by("-action_time").first()
    return last.user.get_username() if last else "Somebody"


def _error(who: str, current: Any, name: str) -> str:
    shown = _shown(current.fields[name], _initial(current, name))
    now = f" It is now “{shown}”." if 0 < len(shown) <= MAX_SHOWN and not SECRET.search(name) else ""
    return f"{who} has changed this since you opened it.{now} Nothing was saved; save again to overwrite it."


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    values = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(each), str(each)) for each in values)
