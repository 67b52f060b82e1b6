"""Databases for states: a file, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, event, make_url

MEMORY = Path("/dev/shm")  # noqa: S108 - every folder in it gets a name of its own


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give a folder for files that are synced often: in memory where the system has such a place."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="cspmd-", dir=MEMORY if usable else None) as folder:
        yield Path(folder)


def new_database(server_url: str, template: str = "template0") -> str:
    """Make a database on this server, empty or a copy of a template, and return its URL."""
    name = f"t{uuid4().hex}"
    server = make_url(server_url)
    with psycopg.connect(plain(server_url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.set(database=name).render_as_string(hide_password=False)


def plain(url: str) -> str:
    """Return the URL as the driver itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect every statement that reaches a database driver."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(None, 1)[0].upper())

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
