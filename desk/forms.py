"""What every form of the desk does beside its own fields."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest

from desk import interruption

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = object


class DeskFormMixin(ModelForm):
    """Shows what was typed before an interruption."""

    request: HttpRequest

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        typed = interruption.take_typed(self.request) if data is None and self.request.method == "GET" else None
        super().__init__(data if typed is None else typed, *args, **kwargs)
        if typed is not None:
            for name in filter(interruption.SECRET.search, self.fields):  # which are not kept
                typed[name] = self.get_initial_for_field(self.fields[name], name)


def careful(form: type[Any], request: HttpRequest) -> type[Any]:
    """The form's class with the mixin, for this request."""
    return type(form.__name__, (DeskFormMixin, form), {"request": request})
