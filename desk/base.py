"""Base classes of the support desk's admin: buttons for one object, panels, read-only pages.

The look is django-unfold's. Every change is a POST with CSRF protection, never a link.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline

from desk.buttons import Button
from desk.paginator import CappedPaginator, DeskChangeList

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = UnfoldModelAdmin
    TabularInline = UnfoldTabularInline


# Returns the context (`panel`) of the template that it names as `template`; None if there is nothing to show.
Panel = Callable[[HttpRequest, Any], dict[str, Any] | None]


class DeskAdmin(ModelAdmin):
    """Base class of every model's pages at the desk."""

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    buttons: tuple[Button, ...] = ()
    panels: tuple[Panel, ...] = ()
    change_form_outer_before_template = "desk/buttons.html"
    change_form_outer_after_template = "desk/panels.html"

    @classmethod
    def add_buttons(cls, *buttons: Button) -> None:
        """Adds buttons of an app in a layer above."""
        cls.buttons += buttons

    @classmethod
    def add_panel(cls, panel: Panel) -> None:
        """Adds a panel of an app in a layer above, below the form."""
        cls.panels += (panel,)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskChangeList]:
        return DeskChangeList

    def get_urls(self) -> list[Any]:
        """The buttons' paths, before those of the admin."""
        own = []
        for each in self.buttons:
            name = f"{self.opts.app_label}_{self.opts.model_name}_{each.name}"
            view = self.admin_site.admin_view(partial(self._run_button, button=each))
            own.append(path(f"<int:pk>/{each.name}/", view, name=name))
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the buttons that this user may use, and the panels."""
        original = context.get("original")
        offered = [each for each in self.buttons if original and self._offers(request, each, original)]
        context["buttons"] = [(each, self._url(each, original)) for each in offered]
        context["panels"] = list(filter(None, (panel(request, original) for panel in self.panels if original)))
        return super().render_change_form(request, context, *args, **kwargs)

    def page_of(self, obj: Model) -> HttpResponseRedirect:
        """A redirect to the object's page."""
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        )

    def _offers(self, request: HttpRequest, button: Button, obj: Model) -> bool:
        return request.user.has_perm(button.permission) and button.shown(obj)

    def _url(self, button: Button, obj: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{button.name}", args=[obj.pk])

    def _run_button(self, request: HttpRequest, pk: int, button: Button) -> HttpResponseBase:
        if not button.form and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        obj = self.get_object(request, str(pk))
        if obj is None:
            raise Http404
        if not button.shown(obj):
            self.message_user(request, "That is no longer possible; nothing was changed.", messages.WARNING)
            return self.page_of(obj)
        if not button.form:
            return button.method(self, request, obj) or self.page_of(obj)
        form = button.form(request.POST or None, initial=request.GET.dict())
        if form.is_valid():
            return button.method(self, request, obj, form) or self.page_of(obj)
        context = {**self.admin_site.each_context(request), "title": button.label, "opts": self.opts}
        return TemplateResponse(request, "desk/form.html", {**context, "original": obj, "form": form})


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
