"""How many rows of the state a pass wrote: what is in the database after it and was not before."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path


def rows(database: Path) -> set[bytes]:
    """Return a digest of every row of every table; empty where there is no database yet."""
    if not database.exists():
        return set()
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        found = {
            hashlib.blake2b(repr((table, row)).encode(), digest_size=16).digest()
            for table in tables
            for row in connection.execute(f'select * from "{table}"')  # noqa: S608 - names come from the schema
        }
    connection.close()
    return found
