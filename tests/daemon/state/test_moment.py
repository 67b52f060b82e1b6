"""Times come back as they were stored, to the microsecond and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from daemon.state import State
from daemon.state.moment import Moment


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_any_aware_time_survives_sqlite_to_the_microsecond(at: datetime) -> None:
    dialect = sqlite.dialect()
    stored = Moment().process_bind_param(at, dialect)
    assert isinstance(stored, int)
    again = Moment().process_result_value(stored, dialect)
    assert again == at.astimezone(UTC)
    assert again is not None
    assert again.tzinfo is UTC


def test_a_time_of_another_zone_comes_back_in_utc(state: State) -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with state.write() as connection:
        state.cursors.set(connection, "a", b"b", at)
    with state.read() as connection:
        from daemon.state.schema import cursors

        stored = connection.execute(cursors.select()).one().updated_at
    assert (stored, stored.tzinfo) == (at, UTC)


def test_a_time_without_a_zone_is_refused(state: State) -> None:
    with pytest.raises(StatementError, match="without a zone"), state.write() as connection:
        state.cursors.set(connection, "a", b"b", datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point
    assert state.cursors.get("a") is None


def test_no_time_is_no_time() -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        assert Moment().process_bind_param(None, dialect) is None
        assert Moment().process_result_value(None, dialect) is None
