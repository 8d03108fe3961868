"""Does every page that asks for personal data say at the form what for, who answers for it, who gets it and what refusing means?

S32, S33. Swept by following links as different people do, so that a page nobody thought of is swept too.
"""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import translation

from portvakt.core.decision.model import AuthType, Side
from portvakt.core.privacy import Kind, Subject
from portvakt.server.access.actions import assign, save_rule
from portvakt.server.access.models import AccessRule
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.web.board.forms_people import AssignForm, PersonForm
from portvakt.server.web.collection import point, point_of, row_of
from portvakt.server.web.forms import refuse_identity_number
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
# Controls by which nobody says anything about themselves.
SILENT = {"hidden", "submit", "button", "reset", "image", "checkbox", "radio", "search"}
MOST_PAGES = 250


class Page(HTMLParser):
    """The forms and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, object]] = []
        self.links: list[str] = []
        self.points: set[str] = set()
        self._form: dict[str, object] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._form = {"method": given.get("method"), "asks": [], "said": False, "where": given.get("action")}
            self.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        elif tag in {"input", "select", "textarea"} and self._form and given.get("type") not in SILENT:
            self._form["asks"].append((given.get("name") or tag, given.get("data-collected-by")))  # type: ignore[attr-defined]
        if "data-collection" in given:
            self.points.add(given.get("id") or "")
            if self._form is not None:
                self._form["said"] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def unsaid(html: str) -> list[str]:
    """The fields of posting forms that ask for something and say nothing of it."""
    page = Page(html)
    return [
        f"{form['where'] or ''} {name}"
        for form in page.forms
        if form["method"] == "post" and not form["said"]
        for name, elsewhere in form["asks"]  # type: ignore[attr-defined]
        if not (elsewhere and elsewhere in page.points)
    ]


def pages(client: Client, *starts: str) -> Iterator[tuple[str, str]]:
    """Follow links from some pages; yield the view and the HTML of each page, each view once."""
    waiting, seen = list(starts), set()
    while waiting and len(seen) < MOST_PAGES:
        where = waiting.pop(0)
        try:
            view = resolve(urlsplit(where).path).view_name
        except Resolver404:
            continue
        if view in seen:
            continue
        seen.add(view)
        answer = client.get(where, follow=True)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            html = answer.content.decode()
            yield view, html
            here = answer.request["PATH_INFO"]
            waiting += [link for href in Page(html).links if (link := urljoin(here, href)).startswith("/")]


def swept(client: Client, *starts: str) -> tuple[set[str], dict[str, list[str]]]:
    """The views that were seen, and of them those that do not say what they collect."""
    found = dict(pages(client, *starts))
    return set(found), {view: said for view, html in found.items() if (said := unsaid(html))}


@pytest.mark.row("S32")
@pytest.mark.row("S33")
def test_every_form_of_the_board_says_what_it_collects(shared_cast: Cast, client_of: ClientOf) -> None:
    base = f"/o/{shared_cast.organisation.slug}"
    person = f"{base}/persons/{shared_cast.resident.pk}/"
    seen, wrong = swept(client_of(shared_cast.admin), f"{base}/", person)
    assert wrong == {}
    # What is surely a point of collection was reached.
    assert {"board:person_add", "board:person", "board:operator_add", "board:rule_persons", "board:alarms"} <= seen


@pytest.mark.row("S32")
def test_every_form_of_a_persons_own_pages_says_what_it_collects(cast: Cast, client_of: ClientOf) -> None:
    rule = AccessRule(name="Phone")
    with acting("access_administration", cast.organisation.pk):
        save_rule(rule, {cast.door.pk: {Side.ENTRY: [AuthType.REMOTE]}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)
    with acting("person_invitation"):
        invite_person(cast.accounts[Role.REGULAR].email, cast.resident.pk, by=cast.by)
    client, base = client_of(cast.accounts[Role.REGULAR]), f"/o/{cast.organisation.slug}/me/"
    seen, wrong = swept(client, base, "/", "/account/")
    assert wrong == {}
    assert {"me:doors", "my_account"} <= seen


def test_every_form_of_signing_in_says_what_it_collects(shared_cast: Cast, client_of: ClientOf) -> None:
    seen, wrong = swept(Client(), "/account/login/", "/account/password/reset/")
    assert wrong == {}
    starts = (
        "/account/",
        "/account/email/",
        "/account/password/change/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
    )
    more, wrong = swept(client_of(shared_cast.admin), *starts, "/account/2fa/webauthn/add/", "/account/reauthenticate/")
    assert wrong == {}
    assert {"account_login", "account_reset_password", "account_email", "account_change_password"} <= seen | more


def test_every_form_of_the_desk_and_of_the_public_pages_says_what_it_collects(
    provider: Cast, client_of: ClientOf
) -> None:
    for role in (Role.ADMIN, Role.DPO, Role.SUPPORT):
        assert swept(client_of(provider.accounts[role]), "/desk/")[1] == {}
    assert swept(Client(), "/privacy/", "/contact/", "/terms/")[1] == {}


PLANTED = {
    '<form method="post"><input type="text" name="name"></form>': [" name"],
    '<form method="post" action="/x/"><textarea name="note"></textarea></form>': ["/x/ note"],
    '<form method="post"><select name="who"></select><input type="hidden" name="csrf"></form>': [" who"],
    '<form method="post"><input name="pin" data-collected-by="collection"></form>': [" pin"],
    '<form method="post"><input name="pin" data-collected-by="collection"></form><p id="collection" data-collection>': [],
    '<form method="post"><input name="name"><details data-collection></details></form>': [],
    '<form method="get"><input name="q"></form><form method="post"><button type="submit">Go</button></form>': [],
    '<details data-collection></details><form method="post"><input name="name"></form>': [" name"],
}


@pytest.mark.parametrize("html", PLANTED)
def test_a_planted_page_is_found(html: str) -> None:
    assert unsaid(html) == PLANTED[html]


def test_a_point_says_purpose_data_controller_third_parties_and_what_refusing_means() -> None:
    organisation = Organisation(slug="any", name="Björkgården", legal_name="Brf Björkgården")
    with acting("access_administration", organisation.pk), translation.override("en"):
        told = point(PersonForm(), organisation, "en")
    assert told is not None
    activity = catalogue.in_force().activity("access_administration")
    assert (told.name, told.purpose) == (activity.name.en, activity.purpose.en)
    assert (told.data_controller, told.notice) == ("Brf Björkgården", "/privacy/any/")
    assert catalogue.in_force().provider.contact.name in told.recipients, "the data processor is a recipient too"
    assert [label for asked in told.required for label in asked.labels] == ["First name"]
    assert all(asked.consequence for asked in told.required)
    # What may be left empty has the consequences of what is voluntary by the register, and not those of what is needed.
    optional = {label: asked.consequence for asked in told.voluntary for label in asked.labels}
    contact = row_of(activity, Subject.HOLDER, Kind.CONTACT)
    assert contact is not None
    assert contact.consequence is not None
    assert optional["E-mail"] == optional["Phone"] == contact.consequence.en
    assert optional["Last name"] == ""


def test_where_the_provider_is_data_controller_the_form_names_it() -> None:
    told = point_of("account_sign_in", Organisation(slug="any", name="Björkgården"), "sv")
    assert told.data_controller == catalogue.in_force().provider.contact.name
    assert told.notice == "/privacy/"
    assert told.purpose == catalogue.in_force().activity("account_sign_in").purpose.sv


def test_the_organisations_own_recipients_of_this_activity_are_named_while_they_are(
    cast: Cast, client_of: ClientOf
) -> None:
    with acting("privacy_administration", cast.organisation.pk):
        for name, purpose in (("Guard AB", "access_administration"), ("Other AB", "entry_log")):
            OwnRecipient(
                organisation=cast.organisation, name=name, category="processor", what_for="-", purposes=[purpose], country="SE"
            ).save(force_insert=True)  # fmt: skip
    html = client_of(cast.admin).get(f"/o/{cast.organisation.slug}/persons/add/").content.decode()
    assert "Guard AB" in html
    assert "Other AB" not in html


# B-07
@pytest.mark.parametrize("text", ["811228-9874", "Maja, 19811228-9874, trapphus A", "8112289874"])
def test_free_text_refuses_a_personal_identity_number_and_says_what_to_do(
    shared_cast: Cast, client_of: ClientOf, text: str
) -> None:
    client, where = (
        client_of(shared_cast.admin),
        f"/o/{shared_cast.organisation.slug}/persons/{shared_cast.guest.pk}/edit/",
    )
    answer = client.post(where, {"first_name": "Nils", "unit": text, "language": "sv"})
    assert answer.status_code == 422
    assert "take it out and write" in answer.context["form"].errors["unit"][0]


def test_numbers_of_their_own_and_passwords_are_no_free_text() -> None:
    assert [field for field in PersonForm().fields.values() if refuse_identity_number in field.validators]
    form = PersonForm({"first_name": "Nils", "phone": "8112289874", "language": "sv"})
    assert "phone" not in form.errors
    assert "rule" in AssignForm({}, rules=AccessRule.objects.none()).fields
