"""Form widgets of the support desk."""

from typing import TYPE_CHECKING

from django.forms import CheckboxSelectMultiple
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

if TYPE_CHECKING:
    Checkboxes = CheckboxSelectMultiple
else:
    Checkboxes = UnfoldAdminCheckboxSelectMultipleWidget


class CheckboxesWidget(Checkboxes):
    """Checkboxes with django-unfold's look, each in its label; groups are fieldsets with a legend."""

    template_name = "desk/checkboxes.html"
