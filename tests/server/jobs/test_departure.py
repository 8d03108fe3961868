"""Does a person whose time here is over go by itself, with all that was theirs?"""

from datetime import timedelta

import pytest
from django.utils import timezone

from portvakt.server.access.models import Assignment
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Membership, Role
from portvakt.server.jobs.jobs import remove_overdue
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.organisations.models import TakenBack
from portvakt.server.people.actions import change_person
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login


@pytest.mark.row("S20")
def test_who_has_left_goes_with_all_that_was_theirs_and_doors_are_told(cast: Cast) -> None:
    with as_login("board"), acting("person_invitation"):
        invite_person(cast.accounts[Role.REGULAR].email, cast.resident.pk, by=cast.by)
    with as_login("board"), acting("access_administration", cast.organisation.pk):
        change_person(cast.resident, by=cast.by, valid_to=timezone.now() - timedelta(days=31))
        change_person(cast.suspended, by=cast.by, valid_to=timezone.now() - timedelta(days=29))
        before = wanted_version(cast.organisation.pk)
    with as_login("jobs"):
        remove_overdue(timezone.now())
    with as_login("board"), acting("access_administration", cast.organisation.pk):
        assert set(Person.objects.values_list("pk", flat=True)) == {cast.guest.pk, cast.suspended.pk}
        assert not Credential.objects.filter(person=cast.resident.pk).exists()
        assert not Assignment.objects.filter(person=cast.resident.pk).exists()
        assert wanted_version(cast.organisation.pk) > before
        assert not Membership.objects.filter(person_id=cast.resident.pk).exists()
    with as_login("link"), acting("entry", cast.organisation.pk):
        assert TakenBack.objects.filter(person_id=cast.resident.pk).exists()
