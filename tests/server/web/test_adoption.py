"""Can whoever looks after the hardware give a reader its key from the Board, and see what became of it?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.server.accounts.models import Account, Role
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import ControllerTask
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/readers/{cast.readers[0].pk}/adopt/" + "".join(f"{part}/" for part in parts)


@pytest.fixture
def technician(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.accounts[Role.HARDWARE_MANAGER])


def begun(cast: Cast, client: Client) -> ControllerTask:
    answer = client.post(url(cast))
    with acting("premises_administration", cast.organisation.pk):
        task = ControllerTask.objects.get(action=ControllerTask.Action.ADOPT_READER)
    assert answer.headers["Location"] == url(cast, task.pk)
    return task


def became(task: ControllerTask, **values: object) -> None:
    """Do what the link does with a controller's answer."""
    with as_login("link"), acting("controller_link"):
        ControllerTask.objects.filter(pk=task.pk).update(**values)


@pytest.mark.row("S37")
def test_a_reader_is_adopted_once_it_was_confirmed(cast: Cast, technician: Client) -> None:
    assert technician.get(url(cast)).status_code == 200
    task = begun(cast, technician)
    assert (task.reader_id, task.seconds, task.controller_id) == (cast.readers[0].pk, 120, cast.controller.pk)
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.get(pk=task.pk).action == "reader.adoption_asked"


def test_an_operator_of_persons_may_not_give_readers_keys(cast: Cast, client_of: ClientOf) -> None:
    operator = client_of(cast.accounts[Role.OPERATOR])
    assert operator.post(url(cast)).status_code == 403
    with acting("premises_administration", cast.organisation.pk):
        assert not ControllerTask.objects.exists()


def test_the_page_watches_until_the_answer_and_then_says_it(cast: Cast, technician: Client) -> None:
    task, now = begun(cast, technician), timezone.now()

    def seen() -> str:
        return technician.get(url(cast, task.pk), headers={"HX-Request": "true"}).content.decode()

    assert "Asking the controller" in seen()
    became(task, claimed_at=now)
    assert "exchanging keys" in seen()
    became(task, answered_at=now, granted=False, detail="the reader did not answer")
    assert "the reader did not answer" in seen()
    assert "hx-get" not in seen()
    became(task, granted=True, detail="")
    assert "a key of its own" in seen()


def test_a_controller_that_never_took_the_task_is_said_so(cast: Cast, technician: Client) -> None:
    task = begun(cast, technician)
    became(task, asked_at=timezone.now() - timedelta(minutes=1))
    assert "does not answer" in technician.get(url(cast, task.pk)).content.decode()


def test_a_task_of_another_reader_is_not_found(cast: Cast, technician: Client) -> None:
    task = begun(cast, technician)
    other = f"/o/{cast.organisation.slug}/readers/{cast.readers[1].pk}/adopt/{task.pk}/"
    assert technician.get(other).status_code == 404
