"""Forms and pages of passwords: one's own, and a colleague's."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm

# What AUTH_PASSWORD_VALIDATORS refuse.
RULES = "At least 8 characters, not only digits, no common password, nothing like the username, name or email address."
DIFFERENT = "The two passwords differ."
GENERATED_LENGTH = 12  # bytes


class OptionalPasswordMixin(forms.Form):
    """The fields `password1` and `password2`; if both are empty, a password is generated."""

    error_messages: Any = {"password_mismatch": DIFFERENT}
    generated = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = (self.fields[name] for name in ("password1", "password2"))
        first.required = second.required = False
        first.label, second.label = "Password", "Password again"
        first.help_text = f"{RULES} Leave both fields empty to have one generated, which is shown once."
        second.help_text = ""

    def clean(self) -> dict[str, Any] | None:
        typed = [self.cleaned_data.get(name) for name in ("password1", "password2")]
        if not any(typed):
            self.generated = secrets.token_urlsafe(GENERATED_LENGTH)
            self.cleaned_data |= {"password1": self.generated, "password2": self.generated}
        elif not all(typed):
            self.add_error("password2", "Enter the password in both fields, or leave both empty.")
        return super().clean()


class SetPasswordForm(OptionalPasswordMixin, AdminPasswordChangeForm):  # type: ignore[misc]  # unfold has no types
    """A colleague's new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)  # who shall not sign in is made inactive
        self.explanation = f"“{self.user}” signs in with the new password from now on. Sessions open elsewhere end."


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]
    """One's own new password."""

    explanation = "You stay signed in here. Sessions open elsewhere end."
    error_messages = {"password_mismatch": DIFFERENT, "password_incorrect": "That is not your current password."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Current password"
        self.fields["new_password1"].help_text = RULES
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class OwnPasswordView(PasswordChangeView):
    """Django's, which leads back to the home page."""

    form_class = OwnPasswordForm
    template_name = "access/new_password.html"
    success_url = reverse_lazy("admin:index")
    title = "Change your password"

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password was changed.")
        return super().form_valid(form)


@admin.site.admin_view
def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """The page on which staff change their own password."""
    context = {**admin.site.each_context(request), "back": reverse("admin:index")}
    return OwnPasswordView.as_view(extra_context=context)(request)
