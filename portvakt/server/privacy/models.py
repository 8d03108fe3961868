"""What was each person told, what did they agree to, and to whom was what of theirs disclosed?

These are the records of rights themselves: rows are added, never changed. They carry ids and no foreign keys upwards, so that they outlive
the rows they are about for as long as the register says.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.organisations.models import Organisation, OrganisationModel

SUBJECTS = [(subject.value, subject.value) for subject in Subject]
LANGUAGES = [("sv", "sv"), ("en", "en")]


class Variant(models.TextChoices):
    """For whom a notice is written."""

    ADULT = "adult", _("for adults")
    CHILD = "child", _("for children")


class Way(models.TextChoices):
    """How something left, or how somebody was told."""

    MAIL = "mail", _("e-mail")
    SMS = "sms", _("text message")
    WEBHOOK = "webhook", _("webhook")
    EXPORT = "export", _("export")
    SUPPORT = "support", _("support")
    PAGE = "page", _("shown on a page")
    PAPER = "paper", _("handed over on paper")
    PUBLIC = "public", _("made public")


class NoticeVersion(models.Model):
    """A version of the notice of one data controller: the provider, where there is no organisation, or an organisation.

    It never changes but for when it came into force; `register` is the number of the register version that it was written from.
    """

    privacy = NotPersonal("a text that is public")
    own_rows = "(organisation_id is null or organisation_id = {organisation})"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, null=True, related_name="+")
    number = models.PositiveIntegerField()
    register = models.PositiveIntegerField()
    # What stands in it of the organisation itself, so that the same bytes can be made again.
    facts = models.JSONField(default=dict)
    published_at = models.DateTimeField()
    # Null as long as it is held: somebody whom a change concerns has not been told yet.
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "number"), name="privacy_notice_number", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class NoticeText(models.Model):
    """The text of a notice in one language and variant, as bytes, with their SHA-256."""

    privacy = NotPersonal("a text that is public")

    notice = models.ForeignKey(NoticeVersion, models.DO_NOTHING, related_name="texts")
    language = models.CharField(max_length=2, choices=LANGUAGES)
    variant = models.CharField(max_length=5, choices=Variant.choices)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("notice", "language", "variant"), name="privacy_notice_text_once"),
        )


class AboutSubject(models.Model):
    """A record about one data subject; `organisation` is null where the provider is data controller."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, null=True, related_name="+")
    subject = models.CharField(max_length=20, choices=SUBJECTS)

    class Meta:
        abstract = True


class NoticeReceipt(AboutSubject):
    """Somebody was given a version of a notice, or an exception applies to them (Art. 13(4), 14(5)); then `exception` says which."""

    privacy = Privacy(Subject.DATA_SUBJECT, Keep.after("at", days=1095), OnErase.KEEP_UNTIL_EXPIRY, who="subject_id")

    subject_id = personal(models.UUIDField(), Kind.NOTICE_RECEIPT)
    notice = models.ForeignKey(NoticeVersion, models.DO_NOTHING, related_name="receipts")
    language = models.CharField(max_length=2, choices=LANGUAGES)
    variant = models.CharField(max_length=5, choices=Variant.choices)
    way = models.CharField(max_length=8, choices=Way.choices)
    exception = models.CharField(
        max_length=16,
        blank=True,
        choices=[(one, one) for one in ("already_has_it", "impossible", "disproportionate", "law", "secrecy")],
    )
    at = personal(models.DateTimeField(), Kind.NOTICE_RECEIPT)

    class Meta:
        indexes = (models.Index(fields=("notice", "subject_id"), name="privacy_receipt_of"),)


class Consent(AboutSubject):
    """Somebody gave or withdrew consent to one purpose: to which text, in which language, when and by which act. The newest counts."""

    privacy = Privacy(Subject.DATA_SUBJECT, Keep.after("at", days=1095), OnErase.KEEP_UNTIL_EXPIRY, who="subject_id")

    subject_id = personal(models.UUIDField(), Kind.CONSENT)
    purpose = personal(models.CharField(max_length=40), Kind.CONSENT)
    given = personal(models.BooleanField(), Kind.CONSENT)
    # purpose.rights.consent_digest of the activity when it was shown, and what was shown, word for word.
    text_digest = personal(models.CharField(max_length=64), Kind.CONSENT)
    text = personal(models.TextField(), Kind.CONSENT)
    language = models.CharField(max_length=2, choices=LANGUAGES)
    way = models.CharField(max_length=8, choices=Way.choices)
    # The account that did it: the subject's own, or an operator's who wrote down what was signed on paper.
    by_id = personal(models.UUIDField(null=True), Kind.CONSENT)
    at = personal(models.DateTimeField(), Kind.CONSENT)

    class Meta:
        indexes = (models.Index(fields=("subject_id", "purpose", "-at", "-id"), name="privacy_consent_newest"),)


