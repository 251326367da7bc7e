"""Form widgets of the support desk."""

from typing import TYPE_CHECKING

from django.forms import CheckboxSelectMultiple, DateTimeInput
from unfold.widgets import INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget

if TYPE_CHECKING:
    Checkboxes = CheckboxSelectMultiple
else:
    Checkboxes = UnfoldAdminCheckboxSelectMultipleWidget


class CheckboxesWidget(Checkboxes):
    """Checkboxes with django-unfold's look, each in its label; groups are fieldsets with a legend."""

    template_name = "desk/checkboxes.html"


class MomentWidget(DateTimeInput):
    """Day and time in one input, for which browsers have a calendar."""

    def __init__(self) -> None:
        super().__init__({"type": "datetime-local", "step": "1", "class": " ".join(INPUT_CLASSES)}, "%Y-%m-%dT%H:%M:%S")
