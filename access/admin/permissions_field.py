"""Form field of permissions: those for what the desk shows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

if TYPE_CHECKING:
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField[Permission]
else:
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField


class PermissionsField(ModelMultipleChoiceField):
    """Checkboxes (two lists with arrows are not usable with a screen reader), labelled with a sentence each."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminCheckboxSelectMultipleWidget
        super().__init__(Permission.objects.none(), required=False, widget=widget, **kwargs)

    def label_from_instance(self, obj: Permission) -> str:
        return obj.name


def offer_choices(form: Any, name: str) -> None:
    """Offers in this field, if the form has it, what the desk shows and what the form's object was granted already."""
    if name in form.fields:
        granted = getattr(form.instance, name).all() if form.instance.pk else Permission.objects.none()
        form.fields[name].queryset = _choices(granted)


def _choices(granted: QuerySet[Permission]) -> QuerySet[Permission]:
    """The permissions for what the desk shows, and those granted already, which saving would take away."""
    types = ContentType.objects.get_for_models(*_models_at_the_desk(), for_concrete_models=False).values()
    shown = Permission.objects.filter(content_type__in=types)
    return shown | Permission.objects.filter(pk__in=granted.order_by().values("pk"))


def _models_at_the_desk() -> Iterator[type[Model]]:
    """The models that have pages at the desk, and those that are on such a page."""
    for model in filter(admin.site.is_registered, apps.get_models()):
        yield model
        yield from (inline.model for inline in admin.site.get_model_admin(model).inlines)
