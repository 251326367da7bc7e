"""Pages of staff: one form decides what a colleague may do, by their role."""

import secrets
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.forms import AdminPasswordChangeForm

from access.admin.permissions_field import PermissionsField
from access.admin.staff_forms import AddStaffForm, ChangeStaffForm
from access.models import StaffMember
from desk.base import DeskAdmin
from desk.formatting import NOTHING, moment

admin.site.unregister([User, Group])


class RoleFilter(admin.RelatedFieldListFilter):
    """Staff with a role; the field behind it has another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(StaffMember)
class StaffAdmin(DeskAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """The list and the page of staff. Only superusers may create or change superusers."""

    form = ChangeStaffForm
    sent_twice_hint = "If you did not see the generated password, set another one."
    add_form = AddStaffForm
    add_form_template = "admin/change_form.html"  # Django's promises further options afterwards
    change_password_form = AdminPasswordChangeForm
    search_fields = [f"{name}__fold__matches" for name in ("username", "first_name", "last_name", "email")]
    list_display = ["username", "full_name", "role", "is_active", "last_sign_in"]
    list_filter = [("groups", RoleFilter), "is_active"]
    filter_horizontal = ()
    readonly_fields = ["last_sign_in", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: StaffMember | None = None) -> Any:
        password = ["password"] if obj else ["password1", "password2"]
        names = ["username", "first_name", "last_name", "email"]
        fieldsets: list[Any] = [(None, {"fields": [*names, *password, "role", "is_active"]})]
        if request.user.is_superuser:
            fieldsets.append(("Advanced", {"fields": ["is_superuser", "user_permissions"], "classes": ["collapse"]}))
        return [*fieldsets, ("Account", {"fields": self.readonly_fields})] if obj else fieldsets

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "user_permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return PermissionsField(label="extra permissions", help_text="Beside those of the role.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people who leave are made inactive, so that history keeps their names."""
        return False

    @admin.display(description="name", ordering="first_name")
    def full_name(self, member: StaffMember) -> str:
        return member.get_full_name() or NOTHING

    @admin.display(description="role")
    def role(self, member: StaffMember) -> str:
        return member.role_names or "none"

    @admin.display(description="last sign-in", ordering="last_login")
    def last_sign_in(self, member: StaffMember) -> str:
        return moment(member.last_login) if member.last_login else "never"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and not form.cleaned_data["password1"]:
            obj.generated_password = secrets.token_urlsafe(12)  # shown by response_add, never stored
            obj.set_password(obj.generated_password)
        obj.is_staff = True  # whoever has a role may sign in to the desk
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        role = form.cleaned_data["role"]
        form.instance.groups.set([role] if role else [])

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Shows a generated password in the response itself, so that it is never stored."""
        password = getattr(obj, "generated_password", None)
        if password is None:
            return super().response_add(request, obj, post_url_continue)
        context = {**self.admin_site.each_context(request), "title": "The first password", "opts": self.opts}
        context |= {"original": obj, "password": password}
        return TemplateResponse(request, "access/password.html", context)
