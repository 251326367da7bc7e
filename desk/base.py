"""Base classes of the support desk's admin: panels, forms, histories, read-only pages. The look is django-unfold's."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import CharField, TextField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from desk import once
from desk.button_views import ButtonAdmin
from desk.forms import careful
from desk.lists import ListAdmin
from desk.model_admin import TabularInline

# Returns the context (`panel`) of the template that it names as `template`; None if there is nothing to show.
Panel = Callable[[HttpRequest, Any], dict[str, Any] | None]


class DeskAdmin(ButtonAdmin, ListAdmin):
    """Base class of every model's pages at the desk."""

    panels: tuple[Panel, ...] = ()
    sent_twice_hint = ""  # for whoever sent a form twice, and saw only the answer to the second
    object_history_template = "desk/history.html"
    delete_confirmation_template = "desk/delete.html"
    change_form_before_template = "desk/hidden.html"
    change_form_outer_after_template = "desk/panels.html"

    @classmethod
    def add_panel(cls, panel: Panel) -> None:
        """Adds a panel of an app in a layer above, below the form."""
        cls.panels += (panel,)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's; what is typed has the direction of its own script."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, CharField | TextField) and field:
            field.widget.attrs.setdefault("dir", "auto")
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return careful(super().get_form(request, obj, change=change, **kwargs), request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's; a form that is sent twice adds one object, and leads to it."""
        context = {"form_token": once.new_token(), **(extra_context or {})}
        if request.method != "POST":
            return super().add_view(request, form_url, context)
        with transaction.atomic():
            before = once.added_before(request)
            obj = self.get_object(request, before) if before else None
            if obj is None:
                return super().add_view(request, form_url, context)
        text = f"The form was sent twice; the {self.opts.verbose_name} “{obj}” was added once. {self.sent_twice_hint}"
        self.message_user(request, text, messages.WARNING)
        return self.page_of(request, obj) if self.has_view_permission(request, obj) else redirect("admin:index")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's; a form that is sent twice is saved once."""
        context = {"form_token": once.new_token(), **(extra_context or {})}
        if request.method != "POST":
            return super().change_view(request, object_id, form_url, context)
        with transaction.atomic():
            if once.added_before(request) is None:
                return super().change_view(request, object_id, form_url, context)
        self.message_user(request, "The form was sent twice; it was saved once.", messages.WARNING)
        return self.page_of(request, self.get_object(request, unquote(object_id)))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        once.remember(request, obj.pk)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing for a form that was saved as it was."""
        once.remember(request, obj.pk)
        return super().log_change(request, obj, message) if message else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.saved_as_it_was = change and not form.has_changed()  # for response_change
        super().save_model(request, obj, form, change)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Django's; a form that was saved as it was is not said to have changed anything."""
        if not obj.saved_as_it_was or "_addanother" in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, f"There was nothing to change: the {self.opts.verbose_name} “{obj}” is as it was.")
        stay = "_continue" in request.POST
        return self.page_of(request, obj) if stay else self.response_post_save_change(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the panels."""
        original = context.get("original")
        context["panels"] = list(filter(None, (panel(request, original) for panel in self.panels if original)))
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().history_view(request, object_id, {"title": "History", **(extra_context or {})})

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's; a form that is sent twice leads to the list, and not to a page that is gone."""
        title = f"Delete {self.opts.verbose_name}"
        if request.method != "POST" or not once.sent_before(request):
            with once.unless_it_fails(request):
                context = {"title": title, "danger": True, "back": "../change/", "form_token": once.new_token()}
                return self.ask_and_delete(request, object_id, context)
        self.message_user(request, once.PRESSED_TWICE.format(title), messages.WARNING)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def ask_and_delete(self, request: HttpRequest, object_id: str, context: dict[str, Any]) -> HttpResponse:
        """Django's page that asks, and the deletion once it is sent."""
        return super().delete_view(request, object_id, context)


class ReadOnlyAdmin(DeskAdmin):
    """Pages to look at: nothing is added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Read-only rows below their object."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
