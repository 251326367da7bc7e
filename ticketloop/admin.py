"""What the support desk's pages have in common: read-only pages, and buttons that do something to one object.

The look is django-unfold's; what changes anything is a POST with CSRF protection, never a link.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from ticketloop.paging import CappedPaginator, DeskChangeList

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = UnfoldModelAdmin
    TabularInline = UnfoldTabularInline


class Button:
    """A method of a `DeskAdmin` that an object's page offers to those who may: `method(request, object)`, or with
    `form` `method(request, object, form)` once that form, on a page of its own, is filled in."""

    def __init__(
        self,
        method: Callable[..., HttpResponseBase | None],
        label: str,
        permission: str,
        shown: Callable[[Any], bool],
        primary: bool,
        form: type[forms.Form] | None,
    ) -> None:
        self.method, self.label, self.permission, self.shown = method, label, permission, shown
        self.primary, self.form = primary, form
        self.name = method.__name__.replace("_", "-")


def button(
    label: str,
    permission: str,
    shown: Callable[[Any], bool] = lambda obj: True,
    primary: bool = False,
    form: type[forms.Form] | None = None,
) -> Callable[[Callable[..., HttpResponseBase | None]], Button]:
    """Makes a method of a `DeskAdmin` a button for the holders of `permission`, on the objects for which `shown`."""
    return lambda method: Button(method, label, permission, shown, primary, form)


class DeskAdmin(ModelAdmin):
    """A model's pages at the support desk."""

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    buttons: Sequence[Button] = ()
    change_form_outer_before_template = "desk/buttons.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskChangeList]:
        return DeskChangeList

    def get_urls(self) -> list[Any]:
        """The buttons' paths, before the admin's own."""
        own = []
        for each in self.buttons:
            name = f"{self.opts.app_label}_{self.opts.model_name}_{each.name}"
            view = self.admin_site.admin_view(partial(self._press, button=each))
            own.append(path(f"<int:pk>/{each.name}/", view, name=name))
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the buttons that this user may press."""
        original = context.get("original")
        offered = [each for each in self.buttons if original and self._offers(request, each, original)]
        context["buttons"] = [(each, self._url(each, original)) for each in offered]
        return super().render_change_form(request, context, *args, **kwargs)

    def page_of(self, obj: Model) -> HttpResponseRedirect:
        """Back to the object's page."""
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        )

    def _offers(self, request: HttpRequest, button: Button, obj: Model) -> bool:
        return request.user.has_perm(button.permission) and button.shown(obj)

    def _url(self, button: Button, obj: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{button.name}", args=[obj.pk])

    def _press(self, request: HttpRequest, pk: int, button: Button) -> HttpResponseBase:
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
    """Staff may look; nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows beneath their object, to look at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister([User, Group])


class Ticked(ModelAdmin):
    """Offers roles and permissions as boxes to tick: Django's two lists with arrows are not to be read by ear."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultiple}
        )


@admin.register(User)
class UserAdmin(Ticked, DjangoUserAdmin):  # type: ignore[type-arg]
    """Who may sign in. Only superusers make superusers, or change one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: who left is made inactive, so that what they did goes on bearing their name."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser", "user_permissions"]


@admin.register(Group)
class GroupAdmin(Ticked, DjangoGroupAdmin):  # type: ignore[misc]
    """Roles: what those who have one may do."""
