"""Pagination whose cost does not grow with the table."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst
from unfold.views import ChangeList as UnfoldChangeList

MAX_ROWS = 2_000  # counted and listed; older rows are found by search or filter

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
    BaseChangeList = ChangeList
else:
    BasePaginator = Paginator
    BaseChangeList = UnfoldChangeList


def capped_count(rows: QuerySet[Any], most: int) -> str:
    """The number of rows for people; beyond `most` they are not counted: `2,000+`."""
    count = rows.order_by()[: most + 1].count()
    return f"{most:,}+" if count > most else f"{count:,}"


class CappedPaginator(BasePaginator):
    """Stops counting at `MAX_ROWS`, so that neither the count nor the last page scans the table."""

    template_name = "desk/pagination.html"

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin paginates querysets only
        return rows.order_by()[: MAX_ROWS + 1].count()

    @cached_property
    def count(self) -> int:
        """The number of rows listed."""
        return min(self._counted, MAX_ROWS)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than `MAX_ROWS`."""
        return self._counted > MAX_ROWS


class DeskChangeList(BaseChangeList):
    """A list with one count, the paginator's, and a sentence that says that it is empty."""

    no_filters: frozenset[str] = frozenset()  # parameters that choose a list, and do not narrow it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = self.list_title

    @property
    def list_title(self) -> str:
        """What the browser's tab says."""
        return capfirst(str(self.opts.verbose_name_plural))

    def get_filters(self, request: HttpRequest) -> Any:
        """Django's; a filter is active if it has a value: forms send the empty ones, too."""
        *filters, _ = super().get_filters(request)
        given = self.get_filters_params()
        return *filters, any(any(given[name]) for name in given.keys() - self.no_filters)

    @property
    def whole_list(self) -> str:
        """The URL without search and filters."""
        return "?" + urlencode({name: self.params[name] for name in self.no_filters if name in self.params})

    @property
    def empty_text(self) -> str:
        """Said where no search and no filter is to blame."""
        return f"No {self.opts.verbose_name_plural}."

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
