"""Model field for a column of a native PostgreSQL enum type."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class EnumField(CharField):
    """A text field stored as the enum type `enum_type`, which the migration operation `CreateEnum` creates.

    Values are labels from `choices` (str). Raises ValueError when any other label is saved or looked up: an error of
    PostgreSQL would turn a bad filter in a URL into a 500.
    """

    def __init__(self, *args: Any, enum_type: str, **kwargs: Any) -> None:
        self.enum_type = enum_type
        super().__init__(*args, **kwargs)
        # An enum column has no length to check.
        self.validators = [v for v in self.validators if not hasattr(v, "limit_value")]

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "enum_type": self.enum_type}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return connection.ops.quote_name(self.enum_type)

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return self.db_type(connection)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        # CharField would add a collation; enum columns have none.
        return {**super().db_parameters(connection), "collation": None}

    def get_prep_value(self, value: Any) -> Any:
        label = super().get_prep_value(value)
        if isinstance(label, str) and label not in dict(self.flatchoices):
            raise ValueError(f"{self.name}: {label!r} is not one of {', '.join(dict(self.flatchoices))}.")
        return label
