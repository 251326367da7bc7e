"""Views of buttons: what happens when one is pressed. Every change is a POST with CSRF protection, never a link."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk import once
from desk.buttons import Button
from desk.model_admin import ModelAdmin


class ButtonAdmin(ModelAdmin):
    """Pages with buttons, each for one object."""

    buttons: tuple[Button, ...] = ()
    change_form_outer_before_template = "desk/buttons.html"

    @classmethod
    def add_buttons(cls, *buttons: Button) -> None:
        """Adds buttons of an app in a layer above."""
        cls.buttons += buttons

    def get_urls(self) -> list[Any]:
        """The buttons' paths, before those of the admin."""
        own = []
        for each in self.buttons:
            name = f"{self.opts.app_label}_{self.opts.model_name}_{each.name}"
            view = self.admin_site.admin_view(partial(self._run_button, button=each))
            own.append(path(f"<int:pk>/{each.name}/", view, name=name))
        return own + super().get_urls()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Django's, which fails on an empty `_to_field` in the URL. Raises Http404 where there is no such object."""
        obj = super().get_object(request, object_id, from_field or None)
        if obj is None:
            raise Http404
        return obj

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

    def too_late(self, button: Button, obj: Any) -> str:
        """Why the button is not to be pressed any more; somebody else may have done so."""
        return f"“{button.label}” is no longer possible for “{obj}”. Nothing was changed."

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the buttons that this user may use."""
        original = context.get("original")
        offered = [each for each in self.buttons if original and self._offers(request, each, original)]
        context["buttons"] = [(each, self._url(request, each.name, original)) for each in offered]
        context["button_token"] = once.new_token()
        return super().render_change_form(request, context, *args, **kwargs)

    def _run_button(self, request: HttpRequest, pk: int, button: Button) -> HttpResponseBase:
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        obj = self.get_object(request, str(pk))
        if button.form:
            return self._run_form(request, obj, button, button.form)
        if request.method != "POST":
            return self.page_of_button(request, obj)
        return self._press(request, obj, button)

    def _run_form(self, request: HttpRequest, obj: Any, button: Button, form_class: type[Form]) -> HttpResponseBase:
        """The button's own page, until what is sent from it is valid."""
        form = form_class(request.POST or None, initial=request.GET.dict())
        if form.is_valid():
            return self._press(request, obj, button, form)
        if not button.shown(obj):
            self.message_user(request, self.too_late(button, obj), messages.WARNING)
            return self.page_of(request, obj)
        context = {**self.admin_site.each_context(request), "title": button.label, "opts": self.opts}
        context |= {"original": obj, "form": form, "danger": button.danger, "back": "../change/"}
        context["form_token"] = once.new_token()
        return TemplateResponse(request, "desk/form.html", context)

    def _press(self, request: HttpRequest, obj: Any, button: Button, *form: Form) -> HttpResponseBase:
        """Does what the button is for, unless that is refused."""
        if refusal := self._refuse(request, obj, button):
            return refusal
        with once.unless_it_fails(request):
            return button.method(self, request, obj, *form) or self.page_of(request, obj)

    def _refuse(self, request: HttpRequest, obj: Any, button: Button) -> HttpResponse | None:
        """Back to the page, which says why, if this was pressed twice or comes too late."""
        if not button.harmless and once.sent_before(request):
            text = once.PRESSED_TWICE.format(button.label)
        elif not button.shown(obj):
            text = self.too_late(button, obj)
        else:
            return None
        self.message_user(request, text, messages.WARNING)
        return self.page_of_button(request, obj)