class TermsAcceptance(AboutSubject):
    """An account accepted a version of the terms, and said whether its owner is old enough."""

    privacy = Privacy(Subject.DATA_SUBJECT, Keep.after("at", days=1095), OnErase.KEEP_UNTIL_EXPIRY, who="subject_id")

    subject_id = personal(models.UUIDField(), Kind.TERMS)
    version = personal(models.CharField(max_length=20), Kind.TERMS)
    digest = personal(models.CharField(max_length=64), Kind.TERMS)
    language = models.CharField(max_length=2, choices=LANGUAGES)
    old_enough = personal(models.BooleanField(), Kind.TERMS)
    at = personal(models.DateTimeField(), Kind.TERMS)

    class Meta:
        indexes = (models.Index(fields=("subject_id", "-at"), name="privacy_terms_newest"),)


class GuardianConsent(models.Model):
    """A guardian was asked for a child's account, and answered or not; `asked` is the digest of the link sent to them."""

    privacy = Privacy(Subject.GUARDIAN, Keep.after("asked_at", days=1095), OnErase.DELETE_ROW, who="account_id")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account_id = personal(models.UUIDField(), Kind.CONSENT)
    name = personal(models.CharField(_("name"), max_length=200), Kind.IDENTITY)
    email = personal(models.EmailField(_("e-mail")), Kind.CONTACT)
    asked = personal(models.BinaryField(max_length=32), Kind.CONSENT)
    asked_at = personal(models.DateTimeField(), Kind.CONSENT)
    given_at = personal(models.DateTimeField(null=True), Kind.CONSENT)
    refused_at = personal(models.DateTimeField(null=True), Kind.CONSENT)

    class Meta:
        indexes = (models.Index(fields=("account_id", "-asked_at"), name="privacy_guardian_newest"),)


class OwnRecipient(OrganisationModel):
    """A recipient that an organisation, as data controller, has itself entered; what the register's recipients are to the provider."""

    privacy = NotPersonal("describes a legal entity and an agreement with it")

    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(
        _("what it is"),
        max_length=16,
        choices=[
            ("processor", _("data processor")),
            ("authority", _("authority")),
            ("data_controller", _("data controller of its own")),
        ],
    )
    what_for = models.CharField(_("what for"), max_length=300)
    purposes = ArrayField(models.CharField(max_length=40), verbose_name=_("activities"))
    country = models.CharField(_("country"), max_length=2)
    access_countries = ArrayField(models.CharField(max_length=2), verbose_name=_("also reached from"), default=list)
    agreement_signed = models.DateField(_("agreement signed"), null=True, blank=True)
    agreement_ends = models.DateField(_("agreement ends"), null=True, blank=True)
    # Which of the eight points of Art. 28(3) the agreement answers.
    points = ArrayField(models.CharField(max_length=1), verbose_name=_("the agreement says"), default=list)
    mechanism = models.CharField(
        _("safeguard for a third country"),
        max_length=12,
        default="none",
        choices=[
            ("none", _("none")),
            ("adequacy", _("adequacy decision")),
            ("scc", _("standard contractual clauses")),
            ("bcr", _("binding corporate rules")),
            ("derogation", _("exception in a single case")),
        ],
    )
    safeguard = models.CharField(_("which one, and how to get a copy"), max_length=300, blank=True)
    assessed = models.DateField(_("transfer assessed"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "name"), name="privacy_recipient_name"),)

    def __str__(self) -> str:
        return self.name


class Webhook(OrganisationModel):
    """An address of an OwnRecipient to which events of some kinds are told as they come, with ids and without names.

    The key its messages are signed with is derived from its id and the deployment's secret key, so it is not in any table.
    """

    privacy = NotPersonal("an address of a legal entity's own system")

    recipient = models.ForeignKey(OwnRecipient, models.DO_NOTHING, related_name="webhooks")
    address = models.URLField(_("address"), max_length=300)
    kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("events"))
    added_at = models.DateTimeField()
    # Events received until an hour before have been queued.
    looked_at = models.DateTimeField()
    # Attempts in a row that failed; after many it is paused, by an operator at any time.
    failures = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "-added_at"), name="privacy_webhook_newest"),)

    def __str__(self) -> str:
        return self.address


class WebhookDelivery(OrganisationModel):
    """One event on its way to a webhook, and how that went. Its id is the message's own, the same at every attempt."""

    privacy = NotPersonal("names an event by its number; what it was, and about whom, stands in the access log alone")

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")
        GONE = "gone", _("removed from the log before it could be delivered")

    webhook = models.ForeignKey(Webhook, models.DO_NOTHING, related_name="deliveries")
    event_id = models.BigIntegerField()
    queued_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When it is due, while it waits; a claim moves it on, so that a process that dies in between loses nothing.
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    # The HTTP status of the last answer; null, and the kind of fault in `fault`, where there was none.
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("webhook", "event_id"), name="privacy_delivery_once"),)
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(state="waiting"), name="privacy_delivery_due"),
            models.Index(fields=("webhook", "-queued_at", "-id"), name="privacy_delivery_newest"),
        )


