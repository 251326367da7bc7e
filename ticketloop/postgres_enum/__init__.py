"""Native PostgreSQL enum types (CREATE TYPE … AS ENUM) as a model field and a migration operation."""

from ticketloop.postgres_enum.fields import EnumField
from ticketloop.postgres_enum.operations import CreateEnum

__all__ = ["CreateEnum", "EnumField"]
