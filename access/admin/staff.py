"""Pages of staff and roles: Django's users and groups in the look of the desk."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from desk.base import DeskAdmin

admin.site.unregister([User, Group])


class CheckboxManyToMany(DeskAdmin):
    """Checkboxes for roles and permissions: filter_horizontal is not usable with a screen reader."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )


@admin.register(User)
class UserAdmin(CheckboxManyToMany, DjangoUserAdmin):  # type: ignore[type-arg]
    """The list and the page of staff. Only superusers may create or change superusers."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    search_fields = [f"{name}__fold__matches" for name in ("username", "first_name", "last_name", "email")]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people who leave are made inactive, so that history keeps their names."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser", "user_permissions"]


@admin.register(Group)
class GroupAdmin(CheckboxManyToMany, DjangoGroupAdmin):  # type: ignore[misc]
    """The list and the page of roles."""

    search_fields = ["name__fold__matches"]
