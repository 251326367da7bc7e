"""Pages of staff: one form decides what a colleague may do, by their role."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from access.admin.permissions_field import PermissionsField
from access.admin.staff_forms import AddStaffForm, ChangeStaffForm
from access.models import StaffMember
from access.passwords import SetPasswordForm
from desk import once
from desk.base import DeskAdmin
from desk.formatting import NOTHING, moment

admin.site.unregister([User, Group])


class RoleFilter(admin.RelatedFieldListFilter):
    """Staff with a role, or with none; the field behind it has another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title, self.empty_value_display = "role", SafeString("none")


@admin.register(StaffMember)
class StaffAdmin(DeskAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """The list and the page of staff. Only superusers may create or change superusers."""

    form = ChangeStaffForm
    sent_twice_hint = "If you did not see the generated password, set another one."
    add_form = AddStaffForm
    add_form_template = "admin/change_form.html"  # Django's promises further options afterwards
    search_fields = [f"{name}__fold__matches" for name in ("username", "first_name", "last_name", "email")]
    list_display = ["username", "full_name", "role", "is_active", "last_sign_in"]
    list_filter = [("groups", RoleFilter), "is_active"]
    filter_horizontal = ()
    readonly_fields = ["how_to_set_password", "last_sign_in", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: StaffMember | None = None) -> Any:
        password = ["password1", "password2"]
        if obj:
            password = ["how_to_set_password"] if self.has_change_permission(request, obj) else []
        names = ["username", "first_name", "last_name", "email"]
        fieldsets: list[Any] = [(None, {"fields": [*names, *password, "role", "is_active"]})]
        if request.user.is_superuser:
            fieldsets.append(("Advanced", {"fields": ["is_superuser", "user_permissions"], "classes": ["collapse"]}))
        return [*fieldsets, ("Account", {"fields": ["last_sign_in", "date_joined"]})] if obj else fieldsets

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "user_permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return PermissionsField(label="Extra permissions", help_text="In addition to those of the role.")

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
    def last_sign_in(self, member: StaffMember) -> SafeString | str:
        return moment(member.last_login) if member.last_login else "never"

    @admin.display(description="password")
    def how_to_set_password(self, member: StaffMember) -> SafeString:
        return format_html('<a href="{}">Set a new password</a>', "../password/")

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Sets a password as the add form does: the one that was typed, or one that is generated."""
        member = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, member):
            raise PermissionDenied
        form = SetPasswordForm(member, request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._set_password(request, member, form)
        context = {**self.admin_site.each_context(request), "title": "Set a new password", "opts": self.opts}
        context |= {"original": member, "form": form, "back": "../change/", "form_token": once.new_token()}
        return TemplateResponse(request, "access/new_password.html", context)

    def _set_password(self, request: HttpRequest, member: StaffMember, form: Any) -> HttpResponse:
        """Sets it once: sent again, by a reload, the form would generate another after the first was passed on."""
        if once.sent_before(request):
            text = f"The form was sent twice; the password was set once. {self.sent_twice_hint}"
            self.message_user(request, text, messages.WARNING)
            return self.page_of(request, member)
        with once.unless_it_fails(request):
            form.save()
        update_session_auth_hash(request, member)
        self.log_change(request, member, "Set a new password.")
        if form.generated:
            return self._show_password(request, member, form.generated)
        self.message_user(request, f"The password of “{member}” was changed.")
        return self.page_of(request, member)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.generated_password = form.generated  # shown by response_add, never stored
        obj.is_staff = True  # whoever has a role may sign in to the desk
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        role = form.cleaned_data["role"]
        form.instance.groups.set([role] if role else [])

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Shows a generated password."""
        if not obj.generated_password:
            return super().response_add(request, obj, post_url_continue)
        return self._show_password(request, obj, obj.generated_password)

    def _show_password(self, request: HttpRequest, member: StaffMember, password: str) -> HttpResponse:
        """The password in the response itself, so that it is never stored."""
        context = {**self.admin_site.each_context(request), "title": "The new password", "opts": self.opts}
        context |= {"original": member, "password": password}
        return TemplateResponse(request, "access/password.html", context)
