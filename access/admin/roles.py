"""Pages of roles: what the staff who have one may do."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from access.admin.permissions_field import PermissionsField, offer_choices
from access.models import Role
from desk.base import DeskAdmin
from desk.formatting import quantity


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role's name and permissions."""

    permissions = PermissionsField(
        required=True, error_messages={"required": "Tick at least one: without any, the role shows an empty desk."}
    )

    class Meta:
        model = Role
        fields = ["name", "permissions"]
        error_messages: ClassVar = {"name": {"unique": "Another role has this name."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "permissions")


@admin.register(Role)
class RoleAdmin(DeskAdmin):
    """The list and the page of roles. Those made by migrations can be changed, and neither renamed nor deleted."""

    form = RoleForm
    list_display = ["name", "members"]
    fields = ["name", "permissions"]
    search_fields = ["name__fold__matches"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(count_of_members=Count("user"))

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> Any:
        return ["name"] if obj and obj.is_built_in else []

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_built_in)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No bulk deletion: it would take the built-in roles too."""
        return {}

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Says who loses what; Django's would list every row of its table of members."""
        (role,) = objs
        members = self.members(role)
        text = "Nobody has this role." if not members else f"{quantity(members, 'person', 'people')} will have no role."
        return [text], {}, set(), []

    @admin.display(description="staff", ordering="count_of_members")
    def members(self, role: Any) -> int:
        return int(role.count_of_members)
