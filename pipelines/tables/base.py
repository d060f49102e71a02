"""What the tables share: one metadata with a naming convention, and common column types."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
        list[UUID]: ARRAY(Uuid),
    }


# UUIDv7 from PostgreSQL: sorted by time, so an index on it grows at its right edge.
Id = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
ClientId = Annotated[UUID, mapped_column(Uuid)]  # on every tenant table, for row-level security
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))]
Small = Annotated[int, mapped_column(SmallInteger)]


def same_client(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key from `column` to a row of `table` of the same client. A plain foreign key bypasses row-level security."""
    return ForeignKeyConstraint([column, "client_id"], [f"{table}.id", f"{table}.client_id"])


def referred_to() -> UniqueConstraint:
    """The constraint that `same_client` needs on the referenced table."""
    return UniqueConstraint("id", "client_id")
