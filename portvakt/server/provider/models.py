"""Who deals with the provider itself: who ordered, who asked something, and which offers were written?

None of it belongs to an organisation of the platform. An order is its orderer's own row, an enquiry that of whoever asks: each is kept for
a time after the contact has ended (S04, S06).
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal

MOST_TEXT = 2000


class Named(models.Model):
    """How somebody is called and reached."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = personal(models.CharField(_("first name"), max_length=100), Kind.IDENTITY)
    last_name = personal(models.CharField(_("last name"), max_length=100), Kind.IDENTITY)
    email = personal(models.EmailField(_("e-mail")), Kind.CONTACT)
    phone = personal(models.CharField(_("phone"), max_length=40, blank=True), Kind.CONTACT)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)  # names do not belong in logs

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class Order(Named):
    """What somebody ordered for a company; they are the provider's customer from when it is accepted until the relation ends."""

    privacy = Privacy(Subject.CONTACT, Keep.after("ended_at", days=730), OnErase.KEEP_UNTIL_EXPIRY, who="id")

    class State(models.TextChoices):
        """How far it has come."""

        RECEIVED = "received", _("received")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        ENDED = "ended", _("ended")

    company = personal(models.CharField(_("company"), max_length=120), Kind.ORDER)
    organisation_number = personal(models.CharField(_("organisation number"), max_length=20), Kind.ORDER)
    address = personal(models.CharField(_("company address"), max_length=300), Kind.ORDER)
    wanted = personal(models.TextField(_("what you order"), max_length=MOST_TEXT), Kind.ORDER)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    received_at = personal(models.DateTimeField(), Kind.ORDER)
    # When it was declined, or the customer left: two years later it goes.
    ended_at = personal(models.DateTimeField(null=True), Kind.ORDER)

    class Meta:
        indexes = (
            models.Index(fields=("-received_at", "-id"), name="provider_order_newest"),
            models.Index(fields=("state", "id"), name="provider_order_state"),
        )


class OrderContact(Named):
    """Somebody else whom the orderer named as a contact; goes with the order, and is sent no offers: nobody asked them."""

    privacy = Privacy(Subject.CONTACT, Keep.with_owner(), OnErase.DELETE_ROW, who="id")

    order = models.ForeignKey(Order, models.DO_NOTHING, related_name="contacts")


class Enquiry(Named):
    """What somebody asked the provider, by which channel, and what was answered."""

    privacy = Privacy(Subject.CONTACT, Keep.after("last_at", days=365), OnErase.KEEP_UNTIL_EXPIRY, who="id")

    class Channel(models.TextChoices):
        """Where it was asked, and so is answered."""

        FORM = "form", _("the form on the website")
        MAIL = "mail", _("e-mail")
        PHONE = "phone", _("telephone")
        FACEBOOK = "facebook", _("Facebook")
        LINKEDIN = "linkedin", _("LinkedIn")
        TWITTER = "twitter", _("Twitter")

    channel = models.CharField(_("how it came"), max_length=8, choices=Channel.choices, default=Channel.FORM)
    company = personal(models.CharField(_("company"), max_length=120, blank=True), Kind.ENQUIRY)
    project = personal(models.CharField(_("project"), max_length=120, blank=True), Kind.ENQUIRY)
    question = personal(models.TextField(_("question"), max_length=MOST_TEXT), Kind.ENQUIRY)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    received_at = personal(models.DateTimeField(), Kind.ENQUIRY)
    answer = personal(models.TextField(_("answer"), max_length=2 * MOST_TEXT, blank=True), Kind.ENQUIRY)
    answered_at = personal(models.DateTimeField(null=True), Kind.ENQUIRY)
    # When it was asked, and then when it was answered: a year later it goes, also where nobody answered.
    last_at = personal(models.DateTimeField(), Kind.ENQUIRY)

    class Meta:
        indexes = (
            models.Index(fields=("-received_at", "-id"), name="provider_enquiry_newest"),
            models.Index(fields=("last_at",), name="provider_enquiry_last"),
        )


# Whom a written answer reaches by mail; in all other channels the provider's staff answer there, and say what.
BY_MAIL = frozenset({Enquiry.Channel.FORM, Enquiry.Channel.MAIL})


class Mailing(models.Model):
    """An offer that was written, and how far its sending has come. Who got it stands in the disclosures."""

    privacy = NotPersonal("a text that is the same for everybody, and counts")

    class Sort(models.TextChoices):
        """Whose offer it is, which decides to whom it may go: customers, or those who have consented."""

        OWN = "own", _("our own, to customers")
        PARTNER = "partner", _("a partner's, to those who have consented")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sort = models.CharField(_("whose offer"), max_length=7, choices=Sort.choices)
    subject_sv = models.CharField(_("subject in Swedish"), max_length=120)
    text_sv = models.TextField(_("text in Swedish"), max_length=2 * MOST_TEXT)
    subject_en = models.CharField(_("subject in English"), max_length=120)
    text_en = models.TextField(_("text in English"), max_length=2 * MOST_TEXT)
    written_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # Everybody up to this id has been dealt with, in the order of ids.
    reached = models.UUIDField(null=True)
    sent = models.PositiveIntegerField(default=0)
    # Said no since they became customers.
    passed_over = models.PositiveIntegerField(default=0)
    # The mail server did not take it.
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("-written_at",), name="provider_mailing_newest"),)

    def __str__(self) -> str:
        return str(self.pk)

    def words(self, language: str) -> tuple[str, str]:
        """Return subject, on one line, and text in a language."""
        subject, text = (self.subject_en, self.text_en) if language == "en" else (self.subject_sv, self.text_sv)
        return " ".join(subject.split()), text
