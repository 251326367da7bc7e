"""Base classes of the support desk's admin: buttons for one object, panels, read-only pages.

The look is django-unfold's. Every change is a POST with CSRF protection, never a link.
"""

from collections.abc import Callable
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CharField, Model, Q, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline

from core.search import split_words
from desk import once
from desk.buttons import Button
from desk.forms import careful
from desk.list_filters import invalid_days, parameters
from desk.paginator import MAX_ROWS, CappedPaginator, DeskChangeList

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = UnfoldModelAdmin
    TabularInline = UnfoldTabularInline


# Returns the context (`panel`) of the template that it names as `template`; None if there is nothing to show.
Panel = Callable[[HttpRequest, Any], dict[str, Any] | None]


NO_FILTERS = {PAGE_VAR, ERROR_FLAG, *IGNORED_PARAMS}  # other parameters of a list


class DeskAdmin(ModelAdmin):
    """Base class of every model's pages at the desk."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every row
    paginator = CappedPaginator
    list_per_page = 50
    buttons: tuple[Button, ...] = ()
    panels: tuple[Panel, ...] = ()
    sent_twice_hint = ""  # for whoever sent a form twice, and saw only the answer to the second
    change_form_before_template = "desk/hidden.html"
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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a filter of the list has this parameter. Django allows every lookup of every field, such as a regular
        expression that takes hours."""
        # PostgreSQL fails on a NUL.
        return lookup in parameters(self.get_list_filter(request)) and "\x00" not in value

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Tells staff which filters in the URL were ignored, as the list has none of that name or value."""
        query: Any = request.GET.copy()
        refused = [name for name, values in query.lists() if not self._accepts(request, name, values)]
        no_days = invalid_days(self.get_list_filter(request), query)
        if refused:
            names = ", ".join(name[:50] for name in refused[:5])
            self.message_user(request, f"This list cannot be filtered by {names}; that was ignored.", messages.WARNING)
        for name in no_days:
            text = f"“{query[name][:50]}” is not a date, so it was ignored. Write dates like {timezone.now():%Y-%m-%d}."
            self.message_user(request, text, messages.WARNING)
        if refused or no_days:
            for name in {*refused, *no_days}:
                del query[name]
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        if query.pop(ERROR_FLAG, None):  # Django's redirect after an invalid value
            self.message_user(request, "A filter had an invalid value, so all filters were ignored.", messages.WARNING)
            request.GET = query
        self._check_selection(request.POST.getlist(ACTION_CHECKBOX_NAME))
        return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> HttpResponse | None:
        """Django's, but "all" are the rows that the list has, as the link says, and not every match."""
        if request.POST.get("select_across", "0") != "0":
            listed = self.get_changelist_instance(request).queryset.values_list("pk", flat=True)[:MAX_ROWS]
            queryset = queryset.filter(pk__in=list(listed))
        return super().response_action(request, queryset, *args)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's; what is typed has the direction of its own script."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, CharField | TextField) and field:
            field.widget.attrs.setdefault("dir", "auto")
        return field

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Django's, which fails on an empty `_to_field` in the URL. Raises Http404 where there is no such object."""
        obj = super().get_object(request, object_id, from_field or None)
        if obj is None:
            raise Http404
        return obj

    def _check_selection(self, selected: list[str]) -> None:
        """Raises BadRequest unless all are keys of rows: Django would fail on anything else."""
        try:
            for each in selected:
                self.opts.pk.to_python(each)
        except ValidationError as error:
            raise BadRequest(str(error)) from error

    def _accepts(self, request: HttpRequest, name: str, values: list[str]) -> bool:
        return name in NO_FILTERS or all(self.lookup_allowed(name, value, request) for value in values)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows with every word of the search (see `core.search`) in one of `search_fields`, which are lookups."""
        for word in split_words(search_term):
            found = [Q((lookup, word)) for lookup in self.get_search_fields(request)]
            queryset = queryset.filter(reduce(or_, found, Q()))
        return queryset, False

    def get_urls(self) -> list[Any]:
        """The buttons' paths, before those of the admin."""
        own = []
        for each in self.buttons:
            name = f"{self.opts.app_label}_{self.opts.model_name}_{each.name}"
            view = self.admin_site.admin_view(partial(self._run_button, button=each))
            own.append(path(f"<int:pk>/{each.name}/", view, name=name))
        return own + super().get_urls()

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

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        once.remember(request, obj.pk)
        return super().log_addition(request, obj, message)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the buttons that this user may use, and the panels."""
        original = context.get("original")
        offered = [each for each in self.buttons if original and self._offers(request, each, original)]
        context["buttons"] = [(each, self._url(request, each.name, original)) for each in offered]
        context["panels"] = list(filter(None, (panel(request, original) for panel in self.panels if original)))
        return super().render_change_form(request, context, *args, **kwargs)

    def page_of(self, request: HttpRequest, obj: Model) -> HttpResponseRedirect:
        """A redirect to the object's page, which still knows the list that the user came from."""
        return HttpResponseRedirect(self._url(request, "change", obj))

    def page_of_button(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """A redirect to the page with the button, from its own URL: that is where signing in leads to."""
        return self.page_of(request, obj)

    def _offers(self, request: HttpRequest, button: Button, obj: Model) -> bool:
        return request.user.has_perm(button.permission) and button.shown(obj)

    def _url(self, request: HttpRequest, name: str, obj: Any) -> str:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[obj.pk])
        filters = self.get_preserved_filters(request)
        return f"{url}?{filters}" if filters else url

    def _run_button(self, request: HttpRequest, pk: int, button: Button) -> HttpResponseBase:
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        obj = self.get_object(request, str(pk))
        if not button.form and request.method != "POST":
            return self.page_of_button(request, obj)
        if not button.shown(obj):
            self.message_user(request, "That is no longer possible; nothing was changed.", messages.WARNING)
            return self.page_of(request, obj)
        if not button.form:
            return button.method(self, request, obj) or self.page_of(request, obj)
        form = button.form(request.POST or None, initial=request.GET.dict())
        if form.is_valid():
            return button.method(self, request, obj, form) or self.page_of(request, obj)
        context = {**self.admin_site.each_context(request), "title": button.label, "opts": self.opts}
        return TemplateResponse(request, "desk/form.html", {**context, "original": obj, "form": form, "button": button})


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
