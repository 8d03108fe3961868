"""With which HTTP status and in which words is a refusal answered?

One row for each code that an action may refuse with (see purpose/errors.py); tests/server/web/test_errors.py holds the two together.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portvakt.server.purpose.errors import Refused

REFUSALS: dict[str, tuple[HTTPStatus, Promise]] = {
    "account_has_person": (HTTPStatus.CONFLICT, _("The account with this address is another person here.")),
    "address_refused": (
        HTTPStatus.CONFLICT,
        _("No account can be opened or linked for this address. Its owner can ask the provider why."),
    ),
    "agreement_incomplete": (
        HTTPStatus.CONFLICT,
        _(
            "The agreement with %(recipient)s does not answer all eight points of the law, so nothing may be handed to it."
        ),
    ),
    "agreement_missing": (
        HTTPStatus.CONFLICT,
        _("There is no data processing agreement with %(recipient)s, so nothing may be handed to it."),
    ),
    "agreement_over": (
        HTTPStatus.CONFLICT,
        _("The agreement with %(recipient)s has ended, so nothing may be handed to it."),
    ),
    "already_member": (HTTPStatus.CONFLICT, _("This address already belongs to an operator here.")),
    "area_both_sides": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A door cannot lead into the same area from both sides.")),
    "area_controllers": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("All doors of an area must belong to its controller, which alone counts who is inside."),
    ),
    "auth_type_not_supported": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The door's equipment does not support this.")),
    "card_bits": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A card has 1 to 512 bits.")),
    "card_differs": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("The two values are not the same card. Read or type it again."),
    ),
    "card_facility": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The part before the hyphen is 0 to 255.")),
    "card_format": (HTTPStatus.UNPROCESSABLE_ENTITY, _("There is no card format of that name.")),
    "card_length": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("The number of bits does not match the digits after the colon."),
    ),
    "card_number": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The part after the hyphen is 0 to 65535.")),
    "card_padding": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The unused bits at the end must be zero.")),
    "card_parity": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The parity of the 26 bits is wrong: a digit may be mistyped.")),
    "card_random": (HTTPStatus.UNPROCESSABLE_ENTITY, _("This card says another number each time: it cannot be used.")),
    "card_taken": (HTTPStatus.CONFLICT, _("This card is already issued to somebody.")),
    "card_text": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Write the card as 12-34567, as 04A1B2C3 or as 26:AABBCC80."),
    ),
    "case_closed": (HTTPStatus.CONFLICT, _("The case is closed. Open a new one.")),
    "code_suspended": (HTTPStatus.CONFLICT, _("The code is suspended. Resume it first.")),
    "code_taken": (HTTPStatus.CONFLICT, _("The code could not be made. Try again.")),
    "code_too_often": (
        HTTPStatus.TOO_MANY_REQUESTS,
        _("You have made many new codes today. Try again tomorrow, or ask the organisation."),
    ),
    "code_withdrawn": (
        HTTPStatus.CONFLICT,
        _("The organisation has not given you such a code, or has taken it back. Ask there."),
    ),
    "consent_text_changed": (HTTPStatus.CONFLICT, _("The text has just changed. Read it again, and then decide.")),
    "consent_too_often": (
        HTTPStatus.TOO_MANY_REQUESTS,
        _("You have changed your mind many times today. Try again tomorrow; to withdraw is always possible."),
    ),
    "consent_unknown": (HTTPStatus.NOT_FOUND, _("Nobody asks for such a consent here.")),
    "credential_revoked": (HTTPStatus.CONFLICT, _("It has been revoked, which cannot be undone. Issue a new one.")),
    "digest_key": (HTTPStatus.INTERNAL_SERVER_ERROR, _("The platform's digest key is damaged.")),
    "disclosure_note_missing": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Write why %(recipient)s gets it: the case, and the law relied on."),
    ),
    "door_in_other_area": (HTTPStatus.CONFLICT, _("This side of the door leads into another area already.")),
    "door_out_of_service": (HTTPStatus.CONFLICT, _("The door is out of service.")),
    "duress_alone": (HTTPStatus.CONFLICT, _("Give the person a PIN first: a duress PIN stands beside one.")),
    "email_missing": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Give the person an e-mail address first.")),
    "enquiry_address": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Without an address it cannot be answered by e-mail."),
    ),
    "enquiry_answered": (HTTPStatus.CONFLICT, _("It has been answered already.")),
    "enrolment_unknown": (HTTPStatus.NOT_FOUND, _("The enrolment text is wrong, used or too old.")),
    "guard_broken": (
        HTTPStatus.CONFLICT,
        _(
            "The guard rule %(guard)s would be broken: %(person)s could pass %(door)s by the rule %(rule)s,"
            " first %(moment)s. Nothing was saved."
        ),
    ),
    "guard_empty": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose at least one door.")),
    "guardian_closed": (HTTPStatus.CONFLICT, _("A parent or guardian has said no, so the account stays closed.")),
    "guardian_is_child": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("This is your own address. Write your parent's or guardian's."),
    ),
    "guardian_mail": (
        HTTPStatus.BAD_GATEWAY,
        _("The mail could not be sent. Look at the address, or try again later."),
    ),
    "guardian_too_often": (
        HTTPStatus.TOO_MANY_REQUESTS,
        _("Enough mails have been sent for today. Try again tomorrow."),
    ),
    "guardian_unknown": (HTTPStatus.NOT_FOUND, _("The link has been used, is too old, or a newer one has been sent.")),
    "guest_code": (HTTPStatus.UNPROCESSABLE_ENTITY, _("This is no guest code.")),
    "hold_past": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose a time to come.")),
    "hours_wrong": (HTTPStatus.UNPROCESSABLE_ENTITY, _("These hours are not possible.")),
    "interlock_controllers": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("All doors of an interlock must belong to one controller."),
    ),
    "interlock_few": (HTTPStatus.UNPROCESSABLE_ENTITY, _("An interlock needs at least two doors.")),
    "last_admin": (HTTPStatus.CONFLICT, _("An organisation needs at least one Admin.")),
    "leave_unknown": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose what support may see, and for how long.")),
    "lockdown_active": (HTTPStatus.CONFLICT, _("This lockdown is in effect already.")),
    "log_days_bounds": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The access log is kept for 1 to %(most)d days.")),
    "log_reason_missing": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("More than %(days)d days need a reason: it stands in your notice, and the authority asks for it."),
    ),
    "mail_not_sent": (HTTPStatus.SERVICE_UNAVAILABLE, _("The mail could not be sent. Try again in a while.")),
    "mailing_queued": (HTTPStatus.CONFLICT, _("It is being sent, or has been.")),
    "mechanism_stopped": (HTTPStatus.CONFLICT, _("It is stopped already.")),
    "mechanism_unknown": (HTTPStatus.UNPROCESSABLE_ENTITY, _("No recipient relies on that.")),
    "name_taken": (HTTPStatus.CONFLICT, _("This name is taken.")),
    "no_leave": (
        HTTPStatus.FORBIDDEN,
        _("The organisation has not given leave to look, or has taken it back, or its time is over."),
    ),
    "no_areas": (HTTPStatus.CONFLICT, _("There is no area, so nobody is counted.")),
    "no_purpose": (HTTPStatus.INTERNAL_SERVER_ERROR, _("Nothing is done without a purpose.")),
    "no_role": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose at least one role.")),
    "not_permitted": (HTTPStatus.FORBIDDEN, _("Your role here does not allow this.")),
    "notice_exception": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose one of the reasons that the law knows.")),
    "notice_incomplete": (HTTPStatus.CONFLICT, _("The notice cannot be written yet: %(lacking)s")),
    "nothing_to_present": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose a person who has one, or write it here.")),
    "order_state": (HTTPStatus.UNPROCESSABLE_ENTITY, _("An order cannot go from its present state to that one.")),
    "own_account": (HTTPStatus.CONFLICT, _("You cannot disable the account you are signed in with.")),
    "passcode_format": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A passcode is 10 digits.")),
    "period_backwards": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The end must be after the beginning.")),
    "person_has_account": (HTTPStatus.CONFLICT, _("The person already has an account here.")),
    "pin_exhausted": (HTTPStatus.CONFLICT, _("Nearly all PINs of this length are in use.")),
    "pin_format": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A PIN is 4 to 8 digits.")),
    "pin_run": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Digits in a row, such as 1234, are too easy to guess.")),
    "pin_same_digit": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The same digit over and over is too easy to guess.")),
    "pin_short": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("A PIN here needs %(needed)s digits, because so many PINs are in use."),
    ),
    "pin_taken": (HTTPStatus.CONFLICT, _("This PIN cannot be used. Choose another.")),
    "plan_empty": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Choose at least one door.")),
    "plan_site": (HTTPStatus.UNPROCESSABLE_ENTITY, _("All doors of a plan must be at its site.")),
    "plate_format": (HTTPStatus.UNPROCESSABLE_ENTITY, _("This is no licence plate.")),
    "plate_length": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A licence plate has 2 to 10 letters and digits.")),
    "plate_taken": (HTTPStatus.CONFLICT, _("This licence plate cannot be given to the person.")),
    "plate_text": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A licence plate has letters and digits alone.")),
    "provider_exists": (HTTPStatus.CONFLICT, _("Another organisation runs the platform already.")),
    "purpose_held": (
        HTTPStatus.LOCKED,
        _("This begins when everybody whom it concerns has been told of it. Nothing was done."),
    ),
    "purpose_nested": (HTTPStatus.INTERNAL_SERVER_ERROR, _("Purposes do not nest.")),
    "qr_handle": (HTTPStatus.INTERNAL_SERVER_ERROR, _("The code is damaged. Make a new one.")),
    "qr_step": (HTTPStatus.INTERNAL_SERVER_ERROR, _("The code is damaged. Make a new one.")),
    "reader_taken": (HTTPStatus.CONFLICT, _("This side, or this address on the port, already has a reader.")),
    "recipient_ended": (HTTPStatus.CONFLICT, _("%(recipient)s is no recipient any more.")),
    "recipient_not_listed": (HTTPStatus.CONFLICT, _("%(recipient)s is not registered as a recipient for this.")),
    "recipient_unknown": (HTTPStatus.UNPROCESSABLE_ENTITY, _("There is no such recipient.")),
    "register_unpublished": (HTTPStatus.CONFLICT, _("No register has been published in this deployment yet.")),
    "schedule_in_use": (HTTPStatus.CONFLICT, _("An access rule, a door or a guard rule uses this schedule.")),
    "simulator_knows_not": (HTTPStatus.NOT_FOUND, _("The simulator does not know it.")),
    "sms_not_set_up": (HTTPStatus.CONFLICT, _("Text messages are not set up here.")),
    "still_used": (
        HTTPStatus.CONFLICT,
        _("Something still belongs to it. Remove that first; wishes to open a door count for one day."),
    ),
    "too_many_asks": (
        HTTPStatus.TOO_MANY_REQUESTS,
        _("You have asked very many times. Wait a minute and try again."),
    ),
    "too_many_special_days": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The schedule would have too many special days.")),
    "transfer_not_assessed": (
        HTTPStatus.CONFLICT,
        _("The transfer to %(recipient)s has not been assessed, or not lately, so nothing may be sent there."),
    ),
    "transfer_stopped": (
        HTTPStatus.CONFLICT,
        _("The transfer to %(recipient)s is stopped for the time being. Nothing was sent."),
    ),
    "transfer_unsafe": (
        HTTPStatus.CONFLICT,
        _("%(recipient)s is in a country outside the EEA, or reached from one, without a safeguard that holds."),
    ),
    "webhook_address": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Give an https address that is reached from the internet.")),
    "webhook_many": (HTTPStatus.CONFLICT, _("There are as many webhooks as there may be.")),
    "window_missing": (HTTPStatus.UNPROCESSABLE_ENTITY, _("A guest code needs an end.")),
    "window_over": (HTTPStatus.UNPROCESSABLE_ENTITY, _("The end must be in the future.")),
}


def sentence(refused: Refused) -> str:
    """Say a refusal in the reader's language; a code without a row is a mistake of ours and shows as the code."""
    if refused.code not in REFUSALS:
        return refused.code
    words = str(REFUSALS[refused.code][1])
    # A fact that is empty is a person whom the page's purpose may not name.
    facts = {name: value or gettext("somebody") for name, value in refused.facts.items()}
    return words % facts if facts else words


def status(refused: Refused) -> HTTPStatus:
    """Return the HTTP status of a refusal."""
    return REFUSALS[refused.code][0] if refused.code in REFUSALS else HTTPStatus.INTERNAL_SERVER_ERROR


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Answer an action that refused where there was no form to say it in."""
    return render(request, "refused.html", {"sentence": sentence(refused)}, status=status(refused))
