"""Forms with which administrators add and change staff."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm, UsernameField
from django.db import transaction
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from access.admin.permissions_field import offer_choices
from access.models import Role, StaffMember
from access.passwords import OptionalPasswordMixin

LAST_SUPERUSER = "This is the last active superuser. Make somebody else a superuser first."
HELP = {
    "username": "At most 150 letters, digits and @ . + - _",
    "is_active": "Switch off for people who leave: they cannot sign in, and the history keeps their names.",
    "is_superuser": "May do everything, and is the only one who may change superusers.",
}
LABELS = {"is_superuser": "Superuser"}
INVALID, TAKEN = "Use letters, digits and @ . + - _ only.", "Somebody has this username already."
ERRORS = {"username": {"invalid": INVALID, "unique": TAKEN}}


class RoleMixin(forms.Form):
    """The role, one of all: required, but for superusers."""

    role = forms.ModelChoiceField(
        Role.objects.order_by("name"),
        required=False,
        empty_label="Choose a role",
        widget=UnfoldAdminSelectWidget,
        help_text="What this person may do at the desk and through the API.",
    )
    instance: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "user_permissions")
        role = self.fields["role"]
        role.required = "is_superuser" not in self.fields
        roles = list(self.instance.groups.order_by("name")) if self.instance.pk else []
        role.initial = roles[0].pk if roles else None
        if len(roles) > 1:
            role.help_text = (
                f"This person has several roles: {', '.join(map(str, roles))}. Saving keeps the chosen one."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "role" in cleaned and not cleaned["role"] and not cleaned.get("is_superuser"):
            self.add_error("role", "Choose a role: without one, this person sees an empty desk.")
        return cleaned


class AddStaffForm(RoleMixin, OptionalPasswordMixin, UserCreationForm):  # type: ignore[type-arg]
    """A new member of staff, with a password or none: then one is generated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    class Meta(UserCreationForm.Meta):
        model = StaffMember
        labels = LABELS
        help_texts = HELP
        error_messages = ERRORS


class ChangeStaffForm(RoleMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A member of staff; the last active superuser stays one."""

    class Meta:
        model = StaffMember
        fields = "__all__"
        field_classes = {"username": UsernameField}
        labels = LABELS
        help_texts = HELP
        error_messages = ERRORS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("is_active", "is_superuser"):
            if cleaned.get(name) is False and _is_last_superuser(self.instance):
                self.add_error(name, LAST_SUPERUSER)
        return cleaned


def _is_last_superuser(member: StaffMember) -> bool:
    """Locks all of them until the transaction ends: two superusers may be demoting each other at this moment."""
    superusers = StaffMember.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    with transaction.atomic():
        return [each.pk for each in superusers] == [member.pk]
