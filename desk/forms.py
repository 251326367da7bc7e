"""What every form of the desk does beside its own fields."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.utils import pretty_name
from django.http import HttpRequest

from desk import conflicts, interruption

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = object


class DeskFormMixin(ModelForm):
    """Shows what was typed before an interruption; saves nothing over what somebody else has saved meanwhile."""

    request: HttpRequest
    has_conflicts = False

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        typed = interruption.take_typed(self.request) if data is None and self.request.method == "GET" else None
        super().__init__(data if typed is None else typed, *args, **kwargs)
        for name, field in self.fields.items():
            field.label = field.label or pretty_name(name)  # as the page shows it; histories name fields, too
        if typed is not None:
            for name in filter(interruption.SECRET.search, self.fields):  # which are not kept
                typed[name] = self.get_initial_for_field(self.fields[name], name)

    @property
    def loaded(self) -> str:
        """The hidden field with the values that the form was shown with: anew once its user knows of others."""
        if self.is_bound and not self.has_conflicts:
            return str(self.data.get(conflicts.FIELD, ""))
        return conflicts.snapshot(self)

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.instance.pk:
            self.has_conflicts = conflicts.add_conflicts(self)
        return cleaned


def careful(form: type[Any], request: HttpRequest) -> type[Any]:
    """The form's class with the mixin, for this request."""
    return type(form.__name__, (DeskFormMixin, form), {"request": request})
