"""A model field whose column is of a native PostgreSQL enum type."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class EnumField(CharField):
    """A text field stored as the enum type `enum_type`, which a `CreateEnum` migration operation makes.

    In and out: the label, a str from `choices`. Raises ValueError when a label outside `choices` is saved or
    looked up: left to PostgreSQL, a bad filter in a URL would be a server error.
    """

    def __init__(self, *args: Any, enum_type: str, **kwargs: Any) -> None:
        self.enum_type = enum_type
        super().__init__(*args, **kwargs)
        # PostgreSQL compares and sorts enum values by themselves: there is no length to check.
        self.validators = [v for v in self.validators if not hasattr(v, "limit_value")]

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "enum_type": self.enum_type}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return connection.ops.quote_name(self.enum_type)

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return self.db_type(connection)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        # CharField would add a collation, which an enum column has none of.
        return {**super().db_parameters(connection), "collation": None}

    def get_prep_value(self, value: Any) -> Any:
        label = super().get_prep_value(value)
        if isinstance(label, str) and label not in dict(self.flatchoices):
            raise ValueError(f"{self.name}: {label!r} is not one of {', '.join(dict(self.flatchoices))}.")
        return label
