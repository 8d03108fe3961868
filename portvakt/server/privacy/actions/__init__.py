"""What changes in the records of rights, and what leaves the platform?"""

from portvakt.server.privacy.actions.disclosing import About, Disclosed, Those, disclose, nothing_about_anyone
from portvakt.server.privacy.actions.sending import send_mail, send_sms

__all__ = ("About", "Disclosed", "Those", "disclose", "nothing_about_anyone", "send_mail", "send_sms")
