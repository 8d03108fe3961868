"""What does a guest get by mail? The code as a picture, and from when to when it opens what."""

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from portvakt.core.privacy import Kind, Subject
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Credential, Person
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.purpose.actor import Actor
from portvakt.server.web import qr

KINDS = (Kind.CONTACT, Kind.CREDENTIAL, Kind.IDENTITY)


def send_guest_code(
    person: Person, organisation: Organisation, credential: Credential, text: str, *, by: Actor
) -> bool:
    """Send a guest's code, in the person's language; tell whether the mail server took it. Refused as `disclose` does."""
    context = {"person": person, "organisation": organisation, "credential": credential}
    with translation.override(person.language):
        subject = render_to_string("board/people/guest_code_subject.txt", context).strip()
        body = render_to_string("board/people/guest_code.txt", context)
        file_name = translation.gettext("code") + ".png"
    mail = EmailMessage(subject, body, to=[person.email], attachments=[(file_name, qr.png(text), "image/png")])
    return send_mail(mail, About(Subject.HOLDER, person.pk), KINDS, by=by, organisation=organisation.pk)
