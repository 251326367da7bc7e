"""Form field of permissions: checkboxes by subject, for what can be done at the desk and through the API."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator
from django.utils.text import capfirst

from desk.widgets import CheckboxesWidget

if TYPE_CHECKING:
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField[Permission]
    ChoiceIterator = ModelChoiceIterator[Permission]
else:
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField
    ChoiceIterator = ModelChoiceIterator

OTHERS = "Others"  # granted elsewhere, such as by a script


class BySubject(ChoiceIterator):
    """The permissions grouped by app, in the order in which models declare them."""

    def __iter__(self) -> Iterator[Any]:
        subjects = dict(_subjects())
        order = list(subjects)

        def place(permission: Permission) -> tuple[int, int]:
            kind = permission.content_type_id
            return order.index(kind) if kind in subjects else len(order), permission.pk

        permissions = sorted(self.queryset, key=place)
        for subject, group in groupby(permissions, lambda each: subjects.get(each.content_type_id, OTHERS)):
            yield subject, [self.choice(each) for each in group]


class PermissionsField(ModelMultipleChoiceField):
    """Checkboxes (two lists with arrows are not usable with a screen reader)."""

    iterator = BySubject

    def __init__(self, required: bool = False, **kwargs: Any) -> None:
        super().__init__(Permission.objects.none(), required=required, widget=CheckboxesWidget, **kwargs)

    def label_from_instance(self, obj: Permission) -> str:
        return obj.name


def offer_choices(form: Any, name: str) -> None:
    """Offers in this field, if the form has it, what the desk knows and what the form's object was granted already."""
    if name in form.fields:
        granted = getattr(form.instance, name).all() if form.instance.pk else Permission.objects.none()
        form.fields[name].queryset = _choices(granted)


def _choices(granted: QuerySet[Permission]) -> QuerySet[Permission]:
    """The permissions for what is at the desk, and those granted already, which saving would take away."""
    shown = Permission.objects.filter(content_type__in=dict(_subjects()))
    return shown | Permission.objects.filter(pk__in=granted.order_by().values("pk"))


def _subjects() -> Iterator[tuple[int, str]]:
    """The content type of every model at the desk, with the name of its app: the topmost app first, as in the menu."""
    for app in reversed(list(apps.get_app_configs())):
        for model in _models(app):
            kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
            yield kind.pk, capfirst(str(app.verbose_name))


def _models(app: AppConfig) -> Iterator[type[Model]]:
    """The app's models that have pages at the desk, and those that are on such a page."""
    for model in filter(admin.site.is_registered, app.get_models()):
        yield model
        yield from (inline.model for inline in admin.site.get_model_admin(model).inlines)
