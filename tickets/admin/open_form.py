"""The form with which staff open a ticket, for example for a caller."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.email import MAX_LENGTH as EMAIL_MAX_LENGTH
from contacts.models import NAME_MAX_LENGTH
from core.visible_text import visible
from desk.base import ReadOnlyAdmin
from tickets import services
from tickets.actors import request_actor
from tickets.api.serializers import OpenTicketSerializer
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket


class TypedText(forms.CharField):
    """A textarea's text with LF line ends, as through the API; browsers submit CR LF."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class OpenTicketForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields of the API, validated by `OpenTicketSerializer`."""

    full_name = forms.CharField(
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": NAME_MAX_LENGTH, "autocomplete": "off", "dir": "auto"}),
    )
    email = forms.CharField(
        widget=UnfoldAdminEmailInputWidget(attrs={"maxlength": EMAIL_MAX_LENGTH, "autocomplete": "off"}),
        help_text="If this address is known, the contact keeps their current name.",
    )
    issue_description = TypedText(
        label="Message",
        widget=UnfoldAdminTextareaWidget(attrs={"maxlength": DESCRIPTION_MAX_LENGTH, "rows": 12, "dir": "auto"}),
        help_text="What the customer said, stored exactly as typed.",
    )

    class Meta:
        model = Ticket
        fields = ["issue_description"]

    def clean(self) -> dict[str, Any]:
        """Adds the serializer's errors to their fields."""
        cleaned = super().clean() or self.cleaned_data
        given = {name: cleaned[name] for name in ("full_name", "email", "issue_description") if name in cleaned}
        serializer = OpenTicketSerializer(data=given)
        if not serializer.is_valid():
            for name in given.keys() & serializer.errors.keys():
                self.add_error(name, [str(error) for error in serializer.errors[name]])
        return {**cleaned, **serializer.validated_data}


class TicketAddAdmin(ReadOnlyAdmin):
    """Opens tickets through the same service as the API, so that receivers are notified."""

    add_form_template = "admin/change_form.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tickets.add_ticket"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        own = {} if obj else {"form": OpenTicketForm}
        return super().get_form(request, obj, change=change, **kwargs, **own)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ["full_name", "email", "issue_description"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Shows a single save button."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Ticket, post_url_continue: str | None = None) -> HttpResponse:
        """Redirects to the ticket's page, or home if the role may open tickets and not see them."""
        self.message_user(request, f"Ticket {obj} was opened.", messages.SUCCESS)
        return self.page_of(request, obj) if self.has_view_permission(request) else redirect("admin:index")

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        """Opens the ticket and loads it into `obj`."""
        values = form.cleaned_data
        given = values["full_name"], values["email"], values["issue_description"]
        opened = services.open_ticket(*given, by=request_actor(request))
        obj.pk = opened.id
        obj.refresh_from_db()
        # Who may not see tickets learns nothing about a contact whose address they know.
        if obj.contact.full_name != values["full_name"] and self.has_view_permission(request):
            text = f"{obj.contact.email} is a known contact and keeps the name {visible(obj.contact.full_name)}."
            self.message_user(request, text, messages.WARNING)
