"""Lists of the support desk: search, filters, selection."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from core.search import split_words
from desk.list_filters import invalid_days, parameters
from desk.model_admin import ModelAdmin
from desk.paginator import MAX_ROWS, CappedPaginator, DeskChangeList

NO_FILTERS = {PAGE_VAR, ERROR_FLAG, *IGNORED_PARAMS}  # other parameters of a list


class ListAdmin(ModelAdmin):
    """A list that costs no more with millions of rows, and says which part of its query it ignored."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every row
    paginator = CappedPaginator
    list_per_page = 50

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
