"""Whether a state could be made where none is yet, found out without making anything."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from daemon.state.engine import build_engine, in_plain_words, parse_url, shown, sqlite_path
from daemon.state.errors import StateError


def try_making(url: str) -> str:
    """Return the address, as it may be shown, where this user could make a state there.

    Raises StateError where not, saying why.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        _try_directory(path)
    else:
        _try_schema(parsed)
    return shown(parsed)


def _try_directory(path: Path) -> None:
    there = next(parent for parent in path.absolute().parents if parent.exists())
    if not there.is_dir():
        message = f"state {path}: cannot be made ({there} is no directory); set state.url"
        raise StateError(message)
    if not os.access(there, os.W_OK | os.X_OK):
        message = (
            f"state {path}: cannot be made (this user may not write {there}); give it the directory or set state.url"
        )
        raise StateError(message)


def _try_schema(url: URL) -> None:
    # PostgreSQL 15 release notes: nobody but its owner may create in the schema public by default.
    asked = text("SELECT current_schema(), has_schema_privilege(current_schema(), 'CREATE')")
    engine = build_engine(url, create=False)
    try:
        with engine.connect() as connection:
            schema, allowed = connection.execute(asked).one()
    except DBAPIError as error:
        raise in_plain_words(error, url) from None
    finally:
        engine.dispose()
    if not allowed:
        what = f"the schema {schema}" if schema else "any schema of its search_path"
        message = f"state {shown(url)}: its tables cannot be made; grant this user CREATE on {what}"
        raise StateError(message)