class TransferStop(models.Model):
    """A transfer mechanism is not relied on any more, everywhere, from `stopped_at` until `lifted_at`."""

    privacy = NotPersonal("says which legal mechanism is not relied on; who decided it stands in the audit log")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A mechanism, or one of its decisions: "adequacy", "adequacy:US".
    mechanism = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    stopped_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("mechanism",), condition=models.Q(lifted_at__isnull=True), name="privacy_stop_once"
            ),
        )


class Disclosure(AboutSubject):
    """Data about somebody went to a recipient: which kinds, for which purpose, how, and under which safeguard if abroad."""

    privacy = Privacy(Subject.DATA_SUBJECT, Keep.after("at", days=1095), OnErase.KEEP_UNTIL_EXPIRY, who="subject_id")

    subject_id = personal(models.UUIDField(), Kind.DISCLOSURE)
    # A recipient's id in the register, or that of an OwnRecipient; the name as it was then.
    recipient = personal(models.CharField(max_length=60), Kind.DISCLOSURE)
    recipient_name = personal(models.CharField(max_length=120), Kind.DISCLOSURE)
    purpose = personal(models.CharField(max_length=40), Kind.DISCLOSURE)
    kinds = ArrayField(models.CharField(max_length=40, choices=[(kind.value, kind.value) for kind in Kind]))
    way = models.CharField(max_length=8, choices=Way.choices)
    country = personal(models.CharField(max_length=2), Kind.DISCLOSURE)
    safeguard = personal(models.CharField(max_length=200, blank=True), Kind.DISCLOSURE)
    # Why it was handed out, where an authority asked (its case and the law relied on) or a transfer was an exception (Art. 49).
    note = personal(models.CharField(max_length=200, blank=True), Kind.DISCLOSURE)
    by_id = personal(models.UUIDField(null=True), Kind.DISCLOSURE)
    at = personal(models.DateTimeField(), Kind.DISCLOSURE)

    class Meta:
        indexes = (models.Index(fields=("subject_id", "-at"), name="privacy_disclosure_newest"),)


class Channel(models.TextChoices):
    """How a question came to support."""

    BOARD = "board", _("on the Board")
    MAIL = "mail", _("by e-mail")
    PHONE = "phone", _("by telephone")
    SOCIAL_MEDIA = "social_media", _("in social media")


class SupportCase(OrganisationModel):
    """A question that an organisation puts to the provider's support; `asked_by` is who wrote it down, its own operator or support."""

    privacy = Privacy(
        Subject.ACCOUNT_HOLDER, Keep.after("closed_at", days=365), OnErase.KEEP_UNTIL_EXPIRY, who="asked_by"
    )

    asked_by = personal(models.UUIDField(), Kind.SUPPORT)
    channel = models.CharField(_("how it came"), max_length=12, choices=Channel.choices, default=Channel.BOARD)
    title = personal(models.CharField(_("what it is about"), max_length=120), Kind.SUPPORT)
    asked_at = personal(models.DateTimeField(), Kind.SUPPORT)
    closed_at = personal(models.DateTimeField(null=True), Kind.SUPPORT)

    class Meta:
        indexes = (models.Index(fields=("organisation", "-asked_at"), name="privacy_case_newest"),)


class SupportMessage(OrganisationModel):
    """One message in a case, from the organisation or from support."""

    privacy = Privacy(Subject.ACCOUNT_HOLDER, Keep.with_owner(), OnErase.KEEP_UNTIL_EXPIRY, who="written_by")

    case_id = personal(models.UUIDField(), Kind.SUPPORT)
    written_by = personal(models.UUIDField(), Kind.SUPPORT)
    from_support = models.BooleanField()
    text = personal(models.TextField(_("message"), max_length=4000), Kind.SUPPORT)
    at = personal(models.DateTimeField(), Kind.SUPPORT)

    class Meta:
        indexes = (models.Index(fields=("organisation", "case_id", "at"), name="privacy_message_of"),)


class SupportLeave(OrganisationModel):
    """An organisation lets support look, for one purpose, until a moment or until it is taken back; without it support sees no row.

    The database asks this table itself: see purpose.rights.LEAVE.
    """

    privacy = NotPersonal("says until when support may look; who gave leave stands in the audit log")

    case_id = models.UUIDField()
    purpose = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "purpose", "-until"), name="privacy_leave_now"),)
