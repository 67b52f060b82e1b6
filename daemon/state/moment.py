"""The one way a time is stored: aware and in UTC, in each database's own best form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time: ``timestamptz`` on PostgreSQL, microseconds since 1970 on SQLite.

    SQLite has no type for times; whole numbers order, compare and index as times do. A naive time
    raises ValueError, because nobody could say what it means.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type for this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - what the driver takes
        """Turn an aware time into what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a time without a zone cannot be stored: {value.isoformat()}"
            raise ValueError(message)
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - what the driver gives
        """Turn what the database stored into an aware UTC time."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            stored: datetime = value
            return stored.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)
