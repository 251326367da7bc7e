"""Pages of a list that may be as long as a table: what a page costs does not grow with it."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList as UnfoldChangeList

MOST_ROWS = 2_000  # counted, and reached by turning pages; further rows are found by filter or search

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
    BaseChangeList = ChangeList
else:
    BasePaginator = Paginator
    BaseChangeList = UnfoldChangeList


class CappedPaginator(BasePaginator):
    """Counts `MOST_ROWS` rows and no further, so that neither the count nor the last page scans the table."""

    template_name = "desk/pagination.html"

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # what the admin pages through
        return rows.order_by()[: MOST_ROWS + 1].count()

    @cached_property
    def count(self) -> int:
        """The number of rows within reach."""
        return min(self._counted, MOST_ROWS)

    @property
    def is_capped(self) -> bool:
        """Whether there are rows beyond."""
        return self._counted > MOST_ROWS


class DeskChangeList(BaseChangeList):
    """A list whose number of rows is told once, by its paginator."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
