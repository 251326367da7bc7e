"""Buttons: what staff can do to one object, offered on its page to those who may."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http.response import HttpResponseBase


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
