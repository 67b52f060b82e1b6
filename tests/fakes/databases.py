"""Databases for states: a file, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import psycopg
from sqlalchemy import make_url


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
