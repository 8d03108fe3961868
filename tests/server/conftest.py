"""What does a server test stand on? An embedded PostgreSQL, the rights of the register, and the login of the Board."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_test_environment

from portvakt.demo import database
from tests import fresh

OWNER, NAME = fresh.set_up()
setup_test_environment()

from portvakt.server.accounts.models import Account  # noqa: E402 - models exist only from here on
from portvakt.server.purpose.context import acting  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402
from tests.cast import provider as the_provider  # noqa: E402

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
    before = dict(connection.settings_dict), settings.ENTRY_POINT
    connection.close()
    connection.settings_dict.update(USER="postgres")
    settings.ENTRY_POINT = "owner"
    yield
    connection.close()
    connection.settings_dict.update(before[0])
    settings.ENTRY_POINT = before[1]


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
def provider() -> Cast:
    """Return the provider's own organisation, which all tests of a run share."""
    return the_provider()


@pytest.fixture
def client_of() -> Callable[[Account], Client]:
    """Return how to get a browser in which an account is signed in."""

    def signed_in(account: Account) -> Client:
        client = Client()
        with acting("account_sign_in"):
            client.force_login(account)
        return client

    return signed_in
