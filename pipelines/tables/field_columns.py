"""Adds one column per field to a table."""

from typing import Any

from sqlalchemy import TIMESTAMP, Date, Integer, Text
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeEngine

from pipelines.domain.field import ColumnType
from pipelines.domain.fields import COLUMNS, FieldFileError
from pipelines.tables.base import Base

_TYPES: dict[ColumnType, TypeEngine[Any]] = {
    "text": Text(),
    "integer": Integer(),
    "date": Date(),
    "timestamptz": TIMESTAMP(timezone=True),
}


def add_field_columns(table: type[Base]) -> None:
    """Add a column for each field to `table`. It is nullable, because a field may be added when there are rows already.

    Raises FieldFileError for a name that a column cannot have.
    """
    for field in COLUMNS:
        if field.name in table.__table__.c or field.name in RESERVED_WORDS:
            raise FieldFileError(
                f"The field in {field.name}.py needs another name: a column cannot have this one."
            )
        setattr(table, field.name, mapped_column(_TYPES[field.column], nullable=True))
