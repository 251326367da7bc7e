"""Buttons: actions on one object, shown on its page to users with the permission."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http.response import HttpResponseBase


class Button:
    """A method of a `DeskAdmin` as a button: `method(request, object)`, or `method(request, object, form)` once `form`,
    on a page of its own, is valid."""

    def __init__(
        self,
        method: Callable[..., HttpResponseBase | None],
        label: str,
        permission: str,
        shown: Callable[[Any], bool],
        primary: bool,
        form: type[forms.Form] | None,
        danger: bool,
        harmless: bool,
    ) -> None:
        self.method, self.label, self.permission, self.shown = method, label, permission, shown
        self.primary, self.form, self.danger, self.harmless = primary, form, danger, harmless
        self.name = method.__name__.replace("_", "-")


def button(
    label: str,
    permission: str,
    shown: Callable[[Any], bool] = lambda obj: True,
    primary: bool = False,
    form: type[forms.Form] | None = None,
    danger: bool = False,
    harmless: bool = False,
) -> Callable[[Callable[..., HttpResponseBase | None]], Button]:
    """Decorator: makes a method of a `DeskAdmin` a button for users with `permission`, on objects that are `shown`.

    One of `danger` is red; its form is the confirmation. A `harmless` one changes nothing, and may be pressed twice.
    """
    return lambda method: Button(method, label, permission, shown, primary, form, danger, harmless)
