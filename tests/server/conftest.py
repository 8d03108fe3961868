"""What does a server test stand on? An embedded PostgreSQL, the rights of the register, and the login of the Board."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_test_environment

from portvakt.demo import database

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("PORTVAKT_VAR", ROOT / "var"))


def _made_from() -> str:
    """Digest of everything that the empty database is made from: what changes makes a new template."""
    files = sorted(
        [*ROOT.glob("portvakt/server/**/*.py"), *ROOT.glob("register/*.toml"), *ROOT.glob("requirements/*.txt")]
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _secrets() -> Path:
    """Return a folder with the one secret that actions need."""
    folder = VAR / "test-secrets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digest.key").write_bytes(bytes(range(32)))
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


os.environ.update(
    SECRET_KEY="for tests", PORTVAKT_SECRETS=str(_secrets()), DJANGO_SETTINGS_MODULE="portvakt.server.settings",
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)  # fmt: skip
OWNER, NAME = _fresh_database()
os.environ.update(database.environment(OWNER, "board", NAME))
django.setup()
setup_test_environment()

from portvakt.server.accounts.models import Account  # noqa: E402 - models exist only from here on
from portvakt.server.purpose.context import acting  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402

# A manifest of hashed file names exists only after collectstatic, which tests of pages do not need.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(scope="session", autouse=True)
def _database() -> Iterator[None]:
    """Drop this run's database at its end."""
    yield
    connections.close_all()
    database.drop(OWNER, NAME)


@pytest.fixture
def owner() -> Iterator[None]:
    """Connect as the owner of the tables: for tests about the rights themselves."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER="postgres")
    yield
    connection.close()
    connection.settings_dict.update(before)


@pytest.fixture
def cast() -> Cast:
    """Make an organisation of this test's own, with everyone in it."""
    return make_cast()


@pytest.fixture(scope="module")
def shared_cast() -> Cast:
    """Make an organisation that the tests of one file share and only read."""
    return make_cast()


@pytest.fixture
def other() -> Cast:
    """Make somebody else's organisation."""
    return make_cast("Ekbacken")


@pytest.fixture
def client_of() -> Callable[[Account], Client]:
    """Return how to get a browser in which an account is signed in."""

    def signed_in(account: Account) -> Client:
        client = Client()
        with acting("account_sign_in"):
            client.force_login(account)
        return client

    return signed_in
