"""How does a test run or a measurement get a database of its own, as a new deployment has it, and Django set up on it?"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import django
import psycopg

from portvakt.demo import database
from portvakt.server.link.authority import make_secrets

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PORTVAKT_VAR", ROOT / "var"))


def _made_from() -> str:
    """Digest of everything that the empty database is made from: what changes makes a new template."""
    files = sorted(
        [*ROOT.glob("portvakt/server/**/*.py"), *ROOT.glob("register/**/*.toml"), *ROOT.glob("requirements/*.txt")]
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _secrets() -> Path:
    """Return a folder with secrets of the tests' own."""
    folder = VAR / "test-secrets"
    folder.parent.mkdir(parents=True, exist_ok=True)
    make_secrets(folder, ["localhost", "127.0.0.1"])
    return folder


def _template(owner: str, connection: psycopg.Connection) -> str:
    """Return the name of a database as a new deployment has it, made once per state of the code."""
    name = f"template_{_made_from()}"
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        database.drop(owner, f"{name}_new")
        database.create(owner, f"{name}_new")
        env = database.environment(owner, "owner", f"{name}_new")
        for command in (["migrate", "-v0"], ["rights", "--apply"]):
            subprocess.run(
                [sys.executable, "-m", "portvakt", *command], env=env, check=True, stdout=subprocess.DEVNULL, cwd=ROOT
            )
        connection.execute(f'alter database "{name}_new" rename to "{name}"')
    return name


def _fresh_database() -> tuple[str, str]:
    """Return (owner's address, name) of a database of this test run's own."""
    owner, name = database.start(VAR / "test-pg"), f"test_{os.getpid()}"
    with psycopg.connect(owner, autocommit=True) as one_at_a_time:
        one_at_a_time.execute("select pg_advisory_lock(1)")
        template = _template(owner, one_at_a_time)
        database.drop(owner, name)
        database.create(owner, name, template)
    return owner, name


def set_up() -> tuple[str, str]:
    """Make the database, connect with the Board's login, set Django up; return (owner's address, name) for dropping it later."""
    os.environ.update(
        SECRET_KEY="for tests",
        PORTVAKT_SECRETS=str(_secrets()),
        DJANGO_SETTINGS_MODULE="portvakt.server.settings",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    )
    owner, name = _fresh_database()
    os.environ.update(database.environment(owner, "board", name))
    django.setup()
    return owner, name
